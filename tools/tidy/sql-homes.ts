/** Where SQL lives, and that every statement of a feature names its tenant. Looks at literals, never runs anything. */
import { posix } from 'node:path'
import type { Finding, Rule } from './finding.ts'
import { isTestCode } from './finding.ts'
import type { Source } from './source.ts'
import { lineAt } from './source.ts'

/** `queries.ts`, `queries/…`, `x-queries.ts`, `store.ts`, `x-store.ts`, and what the database itself is run with. */
const isHome = (path: string): boolean =>
  /^(?:[a-z-]+-)?(?:queries|store)\.ts$/.test(posix.basename(path)) ||
  path.includes('/queries/') ||
  /^packages\/server\/src\/platform\/(?:db|embedded-postgres)\//.test(path)

const isForTests = (path: string): boolean => isTestCode(path) || path.startsWith('bench/')

/** How statements begin; `NAME` stands for any word, `…` for anything. */
const beginnings = [
  'select … from NAME',
  'select pg_',
  'select set_config',
  'insert into NAME',
  'update NAME set NAME',
  'delete from NAME',
  'with NAME as (',
  'with recursive NAME as (',
  'create table NAME',
  'create index NAME',
  'create unique index NAME',
  'alter table NAME',
  'drop table NAME',
  'truncate table NAME',
]

/** A statement is all lower or all upper case in its verb; a sentence that begins with the same word is not. */
const statement = new RegExp(
  beginnings
    .flatMap((text) => [text, text.replaceAll(/\b[a-z]+\b/g, (word) => word.toUpperCase())])
    .map(
      (text) =>
        `^\\s*${text.replaceAll('(', '\\(').replaceAll(' ', '\\s+').replaceAll('NAME', '\\S+').replaceAll('…', '[^]*?')}`,
    )
    .join('|'),
)

/** SQL in a file that is not made for it. */
export const sqlHomes: Rule = (repo) =>
  repo.sources
    .filter(
      (source) =>
        source.path.startsWith('packages/') && !isHome(source.path) && !isForTests(source.path),
    )
    .flatMap((source) => [...literals(source), ...builders(source)])

const away = (source: Source, offset: number, what: string): Finding => ({
  rule: 'sql-home',
  path: source.path,
  line: lineAt(source.text, offset),
  what,
  instead: "put the statement into the feature's queries.ts under a verb, and call it",
})

const literals = (source: Source): readonly Finding[] =>
  source.strings
    .filter((span) => statement.test(span.text))
    .map((span) => away(source, span.start, 'holds an SQL statement'))

const builders = (source: Source): readonly Finding[] =>
  [
    ...source.code.matchAll(
      /(?<![\w$.])sql(?:<[^`]*>)?`|\.(?:selectFrom|insertInto|updateTable|deleteFrom|mergeInto)\(/g,
    ),
  ].map((match) => away(source, match.index, 'builds an SQL statement'))

/** Everything that a queries file exports names its tenant, or says in its own name that it crosses tenants. */
export const sqlTenants: Rule = (repo) =>
  repo.sources
    .filter(
      (source) =>
        /(?:^|\/)(?:[a-z-]+-)?queries(?:\.ts$|\/)/.test(source.path) && !isForTests(source.path),
    )
    .filter((source) => source.path.startsWith('packages/server/src/'))
    .flatMap(tenantless)

/** A top-level statement of a file: its name and its whole text. */
type Part = {
  readonly name: string
  readonly isExported: boolean
  readonly start: number
  readonly text: string
}

const partsOf = (source: Source): readonly Part[] => {
  const starts = [...source.code.matchAll(/^(export )?(?:const|async function|function) (\w+)/gm)]
  return starts.map((match, index) => ({
    name: match[2] ?? '',
    isExported: match[1] !== undefined,
    start: match.index,
    text: source.text.slice(match.index, starts[index + 1]?.index ?? source.text.length),
  }))
}

/** Names the tenant itself, or is built with a part of the same file that does. */
const tenantless = (source: Source): readonly Finding[] => {
  const parts = partsOf(source)
  const withTenant = new Set(
    parts.filter((part) => /tenant/i.test(part.text)).map((part) => part.name),
  )
  const isFine = (part: Part): boolean =>
    withTenant.has(part.name) ||
    [...part.text.matchAll(/\w+/g)].some((word) => withTenant.has(word[0]))
  return parts
    .filter((part) => part.isExported && !isFine(part))
    .map(({ name, start }) => ({
      rule: 'sql-tenant',
      path: source.path,
      line: lineAt(source.text, start),
      what: `${name} names no tenant`,
      instead: `add the tenant to its predicate, or call it ${name}AcrossTenants and say why`,
    }))
}
