/** The SQL of tags. Every function names its tenant. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { Id, TenantId } from '@carillon/domain/ids'
import { plainArray, textArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

type TagId = Id<'tag'>
export type TagRow = {
  readonly id: TagId
  readonly name: string
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns = 'id, name, created_at, updated_at'

const listStatement: Statement = {
  name: 'list_tags',
  text: `SELECT ${columns} FROM tags WHERE tenant_id = $1 AND ($2::text IS NULL OR name = $2) AND ($3::uuid IS NULL OR id > $3)
 ORDER BY id LIMIT $4`,
}

/** At most `limit` tags, oldest first, behind the id `after`. */
export const listTags = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly name?: string | undefined
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<readonly TagRow[]> => {
  const { name = null, after = null, limit } = wanted
  return await query(client, listStatement, [tenantId, name, after, limit])
}

const findStatement: Statement = {
  name: 'find_tag',
  text: `SELECT ${columns} FROM tags WHERE tenant_id = $1 AND id = $2`,
}

/** The tag; undefined: there is none. */
export const findTag = async (
  client: PoolClient,
  tenantId: TenantId,
  id: TagId,
): Promise<TagRow | undefined> => (await query<TagRow>(client, findStatement, [tenantId, id]))[0]

const insertStatement: Statement = {
  name: 'insert_tag',
  text: `INSERT INTO tags (tenant_id, id, name) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, name) DO NOTHING RETURNING ${columns}`,
}

/** Makes a tag; undefined when there is one of this name. */
export const insertTag = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, name }: { readonly id: TagId; readonly name: string },
): Promise<TagRow | undefined> =>
  (await query<TagRow>(client, insertStatement, [tenantId, id, name]))[0]

const renameStatement: Statement = {
  name: 'rename_tag',
  text: `UPDATE tags SET name = $3, updated_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING ${columns}`,
}

/** Undefined: there is none. Throws unique_violation when another one has the name. */
export const renameTag = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, name }: { readonly id: TagId; readonly name: string },
): Promise<TagRow | undefined> =>
  (await query<TagRow>(client, renameStatement, [tenantId, id, name]))[0]

const ensureStatement: Statement = {
  name: 'ensure_tags',
  text: `INSERT INTO tags (tenant_id, id, name)
-- Two that make the same tags take their locks in one order.
SELECT $1, n.id, n.name FROM unnest($2::uuid[], $3::text[]) AS n(id, name) ORDER BY n.name
ON CONFLICT (tenant_id, name) DO NOTHING`,
}
const keepStatement: Statement = {
  name: 'keep_tags',
  text: `SELECT id, name FROM tags WHERE tenant_id = $1 AND name = ANY ($2::text[]) ORDER BY id FOR KEY SHARE`,
}

/** Makes the tags that are missing; returns the ids by name. None of them can be deleted until the transaction ends. */
export const ensureTags = async (
  client: PoolClient,
  tenantId: TenantId,
  names: readonly string[],
  newId: () => TagId,
): Promise<ReadonlyMap<string, TagId>> => {
  const keep = async (): Promise<ReadonlyMap<string, TagId>> => {
    const rows = await query<TagRow>(client, keepStatement, [tenantId, textArray(names)])
    return new Map(rows.map(({ id, name }) => [name, id]))
  }
  const known = await keep()
  const missing = names.filter((name) => !known.has(name))
  if (missing.length === 0) return known
  const ids = plainArray(missing.map(newId))
  await query(client, ensureStatement, [tenantId, ids, textArray(missing)])
  return await keep()
}

const countStatement: Statement = {
  name: 'count_contacts_of_tag',
  text: 'SELECT count(*) AS n FROM contact_tags WHERE tenant_id = $1 AND tag_id = $2',
}

/** How many contacts have the tag. */
export const countContactsOfTag = async (
  client: PoolClient,
  tenantId: TenantId,
  id: TagId,
): Promise<number> =>
  (await query<{ n: number }>(client, countStatement, [tenantId, id]))[0]?.n ?? 0

const clearSomeStatement: Statement = {
  name: 'clear_some_of_tag',
  text: `DELETE FROM contact_tags WHERE tenant_id = $1 AND tag_id = $2 AND contact_id IN (
  SELECT contact_id FROM contact_tags WHERE tenant_id = $1 AND tag_id = $2 ORDER BY contact_id LIMIT $3) RETURNING 1 AS gone`,
}

/** Takes the tag from at most `limit` contacts; returns how many. */
export const clearSomeOfTag = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, limit }: { readonly id: TagId; readonly limit: number },
): Promise<number> => (await query(client, clearSomeStatement, [tenantId, id, limit])).length

const lockStatement: Statement = { name: 'lock_tag', text: `${findStatement.text} FOR UPDATE` }

/** Like findTag, and nobody gives the tag to a contact until the transaction ends. */
export const lockTag = async (
  client: PoolClient,
  tenantId: TenantId,
  id: TagId,
): Promise<TagRow | undefined> => (await query<TagRow>(client, lockStatement, [tenantId, id]))[0]

const deleteStatement: Statement = {
  name: 'delete_tag',
  text: 'DELETE FROM tags WHERE tenant_id = $1 AND id = $2',
}

/** Deletes a tag that no contact has. */
export const deleteTag = async (
  client: PoolClient,
  tenantId: TenantId,
  id: TagId,
): Promise<void> => {
  await query(client, deleteStatement, [tenantId, id])
}
