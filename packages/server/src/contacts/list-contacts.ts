/** Reading contacts: a page of them, or one. Not the export of all (`export-contacts.ts`). */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { ContactId, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { viewContact } from './contact-view.ts'
import { countContacts as countRows, listContacts as listRows } from './queries/contact-lists.ts'
import { deleteContact as deleteRow, findContact as findRow } from './queries/contacts.ts'
import type { ContactCount, ContactCountQuery, ContactListQuery, ContactView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/**
 * A page of the tenant's contacts, oldest first. A page that is not full after a tenth of a second is answered as it is: it may
 * have fewer items than asked for, or none, and yet a next one. Throws `bad_cursor`.
 */
export const listContacts = async (
  pool: Pool,
  tenantId: TenantId,
  filter: ContactListQuery,
): Promise<Page<ContactView>> => {
  const { cursor, limit: _limit, ...filters } = filter
  const limit = limitOf(filter)
  const after = decodeCursor(cursor, keyset)?.[0]
  const { rows, scanEnd } = await inTenant(pool, tenantId, (client) =>
    listRows(client, tenantId, { ...filters, after, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewContact, keysetOf: (row) => [row.id], scanEnd })
}

/** Up to here counts are exact. */
const countedExactly = 10_000

/** How many contacts fit. Not exact above 10,000, and where not all could be looked at. */
export const countContacts = async (
  pool: Pool,
  tenantId: TenantId,
  filter: ContactCountQuery,
): Promise<ContactCount> => {
  const { n, isWhole } = await inTenant(pool, tenantId, (client) =>
    countRows(client, tenantId, { ...filter, limit: countedExactly + 1 }),
  )
  return { count: Math.min(n, countedExactly), isExact: n <= countedExactly && isWhole }
}

/** The contact. Throws `not_found`. */
export const findContact = async (
  pool: Pool,
  tenantId: TenantId,
  id: ContactId,
): Promise<ContactView> => {
  const row = await inTenant(pool, tenantId, (client) => findRow(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewContact(row)
}

/** Deletes the contact; deliveries that were made for it stay. Throws `not_found`. */
export const deleteContact = async (
  pool: Pool,
  tenantId: TenantId,
  id: ContactId,
): Promise<void> => {
  if (!(await inTenant(pool, tenantId, (client) => deleteRow(client, tenantId, id)))) {
    throw notFound()
  }
}
