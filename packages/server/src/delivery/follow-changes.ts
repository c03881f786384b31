/**
 * What a worker holds follows what has changed since it was claimed: addresses that were suppressed, campaigns that were paused,
 * canceled or shortened. Asked at every scan, in one statement each, and only where there is something to ask about.
 */
import { addMs, type Instant } from '@carillon/domain/clock'
import { followCampaigns } from './follow-campaigns.ts'
import type { LaneBook } from './lane-book.ts'
import type { Sender } from './sender.ts'
import { turnText, type DeliveryStore, type Release } from './store.ts'

/**
 * The claim has asked the list; what has waited here for longer is asked about again at each scan. So what a slow lane still
 * holds stops within a second of somebody's click, and lanes that keep up pay nothing.
 */
const freshMs = 400

type Options = {
  readonly store: Pick<DeliveryStore, 'readCampaigns' | 'findStopped'>
  readonly sender: Pick<Sender, 'prepare'>
  readonly now: () => Instant
}

/** Marks rows that must not go out any more; returns those to give back. Throws when the store does. */
export const followChanges = async (
  options: Options,
  book: LaneBook,
  exchanges: Parameters<typeof followCampaigns>[2],
): Promise<readonly Release[]> => {
  await markStopped(options, book)
  return await followCampaigns(options, book, exchanges)
}

const markStopped = async ({ store, sender, now }: Options, book: LaneBook): Promise<void> => {
  const before = addMs(now(), -freshMs)
  const old = [...book.lanes.values()].flatMap(({ waiting }) =>
    waiting.filter(({ suppressed, claimedAt }) => !suppressed && claimedAt < before),
  )
  if (old.length === 0) return
  const stopped = await store.findStopped(
    old.map((claim) => ({ claim, channel: sender.prepare(claim).channel })),
  )
  if (stopped.size === 0) return
  // Meanwhile some have begun, and others have come.
  for (const lane of book.lanes.values())
    lane.waiting = lane.waiting.map((claim) => {
      const stoppedBy = stopped.get(turnText(claim))
      return stoppedBy === undefined ? claim : { ...claim, suppressed: true, stoppedBy }
    })
}
