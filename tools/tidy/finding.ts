/** What the checker says and what it looks at. Data only; `tidy.ts` reads the files and prints the findings. */
import type { Source } from './source.ts'

/** One thing to change: where, what is wrong, and what to do instead. */
export type Finding = {
  /** Short name of the rule, as the table of exceptions spells it. */
  readonly rule: string
  readonly path: string
  readonly line: number
  readonly what: string
  readonly instead: string
}

/** The repository at one moment. */
export type Repo = {
  /** Every text file that is committed or could be, by path relative to the root. */
  readonly files: ReadonlyMap<string, string>
  /** The TypeScript and JavaScript among them, scanned. Generated files (`*.gen.ts`) are included. */
  readonly sources: readonly Source[]
  /** Host names of the package registry that this machine uses, if they are known: they must not be committed. */
  readonly registryHosts: readonly string[]
}

/** A rule looks at the whole repository and says what is wrong. */
export type Rule = (repo: Repo) => readonly Finding[]

/** Unit tests, database tests and the end-to-end tests' own files: `x.test.ts`, `x.db.test.ts`. */
export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path)

/** Everything that only tests run: test files, the testkit and `tests/`. */
export const isTestCode = (path: string): boolean =>
  isTest(path) || path.startsWith('packages/testkit/') || path.startsWith('tests/')

export const isGenerated = (path: string): boolean => path.endsWith('.gen.ts')
