/**
 * What a worker holds of campaigns follows them: rows of one that is paused or canceled go back before they are begun, and an
 * end that was moved is heard of. Asked at every scan, and only where there is such a row. Not for the claim, which looks itself.
 */
import type { Instant } from '@carillon/domain/clock'
import { dropWaiting, noteDeadlines, type LaneBook } from './lane-book.ts'
import { turnText, type ClaimedDelivery, type DeliveryStore, type Release } from './store.ts'

export type FollowCampaignsOptions = {
  readonly store: Pick<DeliveryStore, 'readCampaigns'>
  readonly book: LaneBook
  readonly inFlight: readonly ClaimedDelivery[]
  /** The ends of exchanges under way. */
  readonly onDeadlines: (ends: ReadonlyMap<string, Instant>) => void
  readonly now: () => Instant
}

/** Returns the rows to give back. Throws when the store does. */
export const followCampaigns = async (
  options: FollowCampaignsOptions,
): Promise<readonly Release[]> => {
  const { store, book, inFlight } = options
  const wanted = new Map<string, { readonly tenantId: string; readonly campaign: string }>()
  for (const { campaign, tenantId } of heldOf(book, inFlight))
    if (campaign !== undefined) wanted.set(campaign, { tenantId, campaign })
  if (wanted.size === 0) return []
  const views = new Map(
    (await store.readCampaigns([...wanted.values()])).map((view) => [view.campaign, view]),
  )
  const ends = new Map(
    heldOf(book, inFlight).flatMap((claim) => {
      const endsAt = views.get(claim.campaign ?? '')?.endsAt
      return endsAt === undefined ? [] : [[turnText(claim), endsAt] as const]
    }),
  )
  noteDeadlines(book, ends)
  options.onDeadlines(ends)
  const isHalted = ({ campaign = '' }: ClaimedDelivery): boolean =>
    views.get(campaign)?.isHalted === true
  return [...book.lanes.values()].flatMap((lane) =>
    dropWaiting(book, lane, isHalted, options.now(), 'paused'),
  )
}

const heldOf = (
  book: LaneBook,
  inFlight: readonly ClaimedDelivery[],
): readonly ClaimedDelivery[] => [
  ...inFlight,
  ...[...book.lanes.values()].flatMap((lane) => lane.waiting),
]
