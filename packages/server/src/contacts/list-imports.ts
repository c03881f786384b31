/** Imports as records: a page of them, one, the report of its bad rows, and how one is ended from outside. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Id, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { writeLine } from './csv-cell.ts'
import type { ImportListQuery, ImportView } from './import-schema.ts'
import { viewImport } from './import-view.ts'
import * as sql from './queries/imports.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])
const linesAtOnce = 1_000

/** A page of the tenant's imports, newest first. Throws `bad_cursor`. */
export const listImports = async (
  pool: Pool,
  tenantId: TenantId,
  filter: ImportListQuery,
): Promise<Page<ImportView>> => {
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, keyset)?.[0]
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listImportRecords(client, tenantId, { before, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewImport, keysetOf: (row) => [row.id] })
}

/** The import. Throws `not_found`. */
export const findImport = async (
  pool: Pool,
  tenantId: TenantId,
  id: Id<'contactImport'>,
): Promise<ImportView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findImportRecord(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewImport(row)
}

/** Ends the import: its process finds that out with its next rows. One that has ended stays. Throws `not_found`. */
export const endImport = async (
  pool: Pool,
  tenantId: TenantId,
  { id, actor }: { readonly id: Id<'contactImport'>; readonly actor: string },
): Promise<ImportView> => {
  const end = { state: 'interrupted', error: `Ended by ${actor}.` } as const
  const row = await inTenant(pool, tenantId, async (client) => {
    const ended = await sql.finishImport(client, tenantId, id, end)
    return ended ?? (await sql.findImportRecord(client, tenantId, id))
  })
  if (row === undefined) throw notFound()
  return viewImport(row)
}

/** The import's report as the text of a CSV file, in pieces. Throws `not_found`. */
export const reportImport = async (
  pool: Pool,
  tenantId: TenantId,
  id: Id<'contactImport'>,
): Promise<AsyncIterable<string>> => {
  await findImport(pool, tenantId, id)
  return linesOf(pool, tenantId, id)
}

async function* linesOf(
  pool: Pool,
  tenantId: TenantId,
  id: Id<'contactImport'>,
): AsyncGenerator<string> {
  yield writeLine(['row', 'column', 'value', 'reason'])
  let after = 0
  for (;;) {
    const wanted = { after, limit: linesAtOnce }
    // oxlint-disable-next-line no-await-in-loop -- one page after the other
    const rows = await inTenant(pool, tenantId, (client) =>
      sql.walkReportRows(client, tenantId, id, wanted),
    )
    yield rows
      .map((row) => writeLine([String(row.row), row.column_name, row.value, row.reason]))
      .join('')
    const last = rows.at(-1)
    if (last === undefined || rows.length < linesAtOnce) return
    after = last.seq
  }
}
