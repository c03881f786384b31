/** A person says that the other side works again: the breaker closes and what waited for it is due now. */
import type { Pool } from 'pg'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import type { LaneKey } from '../delivery/store.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewCircuit } from './integration-view.ts'
import * as sql from './queries.ts'
import type { IntegrationView } from './schema.ts'

/** Rows released in one transaction: a million that wait must not hold their locks together. */
const batch = 10_000

export type CircuitClosed = {
  readonly breaker: IntegrationView['health']['breaker']
  readonly released: number
  /** The lanes that have work now. */
  readonly lanes: readonly LaneKey[]
}

/** Closes the breaker, then releases what waits for it. Closing a closed one only releases. Throws `not_found`. */
export const closeCircuit = async (
  pool: Pool,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<CircuitClosed> => {
  const row = await inTenant(pool, tenantId, async (client) => {
    await sql.closeCircuit(client, tenantId, id)
    return await sql.findIntegration(client, tenantId, id)
  })
  if (row === undefined) throw notFound()
  const priorities = new Set<number>()
  let released = 0
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch, each a short transaction
    const rows = await inTenant(pool, tenantId, (client) =>
      sql.releaseWaiting(client, tenantId, { id, limit: batch }),
    )
    released += rows.length
    for (const priority of rows) priorities.add(priority)
    if (rows.length < batch) break
  }
  const lanes = [...priorities].map((priority) => ({ tenantId, integrationId: id, priority }))
  return { breaker: viewCircuit(row), released, lanes }
}
