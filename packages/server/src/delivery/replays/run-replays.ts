/**
 * Carries bulk replays on, a chunk a transaction: the new deliveries and how far the replay has come are written together, so
 * that a crash repeats nothing. Any number of processes do this side by side; a lease and a fence keep them apart.
 */
import type { Pool, PoolClient } from 'pg'
import type { IdGenerator } from '../../platform/ids.ts'
import { readDeliveryFilter } from '../delivery-filter.ts'
import { matchDeliveries } from '../match-deliveries.ts'
import type { LaneKey } from '../store.ts'
import { inTenant } from '../../platform/db/transaction.ts'
import type { Log } from '../../platform/log.ts'
import * as sql from './queries.ts'

const largestChunk = 200
/** A chunk takes a tenth of a second; after this another process takes it up. */
const leaseMs = 30_000
const maxTries = 10
const brokenWaitMs = 2_000

export type ReplayServices = {
  /** Of role app: filters are planned by their values, which the engine's connections do not do. */
  readonly pool: Pool
  readonly enginePool: Pool
  readonly newId: IdGenerator
  readonly shard: number
  readonly log: Log
  readonly wakeLanes: (lanes: readonly LaneKey[]) => void
}

/** One chunk of the replay that has been due longest; returns how many deliveries it dealt with, 0: nothing was due. */
export const runReplay = async (services: ReplayServices): Promise<number> => {
  const row = await sql.claimReplayAcrossTenants(services.enginePool, leaseMs)
  if (row === undefined) return 0
  try {
    const lanes = await inTenant(services.pool, row.tenant_id, (client) =>
      takeChunk(client, row, services),
    )
    services.wakeLanes(lanes)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    services.log.warn({ err: error, replay: row.id }, 'a chunk of a replay broke')
    const how = { waitMs: brokenWaitMs * 2 ** row.tries, maxTries, error: words.slice(0, 500) }
    await sql.putReplayBackAcrossTenants(services.enginePool, row, how)
  }
  return 1
}

const takeChunk = async (
  client: PoolClient,
  row: sql.ReplayRow,
  { newId, shard }: ReplayServices,
): Promise<readonly LaneKey[]> => {
  const { tenant_id: tenantId } = row
  const size = Math.min(largestChunk, Math.max(1, row.rate))
  const { olds, notBefore } = await nextOf(client, row, size)
  const news = olds.map(() => newId('delivery'))
  const results =
    olds.length === 0 ? [] : await sql.resendMany(client, tenantId, { olds, news, shard })
  const skips = { ...row.skips }
  for (const { skip } of results) if (skip !== null) skips[skip] = (skips[skip] ?? 0) + 1
  const made = results.filter(({ skip }) => skip === null).length
  const isThrough = olds.length < size
  const advanced = await sql.advanceReplay(client, row, {
    cursor: (isThrough ? notBefore : null) ?? olds.at(-1) ?? row.cursor,
    made,
    skipped: olds.length - made,
    skips,
    isDone: isThrough && notBefore === null,
    waitMs: (made * 1_000) / row.rate,
  })
  // Canceled meanwhile, or another's: what was made in this transaction is undone with it.
  if (!advanced) throw new Error('the replay was canceled, or taken up by another process')
  const integrations = new Set(results.flatMap(({ integration_id: one }) => one ?? []))
  return [...integrations].map((integrationId) => ({ tenantId, integrationId, priority: 1 }))
}

const nextOf = async (
  client: PoolClient,
  row: sql.ReplayRow,
  size: number,
): Promise<{ readonly olds: readonly string[]; readonly notBefore: string | null }> => {
  const filter = readDeliveryFilter(row.tenant_id, row.filter)
  if (filter === undefined) return { olds: [], notBefore: null }
  const asked = {
    filter,
    before: row.cursor ?? row.before_id,
    limit: size,
  }
  const { rows, scanEnd } = await matchDeliveries(client, asked)
  return { olds: rows.map(({ id }) => id), notBefore: scanEnd }
}
