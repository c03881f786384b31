/** Stops a fan-out by a person's will. What it has made stays, unless its waiting deliveries are to end too. */
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { FanOutId, TenantId } from '@carillon/domain/ids'
import { monotonicMs } from '../platform/clock.ts'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { findFanOut, findFanOutRow } from './find-fan-out.ts'
import * as sql from './queries/reads.ts'
import type { CancelAnswer } from './schema.ts'

/** Deliveries looked at in one transaction, and the time for all of them: a request must end. */
const atOnce = 2_000
const withinMs = 5_000
const first = '00000000-0000-0000-0000-000000000000'

export type CancelWish = {
  readonly tenantId: TenantId
  readonly id: FanOutId
  /** Who, for the record. */
  readonly by: string
  readonly withDeliveries: boolean
  /** The counters' shard. */
  readonly shard: number
}

/**
 * Cancels it, and with `withDeliveries` what waits of it, also when the fan-out itself has ended. Throws `not_found`, and
 * `conflict` when there is nothing left to stop.
 */
export const cancelFanOut = async (pool: Pool, wish: CancelWish): Promise<CancelAnswer> => {
  const { tenantId, id, by, withDeliveries } = wish
  const canceled = await inTenant(pool, tenantId, (client) =>
    query(client, sql.cancelFanOut, [tenantId, id, by]),
  )
  if (canceled.length === 0) {
    const { state } = await findFanOutRow(pool, tenantId, id)
    if (!withDeliveries) {
      const detail = `The fan-out has already ended: ${state}. With ?deliveries=cancel its waiting deliveries end.`
      throw appError('conflict', { detail })
    }
  }
  const ended = withDeliveries ? await endDeliveries(pool, wish) : { canceled: 0, more: false }
  return {
    ...(await findFanOut(pool, tenantId, id)),
    deliveriesCanceled: ended.canceled,
    more: ended.more,
  }
}

type Batch = { readonly last: string | null; readonly seen: number; readonly canceled: number }

const endDeliveries = async (
  pool: Pool,
  { tenantId, id, by, shard }: CancelWish,
): Promise<{ readonly canceled: number; readonly more: boolean }> => {
  const until = monotonicMs() + withinMs
  let canceled = 0
  let after = first
  while (monotonicMs() < until) {
    const values = [tenantId, id, after, atOnce, by, shard]
    // oxlint-disable-next-line no-await-in-loop -- batch after batch, in the order of their ids
    const [batch] = await inTenant(pool, tenantId, (client) =>
      query<Batch>(client, sql.cancelDeliveries, values),
    )
    const { last = null, seen = 0 } = batch ?? {}
    canceled += batch?.canceled ?? 0
    if (last === null || seen < atOnce) return { canceled, more: false }
    after = last
  }
  return { canceled, more: true }
}
