/** Makes, renames and deletes operators. Those that contacts name are made on the fly (`save-contact.ts`). */
import type { Pool, PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { printId, type Id, type TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import * as sql from './queries/operators.ts'
import { requireUnused } from './save-tag.ts'
import type { OperatorBody, OperatorChangeBody, OperatorView } from './schema.ts'

/** Contacts changed in one transaction: a million must not hold their locks together. */
const batch = 2_000

/** A row as the API shows it. */
export const viewOperator = (row: sql.OperatorRow): OperatorView => ({
  id: printId('operator', row.id),
  code: row.code,
  name: row.name,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** Makes the operator in the caller's transaction. Throws `conflict` when there is one of this code. */
export const createOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  { code, name = null }: OperatorBody,
  newId: IdGenerator,
): Promise<OperatorView> => {
  const row = await sql.insertOperator(client, tenantId, { id: newId('operator'), code, name })
  if (row === undefined) {
    throw appError('conflict', { detail: `There is an operator "${code}" already.` })
  }
  return viewOperator(row)
}

export type OperatorUpdate = {
  readonly id: Id<'operator'>
  readonly kind: 'replace' | 'patch'
  readonly body: OperatorChangeBody
}

/** Renames the operator: PUT without a name takes it away. Throws `not_found`, or `validation_failed` for another code. */
export const updateOperator = async (
  pool: Pool,
  tenantId: TenantId,
  { id, kind, body }: OperatorUpdate,
): Promise<OperatorView> =>
  await inTenant(pool, tenantId, async (client) => {
    const current = await sql.lockOperator(client, tenantId, id)
    if (current === undefined) throw notFound()
    if (body.code !== undefined && body.code !== current.code) {
      const detail = `Is "${current.code}" and can't be changed: make another operator.`
      requireValid([{ pointer: '/code', detail }])
    }
    const name = body.name === undefined && kind === 'patch' ? current.name : (body.name ?? null)
    const row = await sql.renameOperator(client, tenantId, { id, name })
    if (row === undefined) throw new Error('an operator is gone in the transaction that locked it')
    return viewOperator(row)
  })

/**
 * Deletes the operator. Throws `not_found`, or `conflict` with the number of contacts that have it. With `force` these
 * lose it first, batch by batch: should it break off, a repetition goes on.
 */
export const deleteOperator = async (
  pool: Pool,
  tenantId: TenantId,
  { id, force }: { readonly id: Id<'operator'>; readonly force: boolean },
): Promise<void> => {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch, each a short transaction
    const isGone = await inTenant(pool, tenantId, async (client) => {
      const row = await sql.lockOperator(client, tenantId, id)
      if (row === undefined) throw notFound()
      const { code } = row
      if (!force) requireUnused(await sql.countContactsOfOperator(client, tenantId, code))
      const some = { code, limit: batch }
      if (force && (await sql.clearSomeOfOperator(client, tenantId, some)) === batch) return false
      await sql.deleteOperator(client, tenantId, id)
      return true
    })
    if (isGone) return
  }
}
