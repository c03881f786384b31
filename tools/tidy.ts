/**
 * The house's own checker: rules that no bought tool knows (architecture.md §3, style.md), one program with its own
 * tests. `npm run check` runs it. Not for formatting, types or promises: oxfmt, tsc and oxlint do those.
 */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bannedWords } from './tidy/banned-words.ts'
import { committedText } from './tidy/committed-text.ts'
import { dependencies } from './tidy/dependencies.ts'
import { documents } from './tidy/documents.ts'
import { type Exception, exceptions, withoutExceptions } from './tidy/exceptions.ts'
import { fileShape } from './tidy/file-shape.ts'
import type { Finding, Repo, Rule } from './tidy/finding.ts'
import { importCycles } from './tidy/import-cycles.ts'
import { importEdges } from './tidy/import-edges.ts'
import { migrations } from './tidy/migrations.ts'
import { readRepo } from './tidy/read-repo.ts'
import { sqlHomes, sqlTenants } from './tidy/sql-homes.ts'

/**
 * A checker that saw nothing must not be content: these parts of the house have at least so many source files.
 * Raise a number when a part has grown well past it.
 */
const leastFiles: Readonly<Record<string, number>> = {
  'packages/domain/src/': 30,
  'packages/connectors/src/': 50,
  'packages/server/src/': 180,
  'packages/testkit/src/': 10,
  'packages/web/src/': 80,
  'tools/': 30,
}

const rules: readonly Rule[] = [
  importEdges,
  importCycles,
  fileShape,
  bannedWords,
  sqlHomes,
  sqlTenants,
  migrations,
  documents,
  dependencies,
  committedText,
]

export type TidyOptions = {
  readonly least: Readonly<Record<string, number>>
  readonly exceptions: readonly Exception[]
}

/** Everything that is wrong, by file and line, exceptions already taken out. */
export const tidy = (repo: Repo, options: TidyOptions): readonly Finding[] => {
  const found = rules.flatMap((rule) => rule(repo))
  return [...tooFew(repo, options.least), ...withoutExceptions(found, options.exceptions)].toSorted(
    (a, b) => a.path.localeCompare(b.path) || a.line - b.line,
  )
}

const tooFew = (repo: Repo, least: Readonly<Record<string, number>>): readonly Finding[] =>
  Object.entries(least).flatMap(([folder, minimum]) => {
    const seen = repo.sources.filter((source) => source.path.startsWith(folder)).length
    if (seen >= minimum) return []
    return [
      {
        rule: 'too-few-files',
        path: folder,
        line: 1,
        what: `only ${seen} source files were seen here, at least ${minimum} were expected`,
        instead: 'find out why the checker does not see them, before you trust it again',
      },
    ]
  })

/** `file:line  rule: what. Instead: …` */
export const printFinding = (finding: Finding): string =>
  `${finding.path}:${finding.line}  ${finding.rule}: ${finding.what}. Instead: ${finding.instead}.`

const registryHostOf = (url: string | undefined): readonly string[] =>
  url !== undefined && URL.canParse(url)
    ? [new URL(url).hostname].filter((host) => host !== 'localhost')
    : []

const main = (): void => {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  const repo = readRepo(root, registryHostOf(process.env['npm_config_registry']))
  const findings = tidy(repo, { least: leastFiles, exceptions })
  for (const finding of findings) console.log(printFinding(finding))
  console.log(
    `tidy: ${repo.sources.length} source files of ${repo.files.size}, ${findings.length} findings`,
  )
  process.exitCode = findings.length === 0 ? 0 : 1
}

if (import.meta.main) main()
