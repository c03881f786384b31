/** Reading a tenant's members: a page of them, or one. */
import type { PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { asId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { idKeyset } from './list-users.ts'
import { findMemberRow, listMemberRows, type MemberRow } from './queries/members.ts'
import type { MemberListQuery, MemberView } from './schema.ts'

/** A row as the API shows it. */
const viewMember = (row: MemberRow): MemberView => ({
  id: printId('member', asId('member', row.id)),
  userId: printId('user', asId('user', row.user_id)),
  email: row.email,
  name: row.name,
  role: row.role,
  twoFactorEnabled: row.two_factor_enabled,
  state: row.is_disabled ? 'disabled' : 'active',
  createdAt: toIso(row.created_at),
})

/** A page of them, newest first. Throws `bad_cursor`. */
export const listMembers = async (
  client: PoolClient,
  tenantId: TenantId,
  filter: MemberListQuery,
): Promise<Page<MemberView>> => {
  const limit = limitOf(filter)
  const rows = await listMemberRows(client, tenantId, {
    before: decodeCursor(filter.cursor, idKeyset)?.[0],
    role: filter.role,
    text: filter.q,
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewMember, keysetOf: (row) => [row.id] })
}

/** The member, or `not_found`. */
export const findMember = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'member'>,
): Promise<MemberView> => {
  const row = await findMemberRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return viewMember(row)
}

/** The person who is this member, or `not_found`. */
export const findPersonOfMember = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'member'>,
): Promise<string> => {
  const row = await findMemberRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return row.user_id
}
