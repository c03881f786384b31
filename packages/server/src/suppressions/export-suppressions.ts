/** The list as a CSV file that an import takes again, a thousand entries in memory at a time. Not a snapshot. */
import type { Pool } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { inTenant } from '../platform/db/transaction.ts'
import { writeLine } from '../contacts/csv-cell.ts'
import { listSuppressionRows, type SuppressionRow } from './queries.ts'
import { wantedOf } from './list-suppressions.ts'
import type { SuppressionFilter } from './schema.ts'

const rowsAtOnce = 1_000

const columns: readonly (readonly [string, (row: SuppressionRow) => string | null])[] = [
  ['channel', (row) => row.channel],
  ['address', (row) => row.address],
  ['scope', (row) => row.scope],
  ['reason', (row) => row.reason],
  ['note', (row) => row.note],
  ['expiresAt', (row) => (row.expires_at === null ? null : toIso(row.expires_at))],
  ['createdAt', (row) => toIso(row.created_at)],
  ['createdBy', (row) => row.created_by],
]

/** The text of the file in pieces, newest entry first. What comes or goes meanwhile may be in it or not. */
export async function* exportSuppressions(
  pool: Pool,
  tenantId: string,
  filter: SuppressionFilter,
): AsyncGenerator<string> {
  yield writeLine(columns.map(([name]) => name))
  const wanted = wantedOf(filter)
  let before: string | undefined
  for (;;) {
    const behind = before
    // oxlint-disable-next-line no-await-in-loop -- one page after the other, from where the last one ended
    const { rows, scanEnd } = await inTenant(pool, tenantId, (client) =>
      listSuppressionRows(client, tenantId, { ...wanted, before: behind, limit: rowsAtOnce }),
    )
    yield rows.map((row) => writeLine(columns.map(([, read]) => read(row)))).join('')
    before = scanEnd ?? rows.at(-1)?.id
    if (before === undefined || (rows.length < rowsAtOnce && scanEnd === null)) return
  }
}
