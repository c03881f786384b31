/**
 * From when on a lane scan has to look at lanes that this worker has served: what is due earlier was claimed or has moved.
 * Kept also for lanes without open rows: under a forgotten snapshot it is them whose beginnings are full of what is finished
 * (a second for a million rows). Not what a claim goes by: that is the lane's own `from`.
 */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import type { Lane, LaneBook } from './lane-book.ts'
import type { DeliveryStore, LaneBound, LaneView } from './store.ts'

/** Rows of a transaction become visible at its end: nothing of ours is open for as long (statements end after 8 s). */
const lateMs = 15_000
/**
 * A scan without bounds again so many times later than the last one took: as good as always, until such scans are slow. What
 * a bound hides is rare (a row that waited for another with its ordering key while the lane went on: seed 1718).
 */
const wholeShare = 20
/** And no later than this. */
const wholeEveryMs = 30_000
/** A lane that nobody has served for so long is probed from its beginning again. */
const keepMs = 3_600_000
/** More are not worth their arrays in every scan. */
const maxLanes = 2_000

export type LaneBounds = {
  /** The bounds for a scan now; none at times, so that the whole queue is seen. Takes note of the lanes as they are. */
  readonly forScan: (
    lanes: Iterable<Pick<Lane, 'key' | 'from' | 'view'>>,
    now: Instant,
  ) => readonly LaneBound[]
  /** The scan has ended. */
  readonly noteEnd: (now: Instant) => void
}

/** Makes a notebook without bounds. */
export const createLaneBounds = (): LaneBounds => {
  const known = new Map<string, LaneBound & { readonly servedAt: Instant }>()
  let wholeAt: Instant | undefined
  let isWhole = false
  let pauseMs = 0
  return {
    noteEnd: (now) => {
      if (!isWhole || wholeAt === undefined) return
      isWhole = false
      pauseMs = Math.min(wholeEveryMs, Math.max(0, now - wholeAt) * wholeShare)
    },
    forScan: (lanes, now) => {
      for (const { key, from, view } of lanes) {
        const { tenantId, integrationId, priority } = view
        // Taken out and put back: the map is in the order in which lanes were last served.
        known.delete(key)
        known.set(key, { tenantId, integrationId, priority, from, servedAt: now })
      }
      for (const [key, { servedAt }] of known)
        if (now - servedAt > keepMs || known.size > maxLanes) known.delete(key)
      if (wholeAt === undefined || now - wholeAt >= pauseMs || now < wholeAt) {
        wholeAt = now
        isWhole = true
        return []
      }
      const latest = addMs(now, -lateMs)
      return [...known.values()].map(({ tenantId, integrationId, priority, from }) => ({
        tenantId,
        integrationId,
        priority,
        from: instant(Math.min(from, latest)),
      }))
    },
  }
}

/** Asks the store for the lanes with open work, by what the bounds say, and tells them how long that took. */
export const scanLanes = async (
  bounds: LaneBounds,
  { lanes }: Pick<LaneBook, 'lanes'>,
  { store, now }: { readonly store: Pick<DeliveryStore, 'findLanes'>; readonly now: () => Instant },
): Promise<readonly LaneView[]> => {
  const views = await store.findLanes(bounds.forScan(lanes.values(), now()))
  bounds.noteEnd(now())
  return views
}
