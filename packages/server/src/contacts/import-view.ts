/** Imports as the API shows them. */
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { ImportView } from './import-schema.ts'
import type { ImportRecord } from './queries/imports.ts'

/** A record as the API shows it. */
export const viewImport = (record: ImportRecord): ImportView => ({
  id: printId('contactImport', record.id),
  state: record.state,
  dryRun: record.dry_run,
  key: record.key,
  rows: record.rows,
  inserted: record.inserted,
  updated: record.updated,
  unchanged: record.unchanged,
  failed: record.failed,
  repeated: record.repeated,
  reported: record.reported,
  ignoredColumns: [...record.ignored_columns],
  error: record.error,
  createdBy: record.created_by,
  startedAt: toIso(record.started_at),
  updatedAt: toIso(record.updated_at),
  finishedAt: record.finished_at === null ? null : toIso(record.finished_at),
})
