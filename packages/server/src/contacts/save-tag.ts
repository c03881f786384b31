/** Makes, renames and deletes tags. Those that contacts name are made on the fly (`save-contact.ts`). */
import type { Pool, PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { printId, type Id, type TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { isUniqueViolation } from '../platform/db/unique-violation.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import * as sql from './queries/tags.ts'
import { readTag } from './read-field.ts'
import type { TagView } from './schema.ts'

/** Contacts changed in one transaction: a million must not hold their locks together. */
const batch = 10_000

/** A row as the API shows it. */
export const viewTag = (row: sql.TagRow): TagView => ({
  id: printId('tag', row.id),
  name: row.name,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

const nameOf = (text: string): string => {
  const read = readTag(text)
  if (read.ok) return read.value
  requireValid([{ pointer: '/name', detail: read.reason }])
  return text
}

const taken = (name: string, cause?: unknown): Error =>
  appError('conflict', {
    detail: `There is a tag "${name}" already.`,
    ...(cause === undefined ? {} : { cause }),
  })

/** Makes the tag in the caller's transaction. Throws `validation_failed`, or `conflict` when there is one of this name. */
export const createTag = async (
  client: PoolClient,
  tenantId: TenantId,
  body: { readonly name: string },
  newId: IdGenerator,
): Promise<TagView> => {
  const name = nameOf(body.name)
  const row = await sql.insertTag(client, tenantId, { id: newId('tag'), name })
  if (row === undefined) throw taken(name)
  return viewTag(row)
}

/** Renames the tag; its contacts keep it. Throws `not_found`, `validation_failed`, or `conflict` as above. */
export const renameTag = async (
  pool: Pool,
  tenantId: TenantId,
  { id, name: given }: { readonly id: Id<'tag'>; readonly name: string },
): Promise<TagView> => {
  const name = nameOf(given)
  try {
    const row = await inTenant(pool, tenantId, (client) =>
      sql.renameTag(client, tenantId, { id, name }),
    )
    if (row === undefined) throw notFound()
    return viewTag(row)
  } catch (error) {
    throw isUniqueViolation(error) ? taken(name, error) : error
  }
}

/**
 * Deletes the tag. Throws `not_found`, or `conflict` with the number of contacts that have it. With `force` these lose
 * it first, batch by batch: should it break off, a repetition goes on.
 */
export const deleteTag = async (
  pool: Pool,
  tenantId: TenantId,
  { id, force }: { readonly id: Id<'tag'>; readonly force: boolean },
): Promise<void> => {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch, each a short transaction
    const isGone = await inTenant(pool, tenantId, async (client) => {
      if ((await sql.lockTag(client, tenantId, id)) === undefined) throw notFound()
      if (!force) requireUnused(await sql.countContactsOfTag(client, tenantId, id))
      if (force && (await sql.clearSomeOfTag(client, tenantId, { id, limit: batch })) === batch) {
        return false
      }
      await sql.deleteTag(client, tenantId, id)
      return true
    })
    if (isGone) return
  }
}

/** For tags and operators. Throws `conflict` when contacts have it. */
export const requireUnused = (contacts: number): void => {
  if (contacts === 0) return
  throw appError('conflict', {
    detail: `${contacts === 1 ? '1 contact has' : `${contacts} contacts have`} it: say ?force=true to take it from them.`,
  })
}
