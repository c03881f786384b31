/**
 * Writes down which deliveries move, for the live streams of all processes; only of tenants that somebody looks at, in a
 * transaction of its own and a few times a second, so that what moves deliveries pays nothing for being watched.
 */
import type { Pool } from 'pg'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Lookout } from '../platform/lifecycle/lookout.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop } from '../platform/lifecycle/run-loop.ts'
import { createWaker } from '../platform/lifecycle/waiting.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { DeliveryStore } from '../delivery/store.ts'
import {
  findWatchedAcrossTenants,
  noteChangesAcrossTenants,
  watchedAcrossTenants,
} from './queries.ts'

const writeEveryMs = 250
const lookEveryMs = 1_000
/** A stream that does not keep up loses changes; its reader polls as well. */
const mostKept = 5_000

export type ChangeNoter = {
  /** These deliveries of the tenant have moved. Costs a look into a set when nobody watches. */
  readonly changed: (tenantId: string, deliveryIds: readonly string[]) => void
  /** Writes down what has come since, and sees who is watched now. */
  readonly turn: (pool: Pool) => Promise<void>
  /** Did anybody watch when it last looked? Until somebody does, turns are for looking only. */
  readonly isWatching: () => boolean
}

/** Makes a noter; nothing is written before `turn`. */
export const createChangeNoter = (nowMs: () => number = monotonicMs): ChangeNoter => {
  let watched: ReadonlySet<string> = new Set()
  let lookedMs = -Infinity
  let kept = new Map<string, { readonly tenantId: string; readonly deliveryId: string }>()
  return {
    changed: (tenantId, deliveryIds) => {
      if (!watched.has(tenantId)) return
      for (const deliveryId of deliveryIds)
        if (kept.size < mostKept) kept.set(deliveryId, { tenantId, deliveryId })
    },
    turn: async (pool) => {
      if (watched.size === 0 || nowMs() - lookedMs >= lookEveryMs) {
        lookedMs = nowMs()
        watched = await findWatchedAcrossTenants(pool)
      }
      if (kept.size === 0) return
      const changes = [...kept.values()]
      kept = new Map()
      await inTransaction(pool, (client) => noteChangesAcrossTenants(client, changes))
    },
    isWatching: () => watched.size > 0,
  }
}

/** The store, with what it claims and settles noted. */
export const notingStore = (store: DeliveryStore, noter: ChangeNoter): DeliveryStore => ({
  ...store,
  claim: async (lanes, lease) => {
    const claimed = await store.claim(lanes, lease)
    for (const { tenantId, deliveryId } of claimed) noter.changed(tenantId, [deliveryId])
    return claimed
  },
  settle: async (turns) => {
    const report = await store.settle(turns)
    for (const { claim } of turns) noter.changed(claim.tenantId, [claim.deliveryId])
    return report
  },
})

/** Starts the writing as a part of the process. */
export const runChangeNoter = (
  noter: ChangeNoter,
  {
    pool,
    lookout,
    progress,
    metrics,
    log,
  }: {
    readonly pool: Pool
    /** Tells when somebody begins to watch. */
    readonly lookout: Pick<Lookout, 'watch'>
    readonly progress: Progress
    readonly metrics: Metrics
    readonly log: Log
  },
): Started<undefined> => {
  const stopping = new AbortController()
  const waker = createWaker()
  const unwatchedMs = lookout.watch({ everyMs: lookEveryMs, due: watchedAcrossTenants, waker })
  const loop = runLoop({
    name: 'live changes',
    signal: stopping.signal,
    turn: async () => {
      await noter.turn(pool)
      return 'idle'
    },
    idleMs: () => (noter.isWatching() ? writeEveryMs : unwatchedMs()),
    waker,
    progress,
    onTurn: recordTurns({ metrics, log, epochMs: systemClock.now }),
  })
  return {
    value: undefined,
    stop: async () => {
      stopping.abort()
      await loop
    },
  }
}
