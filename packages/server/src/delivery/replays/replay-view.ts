/** A replay as the API shows it. */
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { ReplayRow } from './queries.ts'
import type { ReplayView } from './schema.ts'

/** The row as the API shows it. */
export const viewReplay = (row: ReplayRow): ReplayView => ({
  id: printId('replay', row.id),
  filter: row.filter,
  state: row.state,
  error: row.error,
  perSecond: row.rate,
  matched: row.matched,
  made: row.made,
  skipped: row.skipped,
  skips: { ...row.skips },
  createdBy: row.created_by,
  createdAt: toIso(row.created_at),
  finishedAt: row.finished_at === null ? null : toIso(row.finished_at),
})
