/** Reading tracked items, the log and the rounds. */
import type { PoolClient } from 'pg'
import { Type } from 'typebox'
import { parseId, type Id, type TenantId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewItem, viewLog, viewRun } from './item-view.ts'
import { findItemRow, listItemRows } from './queries/items.ts'
import { listLogRows } from './queries/log.ts'
import { findRunRow, listRunRows } from './queries/rounds.ts'
import type {
  ItemListQuery,
  ItemView,
  LogView,
  RunListQuery,
  RunView,
  WholeLogQuery,
} from './schema.ts'

const byId = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** An integration that is none has nothing: a UUID that no row has. */
const nobody = '00000000-0000-0000-0000-000000000000'
const integrationIn = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : (parseId('integration', text) ?? nobody)

/** A page of items, newest first. Throws `bad_cursor`. */
export const listItems = async (
  client: PoolClient,
  tenantId: TenantId,
  filter: ItemListQuery,
): Promise<Page<ItemView>> => {
  const limit = limitOf(filter)
  const rows = await listItemRows(client, tenantId, {
    state: filter.state,
    integrationId: integrationIn(filter.integration),
    needsSync: filter.needsSync,
    reference: filter.reference,
    remoteId: filter.remoteId,
    before: decodeCursor(filter.cursor, byId)?.[0],
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewItem, keysetOf: (row) => [row.id] })
}

/** The item, or `not_found`. */
export const findItem = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'trackedItem'>,
): Promise<ItemView> => {
  const row = await findItemRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return viewItem(row)
}

/** A page of the log, newest first: of an item, or of all. Throws `not_found`, `bad_cursor`. */
export const listLog = async (
  client: PoolClient,
  tenantId: TenantId,
  filter: WholeLogQuery & { readonly itemId?: Id<'trackedItem'> },
): Promise<Page<LogView>> => {
  const { itemId } = filter
  if (itemId !== undefined) await findItem(client, tenantId, itemId)
  const limit = limitOf(filter)
  const rows = await listLogRows(client, tenantId, {
    itemId,
    integrationId: integrationIn(filter.integration),
    success: filter.success,
    before: decodeCursor(filter.cursor, byId)?.[0],
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewLog, keysetOf: (row) => [row.id] })
}

/** A page of rounds, newest first. Throws `bad_cursor`. */
export const listRuns = async (
  client: PoolClient,
  tenantId: TenantId,
  filter: RunListQuery,
): Promise<Page<RunView>> => {
  const limit = limitOf(filter)
  const rows = await listRunRows(client, tenantId, {
    integrationId: integrationIn(filter.integration),
    before: decodeCursor(filter.cursor, byId)?.[0],
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewRun, keysetOf: (row) => [row.id] })
}

/** The round, or `not_found`. */
export const findRun = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'run'>,
): Promise<RunView> => {
  const row = await findRunRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return viewRun(row)
}
