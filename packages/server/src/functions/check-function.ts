/** Loads a function's file as the server would, and calls nothing: for whoever writes one. */
import { pathToFileURL } from 'node:url'
import type { Timers } from '../platform/timers.ts'
import { describeFailure } from './describe-failure.ts'
import type { FunctionFile } from './find-function.ts'
import { startThread } from './start-thread.ts'
import type { ExportForm } from './thread-protocol.ts'

export type CheckedFunction =
  | { readonly ok: true; readonly form: ExportForm }
  | { readonly ok: false; readonly message: string; readonly stack: string }

type Options = {
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly timers: Timers
  /** What the file prints while it is loaded. */
  readonly onOutput: (line: string) => void
}

/** Loads it in a thread of its own, which is ended then. */
export const checkFunction = async (
  file: FunctionFile,
  { env, timeoutMs, timers, onOutput }: Options,
): Promise<CheckedFunction> => {
  if (!file.isInside) {
    const message = 'it is no file of the functions folder (a link that leads out of it?)'
    return { ok: false, message, stack: '' }
  }
  const nothing = (): void => undefined
  const thread = startThread({
    url: pathToFileURL(file.path),
    env,
    timers,
    onLog: nothing,
    onOutput,
    onLoaded: nothing,
    onIdleEnd: nothing,
  })
  const end = await thread.load({ timeoutMs, signal: new AbortController().signal })
  await thread.stop('closed')
  if (end.kind === 'loaded') return { ok: true, form: end.form }
  if (end.kind === 'answered') throw new Error('loading ended with an answer')
  const { message, error } = describeFailure(end, { root: file.root, file: file.file, timeoutMs })
  return { ok: false, message, stack: error?.stack ?? '' }
}
