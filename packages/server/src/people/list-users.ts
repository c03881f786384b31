/** Reading persons: a page of them, or one. For platform admins. */
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import { toIso } from '@carillon/domain/clock'
import { asId, printId, type UserId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { findUserAcrossTenants, listUsersAcrossTenants, type UserRow } from './queries/users.ts'
import type { UserListQuery, UserView } from './schema.ts'

/** The keyset of every list here: the id of the last row. */
export const idKeyset = Type.Tuple([
  Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
])

/** A row as the API shows it. */
export const viewUser = (row: UserRow): UserView => ({
  id: printId('user', asId('user', row.id)),
  email: row.email,
  name: row.name,
  language: row.language,
  emailVerified: row.email_verified,
  twoFactorEnabled: row.two_factor_enabled,
  platformAdmin: row.platform_admin,
  state: row.disabled_at === null ? 'active' : 'disabled',
  createdAt: toIso(row.created_at),
})

/** A page of all persons, newest first; `pool` has the role engine. Throws `bad_cursor`. */
export const listUsers = async (pool: Pool, filter: UserListQuery): Promise<Page<UserView>> => {
  const limit = limitOf(filter)
  const rows = await listUsersAcrossTenants(pool, {
    before: decodeCursor(filter.cursor, idKeyset)?.[0],
    text: filter.q,
    platformAdmin: filter.platformAdmin,
    disabled: filter.state === undefined ? undefined : filter.state === 'disabled',
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewUser, keysetOf: (row) => [row.id] })
}

/** The person, or `not_found`; `on` has the role engine. */
export const findUser = async (on: Pool | PoolClient, id: UserId): Promise<UserView> => {
  const row = await findUserAcrossTenants(on, id)
  if (row === undefined) throw notFound()
  return viewUser(row)
}
