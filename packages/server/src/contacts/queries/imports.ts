/** The SQL of imports as records: their progress, their reports, their end. What they store is in `import-batch.ts`. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { Id, TenantId } from '@carillon/domain/ids'
import { int4s, texts } from '../../platform/db/binary-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { ImportKey, ImportState } from '../import-schema.ts'

type ImportId = Id<'contactImport'>

export type ImportCounts = {
  readonly rows: number
  readonly inserted: number
  readonly updated: number
  readonly unchanged: number
  readonly failed: number
  readonly repeated: number
}

export type ImportRecord = ImportCounts & {
  readonly id: ImportId
  readonly state: ImportState
  readonly dry_run: boolean
  readonly key: ImportKey | null
  readonly ignored_columns: readonly string[]
  readonly reported: number
  readonly error: string | null
  readonly created_by: string
  readonly started_at: Instant
  readonly updated_at: Instant
  readonly finished_at: Instant | null
}

const columns = `id, state, dry_run, key, ignored_columns, rows, inserted, updated, unchanged, failed, repeated, reported,
  error, created_by, started_at, updated_at, finished_at`

const countRunningStatement: Statement = {
  name: 'count_running_imports',
  text: `SELECT count(*) AS n FROM contact_imports WHERE tenant_id = $1 AND state = 'running'`,
}

/** How many imports of the tenant are running. */
export const countRunningImports = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<number> =>
  (await query<{ n: number }>(client, countRunningStatement, [tenantId]))[0]?.n ?? 0

const insertStatement: Statement = {
  name: 'insert_contact_import',
  text: `INSERT INTO contact_imports (tenant_id, id, dry_run, key, ignored_columns, created_by)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`,
}

export type NewImport = {
  readonly id: ImportId
  readonly dryRun: boolean
  readonly key: ImportKey | undefined
  readonly ignored: readonly string[]
  readonly actor: string
}

/** Makes the record of an import that begins. */
export const insertImport = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, dryRun, key, ignored, actor }: NewImport,
): Promise<ImportRecord> => {
  const values = [tenantId, id, dryRun, key ?? null, ignored, actor]
  const [record] = await query<ImportRecord>(client, insertStatement, values)
  if (record === undefined) throw new Error('an import was begun and is not there')
  return record
}

const progressStatement: Statement = {
  name: 'progress_contact_import',
  text: `UPDATE contact_imports SET rows = $3, inserted = $4, updated = $5, unchanged = $6, failed = $7, repeated = $8, reported = $9,
       updated_at = clock_timestamp()
 WHERE tenant_id = $1 AND id = $2 AND state = 'running' RETURNING 1 AS here`,
}

/** Writes down how far it is; false when it was ended meanwhile. */
export const writeProgress = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ImportId,
  counts: ImportCounts & { readonly reported: number },
): Promise<boolean> => {
  const { rows, inserted, updated, unchanged, failed, repeated, reported } = counts
  const values = [rows, inserted, updated, unchanged, failed, repeated, reported]
  return (await query(client, progressStatement, [tenantId, id, ...values])).length === 1
}

const finishStatement: Statement = {
  name: 'finish_contact_import',
  text: `UPDATE contact_imports SET state = $3, error = $4, updated_at = clock_timestamp(), finished_at = clock_timestamp()
 WHERE tenant_id = $1 AND id = $2 AND state = 'running' RETURNING ${columns}`,
}
/** The entry that stands for all contacts of the import. */
const auditStatement: Statement = {
  name: 'audit_contact_import',
  text: `SELECT carillon_audit($1::uuid, 'contact.imported', 'contactImport', $2::uuid, $3::jsonb)`,
}

/** Ends the import, with its entry in the audit log when it stored something; undefined when it was ended before. */
export const finishImport = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ImportId,
  { state, error }: { readonly state: ImportState; readonly error: string | null },
): Promise<ImportRecord | undefined> => {
  const values = [tenantId, id, state, error]
  const [record] = await query<ImportRecord>(client, finishStatement, values)
  if (record !== undefined && !record.dry_run) {
    const { rows, inserted, updated, unchanged, failed } = record
    const details = JSON.stringify({ state, rows, inserted, updated, unchanged, failed })
    await query(client, auditStatement, [tenantId, id, details])
  }
  return record
}

const auditExportStatement: Statement = {
  name: 'audit_contact_export',
  text: `SELECT carillon_audit($1::uuid, 'contact.exported', 'contact', NULL, jsonb_build_object('filters', $2::text[]))`,
}

/** Puts on record that contacts were taken along, and by which filters (their names). */
export const auditExport = async (
  client: PoolClient,
  tenantId: TenantId,
  filters: readonly string[],
): Promise<void> => {
  await query(client, auditExportStatement, [tenantId, filters])
}

const listStatement: Statement = {
  name: 'list_contact_imports',
  text: `SELECT ${columns} FROM contact_imports WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC LIMIT $3`,
}

/** At most `limit` imports, newest first, before the id `before`. */
export const listImportRecords = async (
  client: PoolClient,
  tenantId: TenantId,
  { before, limit }: { readonly before: string | undefined; readonly limit: number },
): Promise<readonly ImportRecord[]> =>
  await query(client, listStatement, [tenantId, before ?? null, limit])

const findStatement: Statement = {
  name: 'find_contact_import',
  text: `SELECT ${columns} FROM contact_imports WHERE tenant_id = $1 AND id = $2`,
}

/** The import; undefined: there is none. */
export const findImportRecord = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ImportId,
): Promise<ImportRecord | undefined> =>
  (await query<ImportRecord>(client, findStatement, [tenantId, id]))[0]

export type ReportRow = {
  readonly seq: number
  readonly row: number
  readonly column_name: string | null
  readonly value: string | null
  readonly reason: string
}

const insertRowsStatement: Statement = {
  name: 'insert_contact_import_rows',
  text: `INSERT INTO contact_import_rows (tenant_id, import_id, seq, row, column_name, value, reason)
SELECT $1, $2, n.* FROM unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[]) AS n(seq, row, column_name, value, reason)`,
}

/** Adds lines to an import's report. */
export const insertReportRows = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ImportId,
  rows: readonly ReportRow[],
): Promise<void> => {
  if (rows.length === 0) return
  await query(client, insertRowsStatement, [
    tenantId,
    id,
    int4s(rows, ({ seq }) => seq),
    int4s(rows, ({ row }) => row),
    texts(rows, (row) => row.column_name),
    // A cell may have what Postgres refuses: it is shown as a space.
    texts(rows, ({ value }) => value?.replaceAll('\0', ' ')),
    texts(rows, ({ reason }) => reason),
  ])
}

const walkRowsStatement: Statement = {
  name: 'walk_contact_import_rows',
  text: `SELECT seq, row, column_name, value, reason FROM contact_import_rows
 WHERE tenant_id = $1 AND import_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
}

/** At most `limit` lines of an import's report, behind the line `after`. */
export const walkReportRows = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ImportId,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly ReportRow[]> =>
  await query(client, walkRowsStatement, [tenantId, id, after, limit])

const endLostStatement: Statement = {
  name: 'end_lost_contact_imports',
  text: `UPDATE contact_imports SET state = 'interrupted', finished_at = clock_timestamp(),
       error = 'The server that read the file has ended.'
 WHERE state = 'running' AND updated_at < clock_timestamp() - $1 * interval '1 second' RETURNING 1 AS lost`,
}

/** Ends imports of all tenants that have not moved for so long; returns how many. */
export const endLostImportsAcrossTenants = async (pool: Pool, seconds: number): Promise<number> =>
  (await query(pool, endLostStatement, [seconds])).length

const purgeStatement: Statement = {
  name: 'purge_contact_imports',
  text: `DELETE FROM contact_imports i USING (SELECT tenant_id, id FROM contact_imports
   WHERE started_at < clock_timestamp() - $1 * interval '1 day' AND state <> 'running' ORDER BY started_at LIMIT $2) old
 WHERE i.tenant_id = old.tenant_id AND i.id = old.id RETURNING 1 AS gone`,
}

/** Deletes imports of all tenants from more than so many days ago, with their reports: these hold addresses. */
export const purgeImportsAcrossTenants = async (
  pool: Pool,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<number> => (await query(pool, purgeStatement, [days, limit])).length
