/** The SQL of explanations: whom it is about, and what stands in the way. One tenant each, as carillon_app; reads only. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
import { query, type Statement } from '../platform/db/statement.ts'

export type IntegrationNow = {
  readonly id: string
  readonly name: string
  readonly channel: string | null
  readonly enabled: boolean
  readonly is_deleted: boolean
  readonly is_default: boolean
  readonly breaker_state: string | null
  readonly open_until: Instant | null
  readonly open_reason: string | null
  readonly paused_until: Instant | null
}

const integrationsStatement: Statement = {
  name: 'explain_integrations',
  text: `
SELECT i.id, i.name, i.channel, i.enabled, i.deleted_at IS NOT NULL AS is_deleted, i.is_default, s.breaker_state, s.open_until, s.open_reason, s.paused_until
  FROM integrations i LEFT JOIN integration_states s ON s.tenant_id = i.tenant_id AND s.integration_id = i.id WHERE i.tenant_id = $1`,
}

/** The tenant's integrations, deleted ones too, as they stand. */
export const readIntegrations = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<readonly IntegrationNow[]> =>
  await query<IntegrationNow>(client, integrationsStatement, [tenantId])

const contactStatement: Statement = {
  name: 'explain_contact',
  text: 'SELECT phone, email, telegram_id FROM contacts WHERE tenant_id = $1 AND id = $2',
}

/** The addresses of a contact. */
export const readContactAddresses = async (
  client: PoolClient,
  tenantId: TenantId,
  id: string,
): Promise<readonly string[]> => {
  const [row] = await query<Record<string, string | null>>(client, contactStatement, [tenantId, id])
  return Object.values(row ?? {}).filter((value) => value !== null)
}

export type RegistrationNow = {
  readonly id: string
  readonly channel: string
  readonly address: string
  readonly enabled: boolean
  readonly language: string | null
}

const subscriptionSql =
  '(SELECT s.id FROM subscriptions s WHERE s.tenant_id = $1 AND s.subscription_id = $2)'

const registrationsStatement: Statement = {
  name: 'explain_registrations',
  text: `
SELECT r.id, r.channel, r.address, r.enabled, r.language FROM registrations r
 WHERE r.tenant_id = $1 AND r.subscription = ${subscriptionSql} ORDER BY r.id LIMIT $3`,
}

/** The user's by one index, the addresses' by another: with OR it would read all of the subscription. */
const registrationsOfStatement: Statement = {
  name: 'explain_registrations_of_person',
  text: `
SELECT r.id, r.channel, r.address, r.enabled, r.language FROM registrations r
 WHERE r.tenant_id = $1 AND r.subscription = ${subscriptionSql}
   AND r.id IN (SELECT u.id FROM registrations u WHERE u.tenant_id = $1 AND u.user_id = $4
                UNION ALL SELECT a.id FROM registrations a WHERE a.tenant_id = $1 AND a.address_key = ANY ($5::text[]))
 ORDER BY r.id LIMIT $3`,
}

/** Registrations for a subscription: a person's (by user id or address), or anybody's. */
export const readRegistrations = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly subscriptionId: string
    readonly person: string | undefined
    readonly addresses: readonly string[]
    readonly limit: number
  },
): Promise<readonly RegistrationNow[]> =>
  wanted.person === undefined
    ? await query(client, registrationsStatement, [tenantId, wanted.subscriptionId, wanted.limit])
    : await query(client, registrationsOfStatement, [
        tenantId,
        wanted.subscriptionId,
        wanted.limit,
        wanted.person,
        wanted.addresses.map((address) => address.toLowerCase()),
      ])

const ownAddressesStatement: Statement = {
  name: 'explain_own_addresses',
  text: 'SELECT DISTINCT address FROM registrations WHERE tenant_id = $1 AND user_id = $2 LIMIT 50',
}

/** The addresses that a user id is registered with. */
export const readOwnAddresses = async (
  client: PoolClient,
  tenantId: TenantId,
  userId: string,
): Promise<readonly string[]> =>
  (await query<{ address: string }>(client, ownAddressesStatement, [tenantId, userId])).map(
    ({ address }) => address,
  )

export type SuppressionNow = {
  readonly id: string
  readonly scope: string
  readonly reason: string
  readonly created_at: Instant
}

const suppressionsStatement: Statement = {
  name: 'explain_suppressions',
  text: `
SELECT id, scope, reason, created_at FROM suppressions
 WHERE tenant_id = $1 AND channel = $2 AND address = $3 AND (expires_at IS NULL OR expires_at > now())`,
}

/** Entries of the list that are in force for an address (in its key's spelling). */
export const readSuppressions = async (
  client: PoolClient,
  tenantId: TenantId,
  { channel, key }: { readonly channel: string; readonly key: string },
): Promise<readonly SuppressionNow[]> =>
  await query<SuppressionNow>(client, suppressionsStatement, [tenantId, channel, key])

export type SubscriptionNow = {
  readonly label: string
  readonly enabled: boolean
  readonly content: unknown
}

const subscriptionStatement: Statement = {
  name: 'explain_subscription',
  text: 'SELECT label, enabled, content FROM subscriptions WHERE tenant_id = $1 AND subscription_id = $2',
}

/** The subscription of this name. */
export const readSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<SubscriptionNow | undefined> =>
  (await query<SubscriptionNow>(client, subscriptionStatement, [tenantId, subscriptionId]))[0]

export type FanOutNow = {
  readonly subscription_id: string
  readonly label: string
  readonly state: string
  readonly made: number
  readonly skipped: number
  readonly error_message: string | null
}

const fanOutsStatement: Statement = {
  name: 'explain_fan_outs',
  text: `
SELECT s.subscription_id, s.label, f.state, f.made::float8 AS made, f.skipped::float8 AS skipped, f.error_message
  FROM fan_outs f JOIN subscriptions s ON s.tenant_id = f.tenant_id AND s.id = f.subscription
 WHERE f.tenant_id = $1 AND f.event_id = $2 ORDER BY f.id`,
}

/** Where an event was published. */
export const readFanOuts = async (
  client: PoolClient,
  tenantId: TenantId,
  eventId: string,
): Promise<readonly FanOutNow[]> =>
  await query<FanOutNow>(client, fanOutsStatement, [tenantId, eventId])

const zoneStatement: Statement = {
  name: 'explain_zone',
  text: 'SELECT time_zone, language FROM tenants WHERE tenant_id = $1',
}

/** The tenant's zone and language. */
export const readTenant = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<{ readonly time_zone: string; readonly language: string }> =>
  (await query<{ time_zone: string; language: string }>(client, zoneStatement, [tenantId]))[0] ?? {
    time_zone: 'UTC',
    language: 'en',
  }
