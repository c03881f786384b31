/** Contacts as a CSV file that can be imported again, a thousand in memory at a time. Not a snapshot: page after page. */
import type { Pool } from 'pg'
import { printId, type TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { printPhone } from './contact-view.ts'
import { writeLine } from './csv-cell.ts'
import { listContacts, type ContactFilter } from './queries/contact-lists.ts'
import type { ContactRow } from './queries/contacts.ts'
import { auditExport } from './queries/imports.ts'

const rowsAtOnce = 1_000

/** Columns of the file; an import knows them by these names. */
const columns: readonly (readonly [string, (row: ContactRow) => string | null])[] = [
  ['id', (row) => printId('contact', row.id)],
  ['externalId', (row) => row.external_id],
  ['phone', (row) => printPhone(row.phone)],
  ['email', (row) => row.email],
  ['telegramId', (row) => row.telegram_id],
  ['operator', (row) => row.operator],
  ['tags', (row) => (row.tags.length === 0 ? null : row.tags.join('|'))],
  ['timezone', (row) => row.time_zone],
  ['language', (row) => row.language],
  ['attributes', ({ attributes }) => textOf(attributes)],
]

const textOf = (attributes: ContactRow['attributes']): string | null =>
  Object.keys(attributes).length === 0 ? null : JSON.stringify(attributes)

/**
 * Notes in the audit log who takes the contacts along, and returns the file's text in pieces: a header, then all contacts
 * that fit, oldest first. Who comes or changes meanwhile may be in it or not.
 */
export const exportContacts = async (
  pool: Pool,
  tenantId: TenantId,
  filter: ContactFilter,
): Promise<AsyncIterable<string>> => {
  await inTenant(pool, tenantId, (client) => auditExport(client, tenantId, Object.keys(filter)))
  return linesOf(pool, tenantId, filter)
}

async function* linesOf(
  pool: Pool,
  tenantId: TenantId,
  filter: ContactFilter,
): AsyncGenerator<string> {
  yield writeLine(columns.map(([name]) => name))
  let after: string | undefined
  for (;;) {
    const behind = after
    // oxlint-disable-next-line no-await-in-loop -- one page after the other, from where the last one ended
    const { rows, scanEnd } = await inTenant(pool, tenantId, (client) =>
      listContacts(client, tenantId, { ...filter, after: behind, limit: rowsAtOnce }),
    )
    yield rows.map((row) => writeLine(columns.map(([, read]) => read(row)))).join('')
    after = scanEnd ?? rows.at(-1)?.id
    if (after === undefined || (rows.length < rowsAtOnce && scanEnd === null)) return
  }
}
