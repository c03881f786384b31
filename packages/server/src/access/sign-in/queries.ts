/**
 * The SQL around signing in that better-auth does not do itself. People belong to no tenant, so all of it crosses tenants
 * and needs the engine's pool.
 */
import type { Pool, PoolClient } from 'pg'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { ProviderId } from './find-providers.ts'

type On = Pool | PoolClient

/** GCRA: the row holds the theoretical arrival time; an attempt that is refused moves nothing. */
const takeAttemptStatement: Statement = {
  name: 'take_sign_in_attempt',
  text: `
WITH taken AS (
  INSERT INTO auth_attempts AS a (key, tat) VALUES ($1, clock_timestamp() + $2::float8 * interval '1 millisecond')
  ON CONFLICT (key) DO UPDATE SET tat = greatest(a.tat, clock_timestamp()) + $2::float8 * interval '1 millisecond'
   WHERE greatest(a.tat, clock_timestamp()) <= clock_timestamp() + ($3::float8 - $2::float8) * interval '1 millisecond'
  RETURNING tat
)
SELECT EXISTS (SELECT FROM taken) AS taken,
       (extract(epoch FROM (SELECT tat FROM auth_attempts WHERE key = $1) - clock_timestamp()) * 1000)::float8 AS ahead_ms`,
}

/** Takes one of `burst` attempts, of which one comes back every `everyMs`; gives the wait in ms when there is none left. */
export const takeAttemptAcrossTenants = async (
  on: On,
  {
    key,
    everyMs,
    burst,
  }: { readonly key: Buffer; readonly everyMs: number; readonly burst: number },
): Promise<number | undefined> => {
  const [row] = await query<{ readonly taken: boolean; readonly ahead_ms: number | null }>(
    on,
    takeAttemptStatement,
    [key, everyMs, everyMs * burst],
  )
  if (row?.taken === true) return undefined
  return Math.max(0, (row?.ahead_ms ?? 0) - everyMs * (burst - 1))
}

const forgetAttemptsStatement: Statement = {
  name: 'forget_sign_in_attempts',
  text: 'DELETE FROM auth_attempts WHERE key = ANY($1::bytea[])',
}

/** These keys have all their attempts again. */
export const forgetAttemptsAcrossTenants = async (
  on: On,
  keys: readonly Buffer[],
): Promise<void> => {
  await query(on, forgetAttemptsStatement, [keys])
}

const purgeStatement: Statement = {
  name: 'purge_sign_in',
  text: `
WITH attempts AS (
  DELETE FROM auth_attempts WHERE key IN (SELECT key FROM auth_attempts WHERE tat < clock_timestamp() LIMIT $1) RETURNING 1
), proofs AS (
  DELETE FROM auth_verifications
   WHERE id IN (SELECT id FROM auth_verifications WHERE expires_at < clock_timestamp() LIMIT $1) RETURNING 1
), sessions AS (
  DELETE FROM auth_sessions
   WHERE id IN (SELECT id FROM auth_sessions WHERE expires_at < clock_timestamp() LIMIT $1) RETURNING 1
)
SELECT (SELECT count(*) FROM attempts)::int + (SELECT count(*) FROM proofs)::int + (SELECT count(*) FROM sessions)::int AS many`,
}

/** Deletes what has run out: at most `limit` attempts, proofs and sessions each; returns how many. */
export const purgeSignInAcrossTenants = async (on: On, limit: number): Promise<number> =>
  (await query<{ readonly many: number }>(on, purgeStatement, [limit]))[0]?.many ?? 0

export type ProviderRow = {
  readonly id: ProviderId
  readonly settings: unknown
  readonly secret: Buffer
  readonly enabled: boolean
}

const listProvidersStatement: Statement = {
  name: 'list_sign_in_providers',
  text: 'SELECT provider AS id, settings, secret, enabled FROM auth_providers ORDER BY provider',
}

/** The providers that a platform admin has set. */
export const listProviderRowsAcrossTenants = async (on: On): Promise<readonly ProviderRow[]> =>
  query<ProviderRow>(on, listProvidersStatement, [])

const putProviderStatement: Statement = {
  name: 'put_sign_in_provider',
  text: `
INSERT INTO auth_providers (provider, settings, secret, enabled) VALUES ($1, $2, $3, $4)
ON CONFLICT (provider) DO UPDATE SET settings = $2, secret = $3, enabled = $4, updated_at = now()`,
}

/** Sets a provider, in place of the one with this id. */
export const putProviderRowAcrossTenants = async (on: On, row: ProviderRow): Promise<void> => {
  await query(on, putProviderStatement, [
    row.id,
    JSON.stringify(row.settings),
    row.secret,
    row.enabled,
  ])
}

const deleteProviderStatement: Statement = {
  name: 'delete_sign_in_provider',
  text: 'DELETE FROM auth_providers WHERE provider = $1 RETURNING 1 AS gone',
}

/** False when there was none. */
export const deleteProviderRowAcrossTenants = async (on: On, id: string): Promise<boolean> =>
  (await query(on, deleteProviderStatement, [id])).length === 1

const keepSecretStatement: Statement = {
  name: 'keep_sign_in_secret',
  text: `INSERT INTO auth_secrets (id, secret) VALUES ('sign-in', $1) ON CONFLICT (id) DO NOTHING`,
}
const findSecretStatement: Statement = {
  name: 'find_sign_in_secret',
  text: `SELECT secret FROM auth_secrets WHERE id = 'sign-in'`,
}

/** The sealed secret that is kept; undefined before the first start. */
export const findSecretAcrossTenants = async (on: On): Promise<Buffer | undefined> =>
  (await query<{ readonly secret: Buffer }>(on, findSecretStatement, []))[0]?.secret

/** Keeps this one, unless there is one already. */
export const keepSecretAcrossTenants = async (on: On, sealed: Buffer): Promise<void> => {
  await query(on, keepSecretStatement, [sealed])
}

const replaceSecretStatement: Statement = {
  name: 'replace_sign_in_secret',
  text: `UPDATE auth_secrets SET secret = $1 WHERE id = 'sign-in'`,
}

/** The same secret, sealed anew. */
export const replaceSecretAcrossTenants = async (on: On, sealed: Buffer): Promise<void> => {
  await query(on, replaceSecretStatement, [sealed])
}

const mayEnterStatement: Statement = {
  name: 'may_sign_in',
  text: 'SELECT EXISTS (SELECT FROM auth_users WHERE id = $1 AND disabled_at IS NULL) AS may',
}

/** Is the person there, and not disabled? */
export const mayEnterAcrossTenants = async (on: On, userId: string): Promise<boolean> =>
  (await query<{ readonly may: boolean }>(on, mayEnterStatement, [userId]))[0]?.may === true

const languageStatement: Statement = {
  name: 'find_language_of_person',
  text: 'SELECT language FROM auth_users WHERE id = $1',
}

/** The person's language; English for who is gone. */
export const findLanguageAcrossTenants = async (on: On, userId: string): Promise<string> =>
  (await query<{ readonly language: string }>(on, languageStatement, [userId]))[0]?.language ?? 'en'

const mayJoinStatement: Statement = {
  name: 'may_join',
  text: `
SELECT EXISTS (
  SELECT FROM invitations
   WHERE email = lower($1) AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > clock_timestamp()) AS may`,
}

/** Is there an invitation to this address, in any tenant, that can still be accepted? */
export const mayJoinAcrossTenants = async (on: On, email: string): Promise<boolean> =>
  (await query<{ readonly may: boolean }>(on, mayJoinStatement, [email]))[0]?.may === true

export type PersonRow = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly tenant_ids: readonly string[]
}

const findPersonStatement: Statement = {
  name: 'find_person_by_email',
  text: `
SELECT u.id, u.email, u.name,
       ARRAY(SELECT m.tenant_id::text FROM members m WHERE m.user_id = u.id
              UNION SELECT t.tenant_id::text FROM tenants t WHERE u.platform_admin AND t.slug = 'default') AS tenant_ids
  FROM auth_users u WHERE u.email = lower($1)`,
}

/** The person with this address, and the tenants that it is in (a platform admin: `default` as well). */
export const findPersonByEmailAcrossTenants = async (
  on: On,
  email: string,
): Promise<PersonRow | undefined> => (await query<PersonRow>(on, findPersonStatement, [email]))[0]
