/**
 * Forgets what a tenant does not want kept: ended deliveries and their proofs, then the events that nothing refers to any
 * more. In small statements, so that nobody waits for it; open deliveries stay, however old.
 */
import type { Pool } from 'pg'
import { findTenantsWithRetention, forgetDeliveries, forgetEvents } from './queries.ts'

/** Rows in one statement: some tens of milliseconds. */
const rowsAtOnce = 2_000

/** One batch for each tenant. Returns how many rows went; above 0 there may be more. */
export const forgetOld = async (pool: Pool): Promise<number> => {
  let gone = 0
  for (const { tenant_id, retention_days } of await findTenantsWithRetention(pool)) {
    const batch = { days: retention_days, limit: rowsAtOnce }
    // oxlint-disable-next-line no-await-in-loop -- one tenant after the other: this is background work
    const deliveries = await forgetDeliveries(pool, tenant_id, batch)
    // oxlint-disable-next-line no-await-in-loop -- events follow the deliveries that refer to them
    gone += deliveries > 0 ? deliveries : await forgetEvents(pool, tenant_id, batch)
  }
  return gone
}
