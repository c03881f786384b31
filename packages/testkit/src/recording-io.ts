/** An `Io` for a verb of the command line that remembers what it is told. Not for starting real processes. */
import type { Io } from '@carillon/server/main'

export type RecordingIo = Io & {
  /** The lines on standard output so far. */
  readonly outLines: readonly string[]
  readonly errLines: readonly string[]
}

/** With this environment and nothing of the real one. */
export const recordingIo = (env: Io['env'] = {}): RecordingIo => {
  const outLines: string[] = []
  const errLines: string[] = []
  return {
    env,
    outLines,
    errLines,
    out: (line) => void outLines.push(line),
    err: (line) => void errLines.push(line),
  }
}
