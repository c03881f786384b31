/** Migrations: numbered without gaps, with their cost on top, and HEAD naming the last (two branches then collide in git). */
import type { Finding, Rule } from './finding.ts'

const folder = 'packages/server/migrations/'
const shape = /^(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/

/** The names, the opening comment and HEAD. A repository without migrations has nothing to say. */
export const migrations: Rule = (repo) => {
  const names = [...repo.files.keys()]
    .filter((path) => path.startsWith(folder) && path !== `${folder}HEAD`)
    .map((path) => path.slice(folder.length))
    .toSorted()
  if (names.length === 0 && !repo.files.has(`${folder}HEAD`)) return []
  return [
    ...names.flatMap((name, index) => one(name, index, repo.files)),
    ...head(names, repo.files),
  ]
}

const one = (
  name: string,
  index: number,
  files: ReadonlyMap<string, string>,
): readonly Finding[] => {
  const at = { rule: 'migration', path: folder + name, line: 1 }
  const number = shape.exec(name)?.[1]
  if (number === undefined)
    return [{ ...at, what: 'is no migration', instead: 'name it 0002_what_it_does.sql' }]
  const expected = String(index + 1).padStart(4, '0')
  const found: Finding[] = []
  if (number !== expected)
    found.push({ ...at, what: `has number ${number}`, instead: `the next number is ${expected}` })
  if (!files.get(folder + name)?.startsWith('--')) {
    found.push({
      ...at,
      what: 'opens without a comment',
      instead: 'say which locks it takes and what it costs on a big table',
    })
  }
  return found
}

const head = (names: readonly string[], files: ReadonlyMap<string, string>): readonly Finding[] => {
  const last = names.at(-1)?.replace(/\.sql$/, '') ?? ''
  const written = files.get(`${folder}HEAD`)?.trim()
  return written === last
    ? []
    : [
        {
          rule: 'migration',
          path: `${folder}HEAD`,
          line: 1,
          what: `says ${written ?? 'nothing'}`,
          instead: `write ${last}: the last migration's name without .sql`,
        },
      ]
}
