/** Stores how long exchanges took, every half minute and at the stop: a part of the process beside its worker. */
import type { Pool } from 'pg'
import { int2s, float8s, times, uuids } from '../platform/db/binary-array.ts'
import { query } from '../platform/db/statement.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { runLoop } from '../platform/lifecycle/run-loop.ts'
import type { TimeGatherer } from './gather-times.ts'
import { addExchangeTimesAcrossTenants } from './queries/exchange-times.ts'

/** So much of it is lost when a process dies. */
const everyMs = 30_000

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly gatherer: TimeGatherer
  readonly progress: Progress
  readonly onTurn: NonNullable<Parameters<typeof runLoop>[0]['onTurn']>
}

/** Stores what was gathered. What can't be stored is kept for the next time; throws when the database does. */
export const keepTimes = async ({
  pool,
  gatherer,
}: Pick<Options, 'pool' | 'gatherer'>): Promise<number> => {
  const counts = gatherer.drain()
  if (counts.length === 0) return 0
  try {
    await query(pool, addExchangeTimesAcrossTenants, [
      uuids(counts, ({ tenantId }) => tenantId),
      times(counts, ({ slot }) => slot),
      uuids(counts, ({ integrationId }) => integrationId),
      int2s(counts, ({ bucket }) => bucket),
      float8s(counts, ({ n }) => n),
    ])
    return counts.length
  } catch (error) {
    gatherer.giveBack(counts)
    throw error
  }
}

/** Starts it; what was gathered last is stored when it stops. */
export const runKeepTimes = (options: Options): Started<void> => {
  const { progress, onTurn } = options
  const stopping = new AbortController()
  const loop = runLoop({
    name: 'exchange times',
    signal: stopping.signal,
    turn: async () => {
      await keepTimes(options)
      return 'idle'
    },
    idleMs: everyMs,
    progress,
    onTurn,
  })
  return {
    value: undefined,
    stop: async () => {
      stopping.abort()
      await loop
      await keepTimes(options)
    },
  }
}
