/** What a verb of the command line is. */
import type { Io } from '../main.ts'

export type Verb = {
  readonly name: string
  /** One line for the overview. */
  readonly summary: string
  /** The whole page for `--help`: usage, options, examples, environment. */
  readonly help: string
  /** Returns the exit code: 0 done, 1 failed, 2 used wrongly (then `io.err` has said how it is used). */
  readonly run: (args: readonly string[], io: Io) => Promise<number>
}
