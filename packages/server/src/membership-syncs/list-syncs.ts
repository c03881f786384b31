/** Membership syncs, their runs and what a run found, one and in pages. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Id, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as runs from './queries/runs.ts'
import * as sql from './queries/syncs.ts'
import type {
  ChangeListQuery,
  ChangeView,
  RunListQuery,
  RunView,
  SyncListQuery,
  SyncView,
} from './schema.ts'
import { viewChange, viewRun, viewSync } from './sync-view.ts'

const idKeyset = Type.Tuple([
  Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
])
const seqKeyset = Type.Tuple([Type.Integer({ minimum: 0 })])

/** A page of the tenant's syncs, oldest first. */
export const listSyncs = async (
  pool: Pool,
  tenantId: TenantId,
  wish: SyncListQuery,
): Promise<Page<SyncView>> => {
  const after = decodeCursor(wish.cursor, idKeyset)?.[0] ?? null
  const limit = limitOf(wish)
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listSyncs(client, tenantId, { after, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewSync, keysetOf: (row) => [row.id] })
}

/** The sync. Throws `not_found`. */
export const findSync = async (
  pool: Pool,
  tenantId: TenantId,
  id: Id<'membershipSync'>,
): Promise<SyncView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findSync(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewSync(row)
}

/** A page of its runs, newest first. Throws `not_found`. */
export const listRuns = async (
  pool: Pool,
  tenantId: TenantId,
  sync: Id<'membershipSync'>,
  wish: RunListQuery,
): Promise<Page<RunView>> => {
  const before = decodeCursor(wish.cursor, idKeyset)?.[0] ?? null
  const limit = limitOf(wish)
  return await inTenant(pool, tenantId, async (client) => {
    if ((await sql.findSync(client, tenantId, sync)) === undefined) throw notFound()
    const rows = await runs.listRuns(client, tenantId, { sync, before, limit: limit + 1 })
    const views = new Map<string, RunView>()
    for (const row of rows) {
      // One that has ended knows its counts; counting deliveries again for a page of them would be slow.
      // oxlint-disable-next-line no-await-in-loop -- at most the one that is under way
      const tallies = row.counts === null ? await runs.tallyRun(client, tenantId, row.id) : []
      views.set(row.id, viewRun(row, tallies, { read: 0, on_list: 0, held: 0 }))
    }
    return toPage(rows, {
      limit,
      toItem: (row) => views.get(row.id) ?? viewRun(row, [], { read: 0, on_list: 0, held: 0 }),
      keysetOf: (row) => [row.id],
    })
  })
}

type OfRun = { readonly sync: Id<'membershipSync'>; readonly id: Id<'run'> }

/** One run, as it stands now. Throws `not_found`. */
export const findRun = async (pool: Pool, tenantId: TenantId, of: OfRun): Promise<RunView> =>
  await inTenant(pool, tenantId, async (client) => {
    const row = await runs.findRun(client, tenantId, of)
    if (row === undefined) throw notFound()
    const tallies = await runs.tallyRun(client, tenantId, row.id)
    return viewRun(row, tallies, await runs.countReads(client, tenantId, row.id))
  })

/** A page of what it found. Throws `not_found`. */
export const listChanges = async (
  pool: Pool,
  tenantId: TenantId,
  of: OfRun,
  wish: ChangeListQuery,
): Promise<Page<ChangeView>> => {
  const after = decodeCursor(wish.cursor, seqKeyset)?.[0] ?? 0
  const limit = limitOf(wish)
  return await inTenant(pool, tenantId, async (client) => {
    if ((await runs.findRun(client, tenantId, of)) === undefined) throw notFound()
    const wanted = { run: of.id, after, limit: limit + 1, change: wish.change ?? null }
    const rows = await runs.listChanges(client, tenantId, wanted)
    return toPage(rows, { limit, toItem: viewChange, keysetOf: (row) => [row.seq] })
  })
}
