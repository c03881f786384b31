/**
 * From when on a lane scan has to look at lanes that this worker has served: what is due earlier was claimed or has moved.
 * Kept also for lanes without open rows: under a forgotten snapshot it is them whose beginnings are full of what is finished
 * (a second for a million rows). Not what a claim goes by: that is the lane's own `from`.
 */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import type { Lane } from './lane-book.ts'
import type { LaneBound } from './store.ts'

/** Rows of a transaction become visible at its end: nothing of ours is open for as long (statements end after 8 s). */
const lateMs = 15_000
/** Whatever a bound hides, for whatever reason, is found within this. */
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
}

/** Makes a notebook without bounds. */
export const createLaneBounds = (): LaneBounds => {
  const known = new Map<string, LaneBound & { readonly servedAt: Instant }>()
  let wholeAt: Instant | undefined
  return {
    forScan: (lanes, now) => {
      for (const { key, from, view } of lanes) {
        const { tenantId, integrationId, priority } = view
        // Taken out and put back: the map is in the order in which lanes were last served.
        known.delete(key)
        known.set(key, { tenantId, integrationId, priority, from, servedAt: now })
      }
      for (const [key, { servedAt }] of known)
        if (now - servedAt > keepMs || known.size > maxLanes) known.delete(key)
      if (wholeAt === undefined || now - wholeAt >= wholeEveryMs || now < wholeAt) {
        wholeAt = now
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
