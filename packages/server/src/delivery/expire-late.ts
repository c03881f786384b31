/**
 * Ends what waits past its deadline. Row by row when the batch fails: one poisoned row must not stop the sweep. Not for
 * rows that a worker holds: its own check says the same.
 */
import type { Pool } from 'pg'
import { query } from '../platform/db/statement.ts'
import * as sql from './queries/engine.ts'
import type { Lease } from './store.ts'

/** A row that can't be ended is left alone for this long: it must not be the first thing that every sweep meets. */
const setAsideMs = 300_000

export type ExpireLateOptions = {
  readonly pool: Pool
  /** The counters' row that this process writes to, 0..31. */
  readonly shard: number
  /** Milliseconds that only ever grow, at the pace of time. */
  readonly monotonicMs: () => number
  /** Does this error say something of the moment (true), or of the rows? */
  readonly isPassing: (error: unknown) => boolean
  /** The database refuses to end this row; it stays as it is for a while. */
  readonly onSetAside: (error: unknown, row: Pick<Lease, 'tenantId' | 'deliveryId'>) => void
}

type LateRow = { readonly tenant_id: string; readonly delivery_id: string }

/** Makes the sweep: it ends up to `limit` late rows and returns how many. It throws when the database does not answer. */
export const createExpireLate = (
  options: ExpireLateOptions,
): ((limit: number) => Promise<number>) => {
  const { pool, shard, monotonicMs, isPassing } = options
  /** Until when a row is left alone, by delivery. */
  const refused = new Map<string, number>()
  const leftOut = (): readonly string[] => [...refused.keys()]

  const expire = async (limit: number, only?: string): Promise<number> =>
    (await query(pool, sql.expireAcrossTenants, [limit, shard, leftOut(), only ?? null])).length

  const expireOne = async ({ tenant_id, delivery_id }: LateRow): Promise<number> => {
    try {
      return await expire(1, delivery_id)
    } catch (error) {
      if (isPassing(error)) throw error
      refused.set(delivery_id, monotonicMs() + setAsideMs)
      options.onSetAside(error, { tenantId: tenant_id, deliveryId: delivery_id })
      return 0
    }
  }

  return async (limit) => {
    for (const [id, until] of refused) if (until <= monotonicMs()) refused.delete(id)
    try {
      return await expire(limit)
    } catch (error) {
      if (isPassing(error)) throw error
      let ended = 0
      for (const row of await query<LateRow>(pool, sql.lateAcrossTenants, [limit, leftOut()]))
        // oxlint-disable-next-line no-await-in-loop -- a sweep that went wrong must not take all connections as well
        ended += await expireOne(row)
      return ended
    }
  }
}
