/** The SQL of registrations. Every function names its tenant. No decisions. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { RegistrationId, SubscriptionId, TenantId } from '@carillon/domain/ids'
import { bools, texts, uuids } from '../../platform/db/binary-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

export type RegistrationRow = {
  readonly id: RegistrationId
  readonly subscription_id: string
  readonly user_id: string
  readonly channel: string
  readonly address: string
  readonly enabled: boolean
  readonly language: string | null
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns = `r.id, s.subscription_id, r.user_id, r.channel, r.address, r.enabled, r.language, r.created_at, r.updated_at`
const from = `FROM registrations r JOIN subscriptions s ON s.tenant_id = r.tenant_id AND s.id = r.subscription`

export type RegistrationFilter = {
  readonly subscription?: SubscriptionId | undefined
  readonly userId?: string | undefined
  readonly channel?: string | undefined
  readonly enabled?: boolean | undefined
  readonly after?: string | undefined
  readonly limit: number
}

const filters = `($4::text IS NULL OR r.channel = $4) AND ($5::boolean IS NULL OR r.enabled = $5)
   AND ($6::uuid IS NULL OR r.id > $6) ORDER BY r.id LIMIT $7`

/** One statement for each index that leads to few rows. */
const listStatements = {
  ofSubscription: {
    name: 'list_registrations_of_subscription',
    text: `SELECT ${columns} ${from}
 WHERE r.tenant_id = $1 AND r.subscription = $2 AND $3::text IS NULL AND ${filters}`,
  },
  ofSubscriptionAndUser: {
    name: 'list_registrations_of_subscription_and_user',
    text: `SELECT ${columns} ${from} WHERE r.tenant_id = $1 AND r.subscription = $2 AND r.user_id = $3 AND ${filters}`,
  },
  ofUser: {
    name: 'list_registrations_of_user',
    text: `SELECT ${columns} ${from}
 WHERE r.tenant_id = $1 AND ($2::uuid IS NULL OR r.subscription = $2) AND r.user_id = $3 AND ${filters}`,
  },
} as const satisfies Record<string, Statement>

/**
 * At most `limit` registrations, oldest first, behind the id `after`: of a subscription, of one user for it, or all of a
 * user. What the name says must be given.
 */
export const listRegistrations = async (
  client: PoolClient,
  tenantId: TenantId,
  by: keyof typeof listStatements,
  wanted: RegistrationFilter,
): Promise<readonly RegistrationRow[]> => {
  const { subscription, userId, channel, enabled, after, limit } = wanted
  const values = [subscription, userId, channel, enabled, after].map((value) => value ?? null)
  return await query(client, listStatements[by], [tenantId, ...values, limit])
}

const findStatement: Statement = {
  name: 'find_registration',
  text: `SELECT ${columns} ${from} WHERE r.tenant_id = $1 AND r.id = $2 AND ($3::text IS NULL OR r.user_id = $3)`,
}

/** The registration, when it is this user's; `userId` undefined: whosever it is. */
export const findRegistration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RegistrationId,
  userId: string | undefined,
): Promise<RegistrationRow | undefined> =>
  (await query<RegistrationRow>(client, findStatement, [tenantId, id, userId ?? null]))[0]

const lockStatement: Statement = {
  name: 'lock_registration',
  text: `${findStatement.text} FOR UPDATE OF r`,
}

/** The same, and nobody changes it until the transaction ends. */
export const lockRegistration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RegistrationId,
  userId: string | undefined,
): Promise<RegistrationRow | undefined> =>
  (await query<RegistrationRow>(client, lockStatement, [tenantId, id, userId ?? null]))[0]

export type NewRegistration = {
  readonly id: RegistrationId
  readonly userId: string
  readonly channel: string
  readonly address: string
  readonly enabled: boolean
  /** Null: what is there stays. */
  readonly language: string | null
}

/** Of several that were registered before addresses were compared, the oldest one that is left; else there is one, 0. */
const twinOf = (userId: string, channel: string, address: string, subscription: string): string =>
  `coalesce((SELECT min(o.twin) FROM registrations o WHERE o.tenant_id = $1 AND o.subscription = ${subscription} AND o.user_id = ${userId}
     AND o.channel = ${channel} AND carillon_registration_key(o.channel, o.address) = carillon_registration_key(${channel}, ${address})), 0)`

/** `xmax` 0: this row was inserted and not updated. */
const saveStatement: Statement = {
  name: 'save_registrations',
  text: `
WITH saved AS (
  INSERT INTO registrations AS r (tenant_id, id, subscription, user_id, channel, address, enabled, language, twin)
  SELECT $1, n.id, $2, n.user_id, n.channel, n.address, n.enabled, n.language, ${twinOf('n.user_id', 'n.channel', 'n.address', '$2')}
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[])
      AS n(id, user_id, channel, address, enabled, language)
   -- Two that save the same rows take their locks in one order.
   ORDER BY n.user_id, n.channel, carillon_registration_key(n.channel, n.address)
  ON CONFLICT (tenant_id, subscription, user_id, channel, carillon_registration_key(channel, address), twin) DO UPDATE
     SET enabled = excluded.enabled, language = coalesce(excluded.language, r.language),
         updated_at = CASE WHEN r.enabled = excluded.enabled
                            AND coalesce(excluded.language, r.language) IS NOT DISTINCT FROM r.language
                           THEN r.updated_at ELSE now() END
  RETURNING *, xmax = 0 AS is_new
)
SELECT ${columns}, r.is_new FROM saved r JOIN subscriptions s ON s.tenant_id = r.tenant_id AND s.id = r.subscription`,
}

/** Makes registrations, or switches and changes those that are there. No two of the rows may be the same. */
export const saveRegistrations = async (
  client: PoolClient,
  tenantId: TenantId,
  subscription: SubscriptionId,
  rows: readonly NewRegistration[],
): Promise<readonly (RegistrationRow & { readonly is_new: boolean })[]> =>
  await query(client, saveStatement, [
    tenantId,
    subscription,
    uuids(rows, (row) => row.id),
    texts(rows, (row) => row.userId),
    texts(rows, (row) => row.channel),
    texts(rows, (row) => row.address),
    bools(rows, (row) => row.enabled),
    texts(rows, (row) => row.language),
  ])

const updateStatement: Statement = {
  name: 'update_registration',
  text: `
UPDATE registrations r SET channel = $3, address = $4, enabled = $5, language = $6, updated_at = now(),
       twin = CASE WHEN r.channel = $3 AND carillon_registration_key(r.channel, r.address) = carillon_registration_key($3, $4) THEN r.twin
                   ELSE ${twinOf('r.user_id', '$3', '$4', 'r.subscription')} END
 WHERE r.tenant_id = $1 AND r.id = $2`,
}

/** Writes all that can change. The caller has locked it. */
export const updateRegistration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RegistrationId,
  values: Pick<RegistrationRow, 'channel' | 'address' | 'enabled' | 'language'>,
): Promise<void> => {
  const { channel, address, enabled, language } = values
  await query(client, updateStatement, [tenantId, id, channel, address, enabled, language])
}

const deleteStatement: Statement = {
  name: 'delete_registration',
  text: `DELETE FROM registrations WHERE tenant_id = $1 AND id = $2 AND ($3::text IS NULL OR user_id = $3) RETURNING 1 AS gone`,
}

/** Deletes the registration, when it is this user's; false when it was not there. */
export const deleteRegistration = async (
  client: PoolClient,
  tenantId: TenantId,
  id: RegistrationId,
  userId: string | undefined,
): Promise<boolean> =>
  (await query(client, deleteStatement, [tenantId, id, userId ?? null])).length === 1

const unsubscribeStatement: Statement = {
  name: 'unsubscribe',
  text: `DELETE FROM registrations
 WHERE tenant_id = $1 AND subscription = $2 AND user_id = $3 AND ($4::text IS NULL OR channel = $4)
   AND ($5::text[] IS NULL OR carillon_registration_key(channel, address) = ANY ($5)) RETURNING 1 AS gone`,
}

/** Deletes a user's registrations of a subscription; returns how many there were. */
export const unsubscribe = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly subscription: SubscriptionId
    readonly userId: string
    readonly channel: string | undefined
    /** Keys (registration-key.ts) of one address; undefined: all. */
    readonly addressKeys: readonly string[] | undefined
  },
): Promise<number> => {
  const { subscription, userId, channel, addressKeys } = wanted
  const values = [tenantId, subscription, userId, channel ?? null, addressKeys ?? null]
  return (await query(client, unsubscribeStatement, values)).length
}

const countStatement: Statement = {
  name: 'count_registrations',
  text: `SELECT count(*) AS n FROM registrations WHERE tenant_id = $1 AND subscription = $2`,
}

/** How many registrations a subscription has, switched off ones included. */
export const countRegistrations = async (
  client: PoolClient,
  tenantId: TenantId,
  subscription: SubscriptionId,
): Promise<number> =>
  (await query<{ n: number }>(client, countStatement, [tenantId, subscription]))[0]?.n ?? 0

const countOfUserStatement: Statement = {
  name: 'count_registrations_of_user',
  text: `SELECT count(*) AS n FROM registrations WHERE tenant_id = $1 AND subscription = $2 AND user_id = $3`,
}

/** How many registrations of a subscription a user has. */
export const countRegistrationsOfUser = async (
  client: PoolClient,
  tenantId: TenantId,
  { subscription, userId }: { readonly subscription: SubscriptionId; readonly userId: string },
): Promise<number> =>
  (await query<{ n: number }>(client, countOfUserStatement, [tenantId, subscription, userId]))[0]
    ?.n ?? 0

const deleteSomeStatement: Statement = {
  name: 'delete_some_registrations',
  text: `DELETE FROM registrations WHERE tenant_id = $1 AND id IN (
  SELECT id FROM registrations WHERE tenant_id = $1 AND subscription = $2 ORDER BY id LIMIT $3) RETURNING 1 AS gone`,
}

/** Deletes at most `limit` registrations of a subscription; returns how many. */
export const deleteSomeRegistrations = async (
  client: PoolClient,
  tenantId: TenantId,
  { subscription, limit }: { readonly subscription: SubscriptionId; readonly limit: number },
): Promise<number> =>
  (await query(client, deleteSomeStatement, [tenantId, subscription, limit])).length

const forgetUserStatement: Statement = {
  name: 'delete_registrations_of_user',
  text: `DELETE FROM registrations WHERE tenant_id = $1 AND user_id = $2 RETURNING 1 AS gone`,
}

/** Deletes all registrations of a user in the tenant; returns how many. */
export const deleteRegistrationsOfUser = async (
  client: PoolClient,
  tenantId: string,
  userId: string,
): Promise<number> => (await query(client, forgetUserStatement, [tenantId, userId])).length
