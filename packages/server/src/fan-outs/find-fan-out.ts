/** Reading fan-outs back: one, or a page. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { parseId, type FanOutId, type TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewFanOut, type FanOutRow } from './fan-out-view.ts'
import * as sql from './queries/reads.ts'
import type { FanOutListQuery, FanOutView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** The row. Throws `not_found`. `pool` has the role app. */
export const findFanOutRow = async (
  pool: Pool,
  tenantId: TenantId,
  id: FanOutId,
): Promise<FanOutRow> => {
  const [row] = await inTenant(pool, tenantId, (client) =>
    query<FanOutRow>(client, sql.findFanOut, [tenantId, id]),
  )
  if (row === undefined) throw notFound()
  return row
}

/** The fan-out as the API shows it. Throws `not_found`. */
export const findFanOut = async (
  pool: Pool,
  tenantId: TenantId,
  id: FanOutId,
): Promise<FanOutView> => viewFanOut(await findFanOutRow(pool, tenantId, id))

/** A page of the tenant's fan-outs, newest first. */
export const listFanOuts = async (
  pool: Pool,
  tenantId: TenantId,
  filter: FanOutListQuery,
): Promise<Page<FanOutView>> => {
  const limit = limitOf(filter)
  const event = filter.event === undefined ? null : parseId('event', filter.event)
  if (event === undefined) return { items: [], nextCursor: null }
  const before = decodeCursor(filter.cursor, keyset)?.[0] ?? null
  const { subscriptionId = null, state = null, origin = null } = filter
  const values = [tenantId, subscriptionId, state, origin, event, before, limit + 1]
  const rows = await inTenant(
    pool,
    tenantId,
    async (client) => (await client.query<FanOutRow>(sql.listFanOuts, values)).rows,
  )
  return toPage(rows, { limit, toItem: viewFanOut, keysetOf: (row) => [row.id] })
}
