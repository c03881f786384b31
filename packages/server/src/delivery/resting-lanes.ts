/** Lanes that have no work at the moment, remembered for a while: what is accepted next may be handed to them at once. */
import type { Instant } from '@carillon/domain/clock'

/** So long is a lane remembered, and so many of them. */
const restMs = 60_000
const mostResting = 1_000

export type RestingLanes<Lane> = {
  readonly add: (lane: Lane, since: Instant) => void
  /** Takes the lane out; undefined: it is not known, or has rested for too long. */
  readonly take: (key: string, now: Instant) => Lane | undefined
}

/** Makes an empty memory; `key` names a lane in it. */
export const createRestingLanes = <Lane extends { readonly key: string }>(): RestingLanes<Lane> => {
  const lanes = new Map<string, { readonly lane: Lane; readonly since: Instant }>()
  return {
    add: (lane, since) => {
      lanes.delete(lane.key)
      lanes.set(lane.key, { lane, since })
      const [oldest] = lanes.keys()
      if (oldest !== undefined && lanes.size > mostResting) lanes.delete(oldest)
    },
    take: (key, now) => {
      const found = lanes.get(key)
      lanes.delete(key)
      return found === undefined || now - found.since > restMs ? undefined : found.lane
    },
  }
}
