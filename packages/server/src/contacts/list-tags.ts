/** Reading tags: a page of them, or one. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import type { Id, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries/tags.ts'
import { viewTag } from './save-tag.ts'
import type { TagListQuery, TagView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** A page of the tenant's tags, oldest first. Throws `bad_cursor`. */
export const listTags = async (
  pool: Pool,
  tenantId: TenantId,
  filter: TagListQuery,
): Promise<Page<TagView>> => {
  const limit = limitOf(filter)
  const after = decodeCursor(filter.cursor, keyset)?.[0]
  const name = filter.name?.normalize()
  const rows = await inTenant(pool, tenantId, (client) =>
    sql.listTags(client, tenantId, { name, after, limit: limit + 1 }),
  )
  return toPage(rows, { limit, toItem: viewTag, keysetOf: (row) => [row.id] })
}

/** The tag. Throws `not_found`. */
export const findTag = async (pool: Pool, tenantId: TenantId, id: Id<'tag'>): Promise<TagView> => {
  const row = await inTenant(pool, tenantId, (client) => sql.findTag(client, tenantId, id))
  if (row === undefined) throw notFound()
  return viewTag(row)
}
