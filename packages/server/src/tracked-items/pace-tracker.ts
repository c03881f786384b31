/**
 * What a look says about its whole integration: refused, or asked to slow down, and nobody of it is looked at for a while. In
 * a transaction of its own, after the look's: it takes rows of other items.
 */
import type { Pool } from 'pg'
import type { TrackerResult } from '@carillon/connectors/tracker'
import { inTransaction } from '../platform/db/transaction.ts'
import type { ItemRow } from './queries/items.ts'
import { calmTracker, lockPauses, pauseTracker } from './queries/rounds.ts'

const firstPauseMs = 60_000
const longestPauseMs = 3_600_000

/** Pauses the integration of this item, or notes that it answers. */
export const paceTracker = async (
  { tenant_id, integration_id }: Pick<ItemRow, 'tenant_id' | 'integration_id'>,
  result: TrackerResult,
  { pool }: { readonly pool: Pool },
): Promise<void> => {
  if (result.kind === 'item') {
    await calmTracker(pool, tenant_id, integration_id)
    return
  }
  const askedMs = result.kind === 'retry' ? result.afterMs : undefined
  if (result.kind !== 'stop' && askedMs === undefined) return
  await inTransaction(pool, async (client) => {
    const pauses = await lockPauses(client, tenant_id, integration_id)
    const forMs = askedMs ?? Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(pauses, 10))
    const { reason } = result
    await pauseTracker(client, tenant_id, { integrationId: integration_id, forMs, reason })
  })
}
