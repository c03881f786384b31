/** Receipts given to the memory store and the Postgres store alike. For `two-stores.ts`. */
import { instant } from '@carillon/domain/clock'
import { denyInMemory, proveInMemory } from '@carillon/server/delivery/memory-receipts'
import { query } from '@carillon/server/platform/db/statement'
import * as receipts from '@carillon/server/receipts/queries'
import type { Command } from './store-commands.ts'
import { align, virtualNow, type Sides, type StoresRig } from './stores-rig.ts'

/** A receipt about a waiting delivery, as `apply-receipts.ts` writes it: what both stores answered. */
export const receiveOne = async (
  rig: StoresRig,
  { which, isDenial, step }: Extract<Command, { readonly kind: 'receipt' }>,
): Promise<Sides<unknown>> => {
  const rows = [...rig.tables.queue.values()].filter(({ state }) => state === 'pending')
  const row = rows[which % rows.length]
  if (row === undefined) return { memory: undefined, postgres: undefined }
  const { deliveryId, fence } = row
  const integrationId = rig.integrations[step % 2] ?? ''
  const now = instant(virtualNow(rig))
  const given = [[rig.tenantId], [deliveryId], [fence]]
  const written = isDenial
    ? await query(rig.db.owner, receipts.denyAcceptedAcrossTenants, [...given, [step]])
    : await query(rig.db.owner, receipts.endWaitingAcrossTenants, [
        ...given,
        0,
        [step],
        [integrationId],
      ])
  const memory = isDenial
    ? denyInMemory(rig.tables, { deliveryId, step }, now)
    : proveInMemory(rig.tables, { deliveryId, step, integrationId }, now)
  if (memory && isDenial && row.reason === 'awaiting_receipt')
    await align(rig, new Set([deliveryId]))
  return { memory, postgres: written.length === 1 }
}
