/** Field errors that a use case found, as the answer that the edge gives for its own. Not for finding them. */
import { appError, type FieldError } from '@carillon/domain/errors'

/** Throws `validation_failed` with all errors, the first one in the sentence; does nothing when there are none. */
export const requireValid = (errors: readonly FieldError[]): void => {
  const [first] = errors
  if (first === undefined) return
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  const where = first.pointer === '' ? '' : `${first.pointer}: `
  throw appError('validation_failed', { detail: `${where}${first.detail}${more}`, errors })
}
