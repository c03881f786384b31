/** Changes or deletes a person. For platform admins, of whom none does either to itself. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { printId, type UserId } from '@carillon/domain/ids'
import { endSessions } from '../access/end-sessions.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { Principal } from '../platform/http/principal.ts'
import { forgetUser } from '../subscriptions/forget-user.ts'
import { viewUser } from './list-users.ts'
import {
  changeUserAcrossTenants,
  deleteUserAcrossTenants,
  listMembershipsAcrossTenants,
} from './queries/users.ts'
import type { UserChange, UserView } from './schema.ts'

const assertNotOneself = (principal: Principal, id: UserId, what: string): void => {
  if (principal.kind !== 'session' || principal.userId !== id) return
  throw appError('conflict', {
    detail: `Nobody can ${what} themselves: another platform admin can.`,
  })
}

/**
 * Changes what is given; who is disabled is signed out. `client` has the role engine. Throws `not_found`, and `conflict`
 * for an admin who would lock themselves out.
 */
export const changeUser = async (
  client: PoolClient,
  { id, by, change }: { readonly id: UserId; readonly by: Principal; readonly change: UserChange },
): Promise<UserView> => {
  if (change.disabled === true) assertNotOneself(by, id, 'disable')
  if (change.platformAdmin === false) assertNotOneself(by, id, 'demote')
  const row = await changeUserAcrossTenants(client, id, change)
  if (row === undefined) throw notFound()
  if (change.disabled === true) await endSessions(client, { userId: id })
  return viewUser(row)
}

/** Deletes the person with all sessions, memberships and registrations. Throws `not_found`, and `conflict` for oneself. */
export const deleteUser = async (
  client: PoolClient,
  { id, by }: { readonly id: UserId; readonly by: Principal },
): Promise<void> => {
  assertNotOneself(by, id, 'delete')
  for (const { tenant_id: tenantId } of await listMembershipsAcrossTenants(client, id)) {
    // oxlint-disable-next-line no-await-in-loop -- one connection, a handful of tenants
    await forgetUser(client, { tenantId, userId: printId('user', id) })
  }
  if (!(await deleteUserAcrossTenants(client, id))) throw notFound()
}
