/**
 * Ids in paths: read once, at the edge. Not for ids in bodies: there a malformed one is a field error.
 */
import { appError } from '@carillon/domain/errors'
import { parseId, type Id, type IdKind } from '@carillon/domain/ids'

/** The id, or `not_found`: a malformed id, a missing thing and another tenant's thing get the same answer. */
export const requireId = <K extends IdKind>(kind: K, text: string): Id<K> => {
  const id = parseId(kind, text)
  if (id === undefined) throw notFound()
  return id
}

/**
 * The one answer for what is not there for this caller. It repeats nothing of the request, so that all are the same bytes;
 * a hint says only what the caller's own tenant has.
 */
export const notFound = (hint?: string): Error =>
  appError('not_found', {
    detail: `There is nothing with this id in this tenant.${hint === undefined ? '' : ` ${hint}`}`,
  })
