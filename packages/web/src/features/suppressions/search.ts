/** The filters of the list of suppressions, as the address has them. */

export const reasons = [
  'invalid',
  'gone',
  'blocked',
  'complained',
  'unsubscribed',
  'bounced',
  'manual',
] as const
type Reason = (typeof reasons)[number]
const isReason = (value: unknown): value is Reason => reasons.some((reason) => reason === value)

export type SuppressionSearch = {
  readonly channel?: string
  readonly address?: string
  readonly reason?: Reason
  readonly ended?: true
}

const textOf = (value: unknown): string | undefined => {
  // An address typed by hand may make a number of a text.
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** What of an address' search is one of these. */
export const readSearch = (search: Record<string, unknown>): SuppressionSearch => {
  const [channel, address] = [textOf(search['channel']), textOf(search['address'])]
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(address === undefined ? {} : { address }),
    ...(isReason(search['reason']) ? { reason: search['reason'] } : {}),
    ...(search['ended'] === true ? { ended: true } : {}),
  }
}
