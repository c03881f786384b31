/**
 * The SQL of persons, for platform admins and for the person itself. People belong to no tenant, so all of it crosses
 * tenants and needs the engine's pool.
 */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { query, type Statement } from '../../platform/db/statement.ts'

type On = Pool | PoolClient

export type UserRow = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly language: 'en' | 'it'
  readonly email_verified: boolean
  readonly two_factor_enabled: boolean
  readonly platform_admin: boolean
  readonly disabled_at: Instant | null
  readonly created_at: Instant
}

const columns =
  'id, email, name, language, email_verified, two_factor_enabled, platform_admin, disabled_at, created_at'

const listUsersStatement: Statement = {
  name: 'list_users',
  text: `
SELECT ${columns} FROM auth_users
 WHERE ($1::uuid IS NULL OR id < $1)
   AND ($2::text IS NULL OR position(lower($2) IN email) > 0 OR position(lower($2) IN lower(name)) > 0)
   AND ($3::boolean IS NULL OR platform_admin = $3) AND ($4::boolean IS NULL OR (disabled_at IS NOT NULL) = $4)
 ORDER BY id DESC LIMIT $5`,
}

/** Persons, newest first, from below id `before`; `text` is part of the address or the name. */
export const listUsersAcrossTenants = async (
  on: On,
  filter: {
    readonly before: string | undefined
    readonly text: string | undefined
    readonly platformAdmin: boolean | undefined
    readonly disabled: boolean | undefined
    readonly limit: number
  },
): Promise<readonly UserRow[]> =>
  query<UserRow>(on, listUsersStatement, [
    filter.before ?? null,
    filter.text ?? null,
    filter.platformAdmin ?? null,
    filter.disabled ?? null,
    filter.limit,
  ])

const findUserStatement: Statement = {
  name: 'find_user',
  text: `SELECT ${columns} FROM auth_users WHERE id = $1`,
}

/** One person. */
export const findUserAcrossTenants = async (on: On, id: string): Promise<UserRow | undefined> =>
  (await query<UserRow>(on, findUserStatement, [id]))[0]

const findByEmailStatement: Statement = {
  name: 'find_user_by_email',
  text: `SELECT ${columns} FROM auth_users WHERE email = lower($1)`,
}

/** The person with this address. */
export const findUserByEmailAcrossTenants = async (
  on: On,
  email: string,
): Promise<UserRow | undefined> => (await query<UserRow>(on, findByEmailStatement, [email]))[0]

const hasUsersStatement: Statement = {
  name: 'has_users',
  text: 'SELECT EXISTS (SELECT FROM auth_users) AS has',
}

/** Is there anybody yet? */
export const hasUsersAcrossTenants = async (on: On): Promise<boolean> =>
  (await query<{ readonly has: boolean }>(on, hasUsersStatement, []))[0]?.has === true

const lockSetupStatement: Statement = {
  name: 'lock_setup',
  text: 'SELECT pg_advisory_xact_lock(7266003)',
}

/** One set-up at a time, until the transaction ends. */
export const lockSetupAcrossTenants = async (on: PoolClient): Promise<void> => {
  await query(on, lockSetupStatement, [])
}

export type UserToAdd = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly language: string
  readonly emailVerified: boolean
  readonly platformAdmin: boolean
}

const addUserStatement: Statement = {
  name: 'add_user',
  text: `
INSERT INTO auth_users (id, email, name, language, email_verified, platform_admin) VALUES ($1, lower($2), $3, $4, $5, $6)
ON CONFLICT (email) DO NOTHING RETURNING ${columns}`,
}

/** Adds a person; undefined when somebody has this address. */
export const addUserAcrossTenants = async (on: On, user: UserToAdd): Promise<UserRow | undefined> =>
  (
    await query<UserRow>(on, addUserStatement, [
      user.id,
      user.email,
      user.name,
      user.language,
      user.emailVerified,
      user.platformAdmin,
    ])
  )[0]

const addPasswordStatement: Statement = {
  name: 'add_password',
  text: `
INSERT INTO auth_accounts (id, user_id, provider_id, account_id, password) VALUES ($1, $2, 'credential', $2::uuid::text, $3)`,
}

/** Gives a person who has none a password (as its hash). */
export const addPasswordAcrossTenants = async (
  on: On,
  values: { readonly id: string; readonly userId: string; readonly hash: string },
): Promise<void> => {
  await query(on, addPasswordStatement, [values.id, values.userId, values.hash])
}

const changeUserStatement: Statement = {
  name: 'change_user',
  text: `
UPDATE auth_users SET name = coalesce($2, name), language = coalesce($3, language),
       platform_admin = coalesce($4, platform_admin), email_verified = email_verified OR coalesce($6, false),
       disabled_at = CASE WHEN $5::boolean THEN coalesce(disabled_at, now()) WHEN NOT $5::boolean THEN NULL ELSE disabled_at END,
       updated_at = now()
 WHERE id = $1 RETURNING ${columns}`,
}

export type UserChanges = {
  readonly name?: string | undefined
  readonly language?: string | undefined
  readonly platformAdmin?: boolean | undefined
  readonly disabled?: boolean | undefined
  readonly emailVerified?: true | undefined
}

/** Changes what is given; undefined when there is no such person. */
export const changeUserAcrossTenants = async (
  on: On,
  id: string,
  changes: UserChanges,
): Promise<UserRow | undefined> =>
  (
    await query<UserRow>(on, changeUserStatement, [
      id,
      changes.name ?? null,
      changes.language ?? null,
      changes.platformAdmin ?? null,
      changes.disabled ?? null,
      changes.emailVerified ?? null,
    ])
  )[0]

const deleteUserStatement: Statement = {
  name: 'delete_user',
  text: 'DELETE FROM auth_users WHERE id = $1 RETURNING 1 AS gone',
}

/** Deletes a person with its sessions, passwords and memberships; false when there is none. */
export const deleteUserAcrossTenants = async (on: On, id: string): Promise<boolean> =>
  (await query(on, deleteUserStatement, [id])).length === 1

export type MembershipRow = {
  readonly tenant_id: string
  readonly slug: string
  readonly name: string
  readonly role: 'admin' | 'member'
}

const membershipsStatement: Statement = {
  name: 'list_memberships',
  text: `
SELECT m.tenant_id, t.slug, t.name, m.role FROM members m JOIN tenants t ON t.tenant_id = m.tenant_id
 WHERE m.user_id = $1 ORDER BY m.id`,
}

/** The tenants that a person is in, the oldest membership first. */
export const listMembershipsAcrossTenants = async (
  on: On,
  userId: string,
): Promise<readonly MembershipRow[]> => query<MembershipRow>(on, membershipsStatement, [userId])

const emptyAccountStatement: Statement = {
  name: 'empty_account',
  text: `
WITH ways AS (DELETE FROM auth_accounts WHERE user_id = $1), sessions AS (DELETE FROM auth_sessions WHERE user_id = $1),
     factors AS (DELETE FROM auth_two_factors WHERE user_id = $1)
UPDATE auth_users SET name = $2, email_verified = true, two_factor_enabled = false, image = NULL, updated_at = now()
 WHERE id = $1 AND NOT email_verified AND disabled_at IS NULL AND NOT platform_admin RETURNING 1 AS emptied`,
}

/**
 * Takes from an account whose address nobody has proven all ways to get in: passwords, providers, sessions, second factors.
 * It stays in its tenants. False when the address is proven, or the account is one that must not change hands: then the
 * caller has to undo the transaction.
 */
export const emptyAccountAcrossTenants = async (
  on: PoolClient,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<boolean> => (await query(on, emptyAccountStatement, [id, name])).length === 1
