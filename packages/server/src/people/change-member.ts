/** Changes a member's role, or takes a person out of the tenant. One admin who can sign in always stays. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { forgetUser } from '../subscriptions/forget-user.ts'
import { findMember } from './list-members.ts'
import { deleteMemberRow, lockAdmins, setMemberRole, type Role } from './queries/members.ts'
import type { MemberView } from './schema.ts'

type Member = { readonly tenantId: TenantId; readonly id: Id<'member'> }

const assertNotLastAdmin = async (
  client: PoolClient,
  { tenantId, id }: Member,
  what: string,
): Promise<void> => {
  const admins = await lockAdmins(client, tenantId)
  if (admins.length > 1 || !admins.includes(id)) return
  throw appError('conflict', {
    detail: `The last admin of a tenant can not be ${what}: make somebody else an admin first.`,
  })
}

/** Sets the role. Throws `not_found`, and `conflict` when no admin would be left. */
export const changeMember = async (
  client: PoolClient,
  { role, ...member }: Member & { readonly role: Role },
): Promise<MemberView> => {
  if (role !== 'admin') await assertNotLastAdmin(client, member, 'demoted')
  if (!(await setMemberRole(client, member.tenantId, { id: member.id, role }))) throw notFound()
  return await findMember(client, member.tenantId, member.id)
}

/** Takes the person out of the tenant, with its registrations; the person stays. Throws as `changeMember`. */
export const removeMember = async (client: PoolClient, member: Member): Promise<void> => {
  await assertNotLastAdmin(client, member, 'removed')
  const { tenantId, id } = member
  const person = await deleteMemberRow(client, tenantId, id)
  if (person === undefined) throw notFound()
  await forgetUser(client, { tenantId, userId: printId('user', asId('user', person)) })
}
