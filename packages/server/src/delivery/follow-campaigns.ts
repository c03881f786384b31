/**
 * What a worker holds of campaigns follows them: rows of one that is paused or canceled go back before they are begun, and an
 * end that was moved is heard of. Asked at every scan, and only where there is such a row. Not for the claim, which looks itself.
 */
import type { Instant } from '@carillon/domain/clock'
import { dropWaiting, noteDeadlines, type LaneBook } from './lane-book.ts'
import { turnText, type ClaimedDelivery, type DeliveryStore, type Release } from './store.ts'

/** Exchanges under way, and where their new ends are told. */
type Exchanges = {
  readonly claimsInFlight: () => readonly ClaimedDelivery[]
  readonly noteDeadlines: (ends: ReadonlyMap<string, Instant>) => void
}

/** Returns the rows to give back. Throws when the store does. */
export const followCampaigns = async (
  {
    store,
    now,
  }: {
    readonly store: Pick<DeliveryStore, 'readCampaigns'>
    readonly now: () => Instant
  },
  book: LaneBook,
  exchanges: Exchanges,
): Promise<readonly Release[]> => {
  const wanted = new Map<string, { readonly tenantId: string; readonly campaign: string }>()
  for (const { campaign, tenantId } of heldOf(book, exchanges))
    if (campaign !== undefined) wanted.set(campaign, { tenantId, campaign })
  if (wanted.size === 0) return []
  const views = new Map(
    (await store.readCampaigns([...wanted.values()])).map((view) => [view.campaign, view]),
  )
  const ends = new Map(
    heldOf(book, exchanges).flatMap((claim) => {
      const endsAt = views.get(claim.campaign ?? '')?.endsAt
      return endsAt === undefined ? [] : [[turnText(claim), endsAt] as const]
    }),
  )
  noteDeadlines(book, ends)
  exchanges.noteDeadlines(ends)
  const isHalted = ({ campaign = '' }: ClaimedDelivery): boolean =>
    views.get(campaign)?.isHalted === true
  return [...book.lanes.values()].flatMap((lane) =>
    dropWaiting(book, lane, isHalted, now(), 'paused'),
  )
}

const heldOf = (book: LaneBook, exchanges: Exchanges): readonly ClaimedDelivery[] => [
  ...exchanges.claimsInFlight(),
  ...[...book.lanes.values()].flatMap((lane) => lane.waiting),
]
