/** How the installation is doing at this moment, across tenants. Not for one tenant's numbers (`stats`). */
import type { Pool } from 'pg'
import { toIso, type Clock, type Instant } from '@carillon/domain/clock'
import { timeQuantile } from '@carillon/domain/exchange-times'
import { asId, printId } from '@carillon/domain/ids'
import type { DeliveryWorker } from '../delivery/worker.ts'
import {
  readLanesAcrossTenants,
  readTimesAcrossTenants,
  readTotalsAcrossTenants,
  readWorkersAcrossTenants,
  type LaneRow,
  type TimesRow,
} from './queries.ts'
import type { MonitorView } from './schema.ts'

export type ProcessFacts = {
  readonly version: string
  readonly pid: number
  readonly startedAt: Instant
  readonly memoryBytes: () => number
  readonly stuckLoops: () => readonly string[]
  readonly worker: Pick<DeliveryWorker, 'stats'> | undefined
}

/** Rows counted in one lane; more is "more than". */
const countedOfLane = 10_000
const lanesShown = 100
const countedLeases = 10_000
const histogramRows = 20_000
const slowestShown = 10

/** `pool` has the role engine. */
export const readMonitor = async (
  pool: Pool,
  { clock, facts }: { readonly clock: Clock; readonly facts: ProcessFacts },
): Promise<MonitorView> => {
  const lanes = await readLanesAcrossTenants(pool, { counted: countedOfLane, lanes: lanesShown })
  const workers = await readWorkersAcrossTenants(pool, countedLeases)
  const times = await readTimesAcrossTenants(pool, histogramRows)
  const { database_bytes, ...today } = await readTotalsAcrossTenants(pool)
  return {
    at: toIso(clock.now()),
    process: {
      version: facts.version,
      pid: facts.pid,
      startedAt: toIso(facts.startedAt),
      memoryBytes: facts.memoryBytes(),
      stuckLoops: [...facts.stuckLoops()],
      worker: facts.worker?.stats() ?? null,
    },
    today,
    databaseBytes: database_bytes,
    workers: [...workers],
    lanes: lanes.map(viewLane),
    slowest: slowestOf(times),
  }
}

const viewLane = (row: LaneRow): MonitorView['lanes'][number] => ({
  tenant: row.tenant,
  integration: printId('integration', asId('integration', row.integration_id)),
  name: row.integration,
  priority: row.priority === 0 ? 'transactional' : 'bulk',
  breaker: row.breaker ?? 'closed',
  waiting: row.waiting,
  due: row.due,
  isExact: row.waiting < countedOfLane,
  oldestDueAt: toIso(row.oldest_due_at),
})

const slowestOf = (rows: readonly TimesRow[]): MonitorView['slowest'] => {
  const byIntegration = Map.groupBy(rows, (row) => row.integration_id)
  return [...byIntegration]
    .flatMap(([id, own]) => {
      const [first] = own
      if (first === undefined) return []
      const histogram = new Map(own.map(({ bucket, n }) => [bucket, n]))
      return [
        {
          tenant: first.tenant,
          integration: printId('integration', asId('integration', id)),
          name: first.integration,
          exchanges: own.reduce((sum, { n }) => sum + n, 0),
          p50Ms: timeQuantile(histogram, 0.5) ?? 0,
          p95Ms: timeQuantile(histogram, 0.95) ?? 0,
        },
      ]
    })
    .toSorted((one, other) => other.p95Ms - one.p95Ms)
    .slice(0, slowestShown)
}
