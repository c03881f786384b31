/** The SQL of one batch of an import: finding the contacts that it touches, and writing them. Every function names its tenant. */
import type { PoolClient } from 'pg'
import type { ContactId, Id, TenantId } from '@carillon/domain/ids'
import { texts, uuids } from '../../platform/db/binary-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'
import { nameKeys, type ContactValues } from '../contact-values.ts'
import { contactColumns, type ContactRow } from './contacts.ts'

/**
 * One batch of a tenant at a time, and no single change beside it (`hold_off_imports`): two that write the same addresses
 * would wait for each other crosswise, and a batch would find one taken that was free when it looked.
 */
const beginStatement: Statement = {
  name: 'begin_import_batch',
  text: 'SELECT pg_advisory_xact_lock(7266008, hashtext($1::text))',
}

/** Opens the transaction of a batch: this tenant's other batches wait until it ends. */
export const beginBatch = async (client: PoolClient, tenantId: TenantId): Promise<void> => {
  await query(client, beginStatement, [tenantId])
}

const silenceStatement: Statement = {
  name: 'silence_audit_of_tenant',
  text: `SELECT set_config('app.actor', '', true)`,
}

/** From here on the transaction's contacts make no audit entries: the tenant's import has one of its own. */
export const silenceContactsOfTenant = async (client: PoolClient): Promise<void> => {
  await query(client, silenceStatement, [])
}

export type Addresses = {
  readonly ids: readonly string[]
  readonly phones: readonly string[]
  /** In small letters. */
  readonly emails: readonly string[]
  readonly externalIds: readonly string[]
}

/** Row by row through the unique indexes; no OR, which would read the whole table. */
const findText = `SELECT ${contactColumns} FROM contacts c WHERE c.tenant_id = $1 AND c.id IN (
  SELECT unnest($2::uuid[])
  UNION SELECT a.id FROM unnest($3::text[]) AS n(phone) JOIN contacts a ON a.tenant_id = $1 AND a.phone = n.phone
  UNION SELECT a.id FROM unnest($4::text[]) AS n(email) JOIN contacts a ON a.tenant_id = $1 AND a.email_key = n.email
  UNION SELECT a.id FROM unnest($5::text[]) AS n(external_id) JOIN contacts a ON a.tenant_id = $1 AND a.external_id = n.external_id)
 ORDER BY c.id`
/**
 * Without names they are planned anew each time: a plan of the minute when the table was empty would read it whole for every
 * batch. (plan_cache_mode does the same, and makes every check of a foreign key three times as dear.)
 */
const findStatement: Statement = { name: '', text: findText }
const lockStatement: Statement = { name: '', text: `${findText} FOR UPDATE OF c` }

/** All contacts that have one of these ids or addresses; with `lock` nobody changes them until the transaction ends. */
export const findContactsOfBatch = async (
  client: PoolClient,
  tenantId: TenantId,
  { ids, phones, emails, externalIds }: Addresses,
  { lock }: { readonly lock: boolean },
): Promise<readonly ContactRow[]> => {
  const self = (text: string): string => text
  return await query<ContactRow>(client, lock ? lockStatement : findStatement, [
    tenantId,
    uuids(ids, self),
    texts(phones, self),
    texts(emails, self),
    texts(externalIds, self),
  ])
}

export type ContactToWrite = { readonly id: ContactId; readonly values: ContactValues }

const writeStatement: Statement = {
  name: 'write_contacts_of_batch',
  text: `
INSERT INTO contacts AS c (tenant_id, id, external_id, phone, email, telegram_id, operator, time_zone, language, attributes,
  name_key, last_name_key)
SELECT $1, n.id, n.external_id, n.phone, n.email, n.telegram_id, n.operator, n.time_zone, n.language, n.attributes::jsonb,
       n.name_key, n.last_name_key
  FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
              $11::text[], $12::text[])
    AS n(id, external_id, phone, email, telegram_id, operator, time_zone, language, attributes, name_key, last_name_key)
ON CONFLICT (tenant_id, id) DO UPDATE
   SET external_id = excluded.external_id, phone = excluded.phone, email = excluded.email, telegram_id = excluded.telegram_id,
       operator = excluded.operator, time_zone = excluded.time_zone, language = excluded.language,
       attributes = excluded.attributes, name_key = excluded.name_key, last_name_key = excluded.last_name_key,
       version = c.version + 1, updated_at = now()`,
}

/** Makes the contacts that are new and writes all but the tags of the others. Throws unique_violation as single ones do. */
export const writeContacts = async (
  client: PoolClient,
  tenantId: TenantId,
  contacts: readonly ContactToWrite[],
): Promise<void> => {
  const named = contacts.map(({ id, values }) => ({ id, values, names: nameKeys(values) }))
  await query(client, writeStatement, [
    tenantId,
    uuids(named, ({ id }) => id),
    texts(named, ({ values }) => values.externalId),
    texts(named, ({ values }) => values.phone),
    texts(named, ({ values }) => values.email),
    texts(named, ({ values }) => values.telegramId),
    texts(named, ({ values }) => values.operator),
    texts(named, ({ values }) => values.timezone),
    texts(named, ({ values }) => values.language),
    texts(named, ({ values }) => JSON.stringify(values.attributes)),
    texts(named, ({ names }) => names.name),
    texts(named, ({ names }) => names.lastName),
  ])
}

export type TagPair = { readonly contact: ContactId; readonly tag: Id<'tag'> }

const addPairsStatement: Statement = {
  name: 'add_tags_of_batch',
  text: `INSERT INTO contact_tags (tenant_id, contact_id, tag_id)
SELECT $1, n.contact, n.tag FROM unnest($2::uuid[], $3::uuid[]) AS n(contact, tag) ON CONFLICT DO NOTHING`,
}
const removePairsStatement: Statement = {
  name: 'remove_tags_of_batch',
  text: `DELETE FROM contact_tags ct USING unnest($2::uuid[], $3::uuid[]) AS n(contact, tag)
 WHERE ct.tenant_id = $1 AND ct.contact_id = n.contact AND ct.tag_id = n.tag`,
}

/** Gives and takes tags. */
export const changeTags = async (
  client: PoolClient,
  tenantId: TenantId,
  { add, remove }: { readonly add: readonly TagPair[]; readonly remove: readonly TagPair[] },
): Promise<void> => {
  for (const [pairs, statement] of [
    [remove, removePairsStatement],
    [add, addPairsStatement],
  ] as const) {
    if (pairs.length === 0) continue
    const contacts = uuids(pairs, ({ contact }) => contact)
    // oxlint-disable-next-line no-await-in-loop -- two statements on one connection
    await query(client, statement, [tenantId, contacts, uuids(pairs, ({ tag }) => tag)])
  }
}
