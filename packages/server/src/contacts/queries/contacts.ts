/** The SQL of single contacts and their tags. Every function names its tenant. Lists and imports have files of their own. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { ContactId, TenantId } from '@carillon/domain/ids'
import { textArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'
import { nameKeys, type Attributes, type ContactValues } from '../contact-values.ts'

export type ContactRow = {
  readonly id: ContactId
  readonly external_id: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly telegram_id: string | null
  readonly operator: string | null
  readonly time_zone: string | null
  readonly language: string | null
  readonly attributes: Attributes
  /** Sorted. */
  readonly tags: readonly string[]
  readonly version: number
  readonly created_at: Instant
  readonly updated_at: Instant
}

/** The columns of a contact `c`, its tags included. Its tenant is in the statement around it. */
export const contactColumns = `c.id, c.external_id, c.phone, c.email, c.telegram_id, c.operator, c.time_zone, c.language,
  c.attributes, c.version, c.created_at, c.updated_at,
  ARRAY(SELECT t.name FROM contact_tags ct JOIN tags t ON t.tenant_id = ct.tenant_id AND t.id = ct.tag_id
         WHERE ct.tenant_id = c.tenant_id AND ct.contact_id = c.id ORDER BY t.name COLLATE "C") AS tags`

const findStatement: Statement = {
  name: 'find_contact',
  text: `SELECT ${contactColumns} FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2`,
}

/** The contact; undefined: there is none. */
export const findContact = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ContactId,
): Promise<ContactRow | undefined> =>
  (await query<ContactRow>(client, findStatement, [tenantId, id]))[0]

const lockStatement: Statement = {
  name: 'lock_contact',
  text: `${findStatement.text} FOR UPDATE OF c`,
}

/** The same, and nobody changes it until the transaction ends. */
export const lockContact = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ContactId,
): Promise<ContactRow | undefined> =>
  (await query<ContactRow>(client, lockStatement, [tenantId, id]))[0]

const holdOffStatement: Statement = {
  name: 'hold_off_imports',
  text: 'SELECT pg_advisory_xact_lock_shared(7266008, hashtext($1::text))',
}

/**
 * No batch of an import of this tenant runs until the transaction ends: between finding and writing, a batch must not
 * meet an address that was not there. Call it before locking rows.
 */
export const holdOffImports = async (client: PoolClient, tenantId: TenantId): Promise<void> => {
  await query(client, holdOffStatement, [tenantId])
}

/** $3 to $12: a contact's values in the order of the table. */
const valuesOf = (values: ContactValues): readonly (string | null)[] => {
  const names = nameKeys(values)
  return [
    values.externalId,
    values.phone,
    values.email,
    values.telegramId,
    values.operator,
    values.timezone,
    values.language,
    JSON.stringify(values.attributes),
    names.name,
    names.lastName,
  ]
}

const insertStatement: Statement = {
  name: 'insert_contact',
  text: `INSERT INTO contacts (tenant_id, id, external_id, phone, email, telegram_id, operator, time_zone, language, attributes,
  name_key, last_name_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
}

/** Makes a contact without its tags. Throws unique_violation when its phone, e-mail or external id is another one's. */
export const insertContact = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ContactId,
  values: ContactValues,
): Promise<void> => {
  await query(client, insertStatement, [tenantId, id, ...valuesOf(values)])
}

const updateStatement: Statement = {
  name: 'update_contact',
  text: `UPDATE contacts SET external_id = $3, phone = $4, email = $5, telegram_id = $6, operator = $7, time_zone = $8,
       language = $9, attributes = $10, name_key = $11, last_name_key = $12, version = version + 1, updated_at = now()
 WHERE tenant_id = $1 AND id = $2`,
}

/** Writes all but the tags. The caller has locked it. Throws unique_violation as above. */
export const updateContact = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ContactId,
  values: ContactValues,
): Promise<void> => {
  await query(client, updateStatement, [tenantId, id, ...valuesOf(values)])
}

const deleteStatement: Statement = {
  name: 'delete_contact',
  text: 'DELETE FROM contacts WHERE tenant_id = $1 AND id = $2 RETURNING 1 AS gone',
}

/** Deletes the contact, its tags with it; false when it was not there. */
export const deleteContact = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ContactId,
): Promise<boolean> => (await query(client, deleteStatement, [tenantId, id])).length === 1

const clearTagsStatement: Statement = {
  name: 'clear_contact_tags',
  text: `DELETE FROM contact_tags ct USING tags t
 WHERE ct.tenant_id = $1 AND ct.contact_id = $2 AND t.tenant_id = $1 AND t.id = ct.tag_id AND t.name <> ALL ($3::text[])`,
}
const putTagsStatement: Statement = {
  name: 'put_contact_tags',
  text: `INSERT INTO contact_tags (tenant_id, contact_id, tag_id)
SELECT $1, $2, id FROM tags WHERE tenant_id = $1 AND name = ANY ($3::text[]) ON CONFLICT DO NOTHING`,
}

/** From now on the contact has these tags, which are there. */
export const setContactTags = async (
  client: PoolClient,
  tenantId: TenantId,
  id: ContactId,
  tags: readonly string[],
): Promise<void> => {
  await query(client, clearTagsStatement, [tenantId, id, textArray(tags)])
  if (tags.length > 0) await query(client, putTagsStatement, [tenantId, id, textArray(tags)])
}
