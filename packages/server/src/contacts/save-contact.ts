/** Makes and changes single contacts, with the tags and operators that they name. Not for imports. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { ContactId, TenantId } from '@carillon/domain/ids'
import { violatedConstraint } from '../platform/db/unique-violation.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { contactValuesOf, viewContact } from './contact-view.ts'
import {
  applyChange,
  emptyContact,
  tooMuch,
  type ContactChange,
  type ContactValues,
} from './contact-values.ts'
import * as sql from './queries/contacts.ts'
import { ensureOperators } from './queries/operators.ts'
import { ensureTags } from './queries/tags.ts'
import { readContactBody } from './read-contact-body.ts'
import type { ContactBody, ContactChangeBody, ContactView } from './schema.ts'

type Context = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly newId: IdGenerator
}

/** Makes the contact in the caller's transaction. Throws `validation_failed`, or `conflict` when an address is another one's. */
export const createContact = async (context: Context, body: ContactBody): Promise<ContactView> => {
  const id = context.newId('contact')
  const values = applyChange(emptyContact, readContactBody(body))
  await sql.holdOffImports(context.client, context.tenantId)
  await store(context, id, values, sql.insertContact)
  return await show(context, id)
}

export type ContactUpdate = {
  readonly id: ContactId
  readonly kind: 'replace' | 'patch'
  readonly body: ContactChangeBody
}

/**
 * Changes the contact in the caller's transaction: PUT empties what is left out, PATCH leaves it. Throws `not_found`,
 * `validation_failed`, or `conflict` when an address is another one's or the version is another one by now.
 */
export const updateContact = async (
  context: Context,
  { id, kind, body }: ContactUpdate,
): Promise<ContactView> => {
  const { client, tenantId } = context
  const { version, ...fields } = body
  const change = readContactBody(fields)
  await sql.holdOffImports(client, tenantId)
  const current = await sql.lockContact(client, tenantId, id)
  if (current === undefined) throw notFound()
  if (version !== undefined && version !== current.version) {
    throw appError('conflict', {
      detail: `Version ${version} was changed meanwhile; it is version ${current.version} now. Read it again.`,
    })
  }
  const base = kind === 'patch' ? contactValuesOf(current) : emptyContact
  await store(context, id, applyChange(base, change), sql.updateContact)
  return await show(context, id)
}

const store = async (
  { client, tenantId, newId }: Context,
  id: ContactId,
  values: ContactValues,
  write: typeof sql.insertContact,
): Promise<void> => {
  const problem = tooMuch(values)
  if (problem !== undefined) {
    requireValid([{ pointer: `/${problem.field}`, detail: problem.reason }])
  }
  if (values.tags.length > 0) await ensureTags(client, tenantId, values.tags, () => newId('tag'))
  if (values.operator !== null) {
    await ensureOperators(client, tenantId, [values.operator], () => newId('operator'))
  }
  try {
    await write(client, tenantId, id, values)
  } catch (error) {
    throw takenBy(error) ?? error
  }
  await sql.setContactTags(client, tenantId, id, values.tags)
}

const taken: Readonly<Record<string, keyof ContactChange>> = {
  contacts_phone: 'phone',
  contacts_email: 'email',
  contacts_external_id: 'externalId',
}

/** The conflict that a unique index has found; undefined: it is another error. */
const takenBy = (error: unknown): Error | undefined => {
  const field = taken[violatedConstraint(error) ?? '']
  return field === undefined
    ? undefined
    : appError('conflict', {
        detail: `Another contact has this ${field} already: find it with ?q= and change that one.`,
        errors: [{ pointer: `/${field}`, detail: 'Another contact has it.' }],
        cause: error,
      })
}

const show = async ({ client, tenantId }: Context, id: ContactId): Promise<ContactView> => {
  const row = await sql.findContact(client, tenantId, id)
  if (row === undefined) throw new Error('a contact is gone in the transaction that wrote it')
  return viewContact(row)
}
