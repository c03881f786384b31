/** How a file looks from outside: its name, its length, its opening words, what it exports. */
import { posix } from 'node:path'
import type { Finding, Rule } from './finding.ts'
import { isGenerated, isTest } from './finding.ts'
import { findFunctions } from './functions.ts'
import { findImports } from './imports.ts'
import type { Source } from './source.ts'
import { lineAt, lineCount } from './source.ts'

const maxFileLines = 400
const maxFunctionLines = 60

/** Names that say nothing, and invite everything. */
const emptyNames = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'index',
  'shared',
  'lib',
])
const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*\.(?:ts|tsx|mjs|js)$/

/** All rules about one file by itself. */
export const fileShape: Rule = (repo) =>
  repo.sources.flatMap((source) => [
    ...names(source.path),
    ...exportsOf(source),
    ...moduleState(source),
    ...(isGenerated(source.path) ? [] : [...opening(source), ...lengths(source)]),
  ])

const names = (path: string): readonly Finding[] => {
  const parts = path.split('/')
  const base = (parts.at(-1) ?? '').replace(/\..*$/, '')
  const empty = [...parts.slice(0, -1), base].find((part) => emptyNames.has(part))
  const found = { rule: 'file-name', path, line: 1 }
  if (empty !== undefined) {
    return [
      {
        ...found,
        what: `is called ${empty}`,
        instead: 'name the file after the one thing that it exports',
      },
    ]
  }
  return kebabCase.test(posix.basename(path))
    ? []
    : [{ ...found, what: 'has a name that is not kebab-case', instead: 'write-it-like-this.ts' }]
}

/** A test file needs no opening words: its name says what it tests, its sentences say what is expected. */
const opening = (source: Source): readonly Finding[] => {
  if (isTest(source.path)) return []
  const body = source.text.replace(/^#![^\n]*\n/, '').trimStart()
  if (/^\/\*[\s\S]{20}|^\/\/.{20}/.test(body)) return []
  return [
    {
      rule: 'opening-comment',
      path: source.path,
      line: 1,
      what: 'does not say what it is for',
      instead: 'open with one or two sentences: what the file is for and what it is not for',
    },
  ]
}

const lengths = (source: Source): readonly Finding[] => {
  const lines = lineCount(source.text)
  const tooLong: Finding[] =
    lines <= maxFileLines
      ? []
      : [
          {
            rule: 'file-length',
            path: source.path,
            line: maxFileLines + 1,
            what: `has ${lines} lines`,
            instead: `at most ${maxFileLines}: split it by what changes together`,
          },
        ]
  const functions = findFunctions(source)
    .filter((body) => body.lines > maxFunctionLines && !(isTest(source.path) && body.isDescribe))
    .map((body) => ({
      rule: 'function-length',
      path: source.path,
      line: body.line,
      what: `has a function of ${body.lines} lines`,
      instead: `at most ${maxFunctionLines}: one function decides, the leaves compute`,
    }))
  return [...tooLong, ...functions]
}

const exportsOf = (source: Source): readonly Finding[] => {
  const defaults = [...source.code.matchAll(/(?<![\w$.])export\s+default\b|\bas\s+default\b/g)].map(
    (match) => ({
      rule: 'default-export',
      path: source.path,
      line: lineAt(source.text, match.index),
      what: 'has a default export',
      instead: 'export it by its name',
    }),
  )
  return isBarrel(source) ? [...defaults, barrel(source.path)] : defaults
}

const barrel = (path: string): Finding => ({
  rule: 'barrel',
  path,
  line: 1,
  what: 'only passes on what other files export',
  instead: 'import from the file that has it',
})

/** Does nothing remain when the re-exports are taken away? */
const isBarrel = (source: Source): boolean => {
  if (!findImports(source).some((found) => found.isReExport)) return false
  const rest = source.code
    .replaceAll(/(?<![\w$.])export\b[^'"`;=()]*?\bfrom\s*(['"])\s*\1/g, '')
    .replaceAll(/(?<![\w$.])import\b[^'"`;=()]*?(['"])\s*\1/g, '')
  return rest.replaceAll(';', '').trim() === ''
}

/** A `let` outside every bracket is state that all tests and tenants of the process share. */
const moduleState = (source: Source): readonly Finding[] => {
  const found: Finding[] = []
  let depth = 0
  for (const match of source.code.matchAll(/[([{]|[)\]}]|(?<![\w$.])(?:let|var)\s/g)) {
    if ('([{'.includes(match[0])) depth += 1
    else if (')]}'.includes(match[0])) depth -= 1
    else if (depth === 0) {
      found.push({
        rule: 'module-state',
        path: source.path,
        line: lineAt(source.text, match.index),
        what: 'keeps state in the module',
        instead: 'return it from a function that makes the thing with the lifetime',
      })
    }
  }
  return found
}
