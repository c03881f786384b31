/** Reading operators: a page of them, or one. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Id, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries/operators.ts'
import { viewOperator } from './save-operator.ts'
import type { OperatorListQuery, OperatorView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of the tenant's operators, oldest first. Throws `bad_cursor`. */
export const listOperators = async (
  pool: Pool,
  tenantId: TenantId,
  filter: OperatorListQuery,
): Promise<Page<OperatorView>> => {
  const limit = limitOf(filter)
  const { code } = filter
  const after = decodeCursor(filter.cursor, keyset)?.[0]
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listOperators(client, tenantId, { code, after, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewOperator, keysetOf: (row) => [row.id] })
}

/** The operator. Throws `not_found`. */
export const findOperator = async (
  pool: Pool,
  tenantId: TenantId,
  id: Id<'operator'>,
): Promise<OperatorView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findOperator(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewOperator(row)
}
