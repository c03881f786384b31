/** The hub of live streams as a part of the process. */
import type { Pool } from 'pg'
import { asId } from '@carillon/domain/ids'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop } from '../platform/lifecycle/run-loop.ts'
import { createWaker } from '../platform/lifecycle/waiting.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { watchAcrossTenants } from './queries.ts'
import { createStreamHub, type StreamHub } from './stream-hub.ts'
import { createTenantFeed } from './tenant-feed.ts'

const turnEveryMs = 400
/** With nobody looking there is nothing to read; whoever comes first ends the wait. */
const restMs = 30_000
/** Workers hear within a second that somebody looks, and forget it when nobody has said so for a while. */
const watchEveryMs = 3_000
const watchForMs = 15_000

/** Starts it: with nobody looking it rests. */
export const runStreamHub = (options: {
  /** Of role app. */
  readonly pool: Pool
  readonly enginePool: Pool
  readonly newId: IdGenerator
  readonly progress: Progress
  readonly metrics: Metrics
  readonly log: Log
}): Started<StreamHub> => {
  const { pool, enginePool, progress, metrics, log } = options
  const stopping = new AbortController()
  const hub = createStreamHub({
    epoch: options.newId('run').slice(-12),
    openFeed: (tenantId) => createTenantFeed(pool, asId('tenant', tenantId), monotonicMs),
    nowMs: monotonicMs,
    log,
  })
  const waker = createWaker()
  let watchedMs = -Infinity
  let watched = ''
  const turn = async (): Promise<'idle'> => {
    const tenants = await hub.turn()
    const text = tenants.join()
    if (text !== '' && (text !== watched || monotonicMs() - watchedMs > watchEveryMs)) {
      await watchAcrossTenants(enginePool, tenants, watchForMs)
      watchedMs = monotonicMs()
    }
    watched = text
    return 'idle'
  }
  const loop = runLoop({
    name: 'live streams',
    signal: stopping.signal,
    turn,
    idleMs: () => (watched === '' && hub.readers() === 0 ? restMs : turnEveryMs),
    waker,
    progress,
    onTurn: recordTurns({ metrics, log, epochMs: systemClock.now }),
  })
  return {
    value: {
      ...hub,
      join: (tenantId, reader, lastId) => {
        const leave = hub.join(tenantId, reader, lastId)
        if (watched === '') waker.wake()
        return leave
      },
    },
    stop: async () => {
      stopping.abort()
      await loop
    },
  }
}
