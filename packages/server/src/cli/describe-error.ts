/** What was thrown, as a line for people. Not for errors of the API: these come as problem documents. */
import { scrubText } from '../platform/log.ts'
import { printable } from './printable.ts'

/** The error's message and those of its causes, without stacks and without credentials in well-known forms. */
export const describeError = (error: unknown): string => {
  if (!(error instanceof Error)) return printable(scrubText(String(error)))
  // Of an AggregateError (no address of a host answers) only the parts say something.
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : []
  const own = error.message === '' ? parts.map(describeError).join('; ') : error.message
  const cause = error.cause === undefined ? '' : `: ${describeError(error.cause)}`
  return printable(scrubText(`${own}${cause}`))
}
