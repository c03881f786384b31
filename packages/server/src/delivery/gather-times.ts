/**
 * How long this process's exchanges took since that was last stored, as histograms. Bounded by integrations and quarters of an
 * hour, and lost with the process: for percentiles that people read, not for anything that has to be exact.
 */
import { instant, type Instant } from '@carillon/domain/clock'
import { timeBucket } from '@carillon/domain/exchange-times'
import type { SettledTurn } from './store.ts'

/** As the slots of `slot_counters`. */
const slotMs = 900_000

export type TimeCount = {
  readonly tenantId: string
  readonly integrationId: string
  /** Where the quarter of an hour begins. */
  readonly slot: Instant
  readonly bucket: number
  readonly n: number
}

export type TimeGatherer = {
  /** Takes the exchanges among the turns. Never throws. */
  readonly take: (turns: readonly SettledTurn[]) => void
  /** What was gathered; from now on it begins anew. */
  readonly drain: () => readonly TimeCount[]
  /** Takes back what could not be stored. */
  readonly giveBack: (counts: readonly TimeCount[]) => void
}

/** More than this many distinct ones are not kept while the database is away. */
const mostHeld = 100_000

/** A gatherer that holds nothing yet. */
export const createTimeGatherer = (): TimeGatherer => {
  const held = new Map<string, TimeCount & { n: number }>()
  const add = (count: TimeCount): void => {
    const key = `${count.integrationId}/${count.slot}/${count.bucket}`
    const known = held.get(key)
    if (known !== undefined) known.n += count.n
    else if (held.size < mostHeld) held.set(key, { ...count })
  }
  return {
    take: (turns) => {
      for (const { claim, outcome, durationMs, startedAt } of turns) {
        if (outcome === undefined || outcome.unsent === true) continue
        const { tenantId, integrationId } = claim
        const slot = slotBegin(startedAt)
        add({ tenantId, integrationId, slot, bucket: timeBucket(durationMs), n: 1 })
      }
    },
    drain: () => {
      const drained = [...held.values()]
      held.clear()
      return drained
    },
    giveBack: (counts) => {
      for (const count of counts) add(count)
    },
  }
}

const slotBegin = (at: Instant): Instant => instant(Math.floor(at / slotMs) * slotMs)
