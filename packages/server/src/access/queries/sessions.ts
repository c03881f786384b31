/** The SQL of people's sessions. A session is looked up before its tenant is known: all of it crosses tenants. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { plainArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

export type MemberRole = 'admin' | 'member'

export type Membership = {
  readonly tenantId: string
  readonly slug: string
  readonly role: MemberRole
  readonly isSuspended: boolean
}

export type SessionRow = {
  /** Hex. */
  readonly hash: string
  readonly id: string
  readonly user_id: string
  readonly email: string
  readonly name: string
  readonly platform_admin: boolean
  readonly is_disabled: boolean
  /** By the database's clock; negative: it has ended. */
  readonly expires_in_ms: number
  /** The oldest first. */
  readonly memberships: readonly Membership[]
}

const findSessionsStatement: Statement = {
  name: 'find_sessions',
  text: `
SELECT s.token AS hash, s.id, s.user_id, u.email, u.name, u.platform_admin, u.disabled_at IS NOT NULL AS is_disabled,
       (extract(epoch FROM s.expires_at - clock_timestamp()) * 1000)::float8 AS expires_in_ms,
       coalesce((SELECT jsonb_agg(jsonb_build_object('tenantId', m.tenant_id, 'slug', t.slug, 'role', m.role,
                    'isSuspended', t.suspended_at IS NOT NULL) ORDER BY t.suspended_at IS NOT NULL, m.id)
                   FROM members m JOIN tenants t ON t.tenant_id = m.tenant_id WHERE m.user_id = s.user_id), '[]') AS memberships
  FROM unnest($1::text[]) AS asked(hash)
  JOIN auth_sessions s ON s.token = asked.hash
  JOIN auth_users u ON u.id = s.user_id`,
}

/** The sessions with these hashes, also those that have run out, with the person and its tenants. */
export const findSessionsAcrossTenants = async (
  on: On,
  hashes: readonly string[],
): Promise<readonly SessionRow[]> =>
  query<SessionRow>(on, findSessionsStatement, [plainArray(hashes)])

const touchSessionsStatement: Statement = {
  name: 'touch_sessions',
  text: `
WITH used AS (
  SELECT id FROM auth_sessions WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE auth_sessions s SET last_used_at = clock_timestamp() FROM used WHERE s.id = used.id`,
}

/** Sets the last use of these sessions to now. */
export const touchSessionsAcrossTenants = async (on: On, ids: readonly string[]): Promise<void> => {
  await query(on, touchSessionsStatement, [plainArray(ids)])
}

export type SessionRecord = {
  readonly id: string
  readonly ip_address: string | null
  readonly user_agent: string | null
  readonly created_at: Instant
  readonly expires_at: Instant
  readonly last_used_at: Instant | null
}

const listSessionsStatement: Statement = {
  name: 'list_sessions_of_person',
  text: `
SELECT id, ip_address, user_agent, created_at, expires_at, last_used_at FROM auth_sessions
 WHERE user_id = $1 AND expires_at > clock_timestamp() AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC LIMIT $3`,
}

/** A person's living sessions, newest first, from below id `before`. */
export const listSessionsAcrossTenants = async (
  on: On,
  values: {
    readonly userId: string
    readonly before: string | undefined
    readonly limit: number
  },
): Promise<readonly SessionRecord[]> =>
  query<SessionRecord>(on, listSessionsStatement, [
    values.userId,
    values.before ?? null,
    values.limit,
  ])

const endSessionsStatement: Statement = {
  name: 'end_sessions_of_person',
  text: `
DELETE FROM auth_sessions WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2) AND ($3::uuid IS NULL OR id <> $3)
RETURNING id`,
}

/** Ends a person's sessions: one, all but one, or all; returns how many. */
export const endSessionsAcrossTenants = async (
  on: On,
  values: { readonly userId: string; readonly only?: string; readonly but?: string },
): Promise<number> =>
  (await query(on, endSessionsStatement, [values.userId, values.only ?? null, values.but ?? null]))
    .length
