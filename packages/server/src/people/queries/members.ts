/** The SQL of a tenant's members, on the app's pool: of a person it sees what is granted in 0002_people.sql. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { query, type Statement } from '../../platform/db/statement.ts'

export type Role = 'admin' | 'member'

export type MemberRow = {
  readonly id: string
  readonly user_id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly two_factor_enabled: boolean
  readonly is_disabled: boolean
  readonly created_at: Instant
}

const columns = `m.id, m.user_id, u.email, u.name, m.role, u.two_factor_enabled, u.disabled_at IS NOT NULL AS is_disabled, m.created_at`

const listMembersStatement: Statement = {
  name: 'list_members',
  text: `
SELECT ${columns} FROM members m JOIN auth_users u ON u.id = m.user_id
 WHERE m.tenant_id = $1 AND ($2::uuid IS NULL OR m.id < $2) AND ($3::text IS NULL OR m.role = $3)
   AND ($4::text IS NULL OR position(lower($4) IN u.email) > 0 OR position(lower($4) IN lower(u.name)) > 0)
 ORDER BY m.id DESC LIMIT $5`,
}

/** A tenant's members, newest first, from below id `before`. */
export const listMemberRows = async (
  client: PoolClient,
  tenantId: string,
  filter: {
    readonly before: string | undefined
    readonly role: string | undefined
    readonly text: string | undefined
    readonly limit: number
  },
): Promise<readonly MemberRow[]> =>
  query<MemberRow>(client, listMembersStatement, [
    tenantId,
    filter.before ?? null,
    filter.role ?? null,
    filter.text ?? null,
    filter.limit,
  ])

const findMemberStatement: Statement = {
  name: 'find_member',
  text: `SELECT ${columns} FROM members m JOIN auth_users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND m.id = $2`,
}

/** One member. */
export const findMemberRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<MemberRow | undefined> =>
  (await query<MemberRow>(client, findMemberStatement, [tenantId, id]))[0]

const lockAdminsStatement: Statement = {
  name: 'lock_admins',
  text: `
SELECT m.id FROM members m JOIN auth_users u ON u.id = m.user_id
 WHERE m.tenant_id = $1 AND m.role = 'admin' AND u.disabled_at IS NULL ORDER BY m.id FOR UPDATE OF m`,
}

/** The tenant's admins who can sign in, locked: two who remove each other do so one after the other. */
export const lockAdmins = async (
  client: PoolClient,
  tenantId: string,
): Promise<readonly string[]> =>
  (await query<{ readonly id: string }>(client, lockAdminsStatement, [tenantId])).map(
    ({ id }) => id,
  )

const setRoleStatement: Statement = {
  name: 'set_member_role',
  text: `UPDATE members SET role = $3, updated_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING 1 AS changed`,
}

/** False when there is no such member. */
export const setMemberRole = async (
  client: PoolClient,
  tenantId: string,
  { id, role }: { readonly id: string; readonly role: Role },
): Promise<boolean> => (await query(client, setRoleStatement, [tenantId, id, role])).length === 1

const deleteMemberStatement: Statement = {
  name: 'delete_member',
  text: `DELETE FROM members WHERE tenant_id = $1 AND id = $2 RETURNING user_id`,
}

/** The person who was it; undefined when there is no such member. */
export const deleteMemberRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<string | undefined> =>
  (await query<{ readonly user_id: string }>(client, deleteMemberStatement, [tenantId, id]))[0]
    ?.user_id

const addMemberStatement: Statement = {
  name: 'add_member',
  text: `
INSERT INTO members (tenant_id, id, user_id, role) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, user_id) DO NOTHING RETURNING 1 AS added`,
}

/** False when the person is a member already. */
export const addMemberRow = async (
  client: PoolClient,
  tenantId: string,
  member: { readonly id: string; readonly userId: string; readonly role: Role },
): Promise<boolean> =>
  (await query(client, addMemberStatement, [tenantId, member.id, member.userId, member.role]))
    .length === 1

const isMemberStatement: Statement = {
  name: 'is_member_by_email',
  text: `
SELECT EXISTS (SELECT FROM members m JOIN auth_users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND u.email = lower($2)) AS is`,
}

/** Is somebody with this address a member of the tenant? */
export const isMemberByEmail = async (
  client: PoolClient,
  tenantId: string,
  email: string,
): Promise<boolean> =>
  (await query<{ readonly is: boolean }>(client, isMemberStatement, [tenantId, email]))[0]?.is ===
  true
