/** The SQL of the unsubscribe page: what goes to one address of a channel in one tenant. Role app, in the tenant's transaction. */
import type { PoolClient } from 'pg'
import { query, type Statement } from '../platform/db/statement.ts'

/** An address, as the list has it, on a channel of a tenant. */
export type Place = {
  readonly tenantId: string
  readonly channel: string
  readonly key: string
}

const values = ({ tenantId, channel, key }: Place): readonly string[] => [tenantId, channel, key]
/** Addresses of registrations keep the case that was typed before the @. */
const ofAddress = `r.tenant_id = $1 AND r.channel = $2 AND r.address_key = lower($3)`

const tenantStatement: Statement = {
  name: 'find_unsubscribe_tenant',
  text: 'SELECT name, language FROM tenants WHERE tenant_id = $1',
}

/** Who writes, and in which language; undefined: the tenant is gone. */
export const findTenant = async (
  client: PoolClient,
  tenantId: string,
): Promise<{ readonly name: string; readonly language: 'it' | 'en' } | undefined> =>
  (await query<{ name: string; language: 'it' | 'en' }>(client, tenantStatement, [tenantId]))[0]

export type TopicRow = {
  readonly subscription_id: string
  readonly label: string
  readonly description: string | null
  readonly enabled: boolean
}

const topicsStatement: Statement = {
  name: 'list_unsubscribe_topics',
  text: `
SELECT s.subscription_id, s.label, s.description, bool_or(r.enabled) AS enabled
  FROM registrations r JOIN subscriptions s ON s.tenant_id = r.tenant_id AND s.id = r.subscription
 WHERE ${ofAddress} GROUP BY s.id, s.subscription_id, s.label, s.description ORDER BY s.label, s.subscription_id LIMIT 200`,
}

/** The subscriptions that the address is registered for, with whether it gets them. */
export const listTopics = async (client: PoolClient, place: Place): Promise<readonly TopicRow[]> =>
  await query(client, topicsStatement, [...values(place)])

const scopesStatement: Statement = {
  name: 'list_unsubscribed_scopes',
  text: `
SELECT DISTINCT scope FROM suppressions
 WHERE tenant_id = $1 AND channel = $2 AND address = $3 AND reason = 'unsubscribed' AND scope IN ('all', 'campaigns')
   AND (expires_at IS NULL OR expires_at > clock_timestamp())`,
}

/** What the recipient has unsubscribed from as a whole: `all`, `campaigns`. */
export const listScopes = async (client: PoolClient, place: Place): Promise<readonly string[]> =>
  (await query<{ scope: string }>(client, scopesStatement, [...values(place)])).map(
    ({ scope }) => scope,
  )

const switchOneStatement: Statement = {
  name: 'unsubscribe_from_subscription',
  text: `UPDATE registrations r SET enabled = false, updated_at = now() WHERE ${ofAddress} AND r.subscription = $4 AND r.enabled`,
}

/** Switches off what the address gets of a subscription (its UUID). */
export const switchOff = async (
  client: PoolClient,
  place: Place,
  subscription: string,
): Promise<void> => {
  await query(client, switchOneStatement, [...values(place), subscription])
}

const switchStatement: Statement = {
  name: 'switch_unsubscribe_topics',
  text: `
UPDATE registrations r SET enabled = s.subscription_id = ANY ($5::text[]), updated_at = now()
  FROM subscriptions s
 WHERE ${ofAddress} AND s.tenant_id = r.tenant_id AND s.id = r.subscription AND s.subscription_id = ANY ($4::text[])
   AND (SELECT bool_or(o.enabled) FROM registrations o WHERE o.tenant_id = r.tenant_id AND o.subscription = r.subscription
          AND o.channel = r.channel AND o.address_key = r.address_key) <> (s.subscription_id = ANY ($5::text[]))`,
}

/** Of the topics that were shown, switches those in `wanted` on and the others off; what is so already stays untouched. */
export const switchTopics = async (
  client: PoolClient,
  place: Place,
  { shown, wanted }: { readonly shown: readonly string[]; readonly wanted: readonly string[] },
): Promise<void> => {
  await query(client, switchStatement, [...values(place), shown, wanted])
}

const switchAllStatement: Statement = {
  name: 'unsubscribe_from_all',
  text: `UPDATE registrations r SET enabled = false, updated_at = now() WHERE ${ofAddress} AND r.enabled`,
}

/** Switches everything off that the address is registered for. */
export const switchAllOff = async (client: PoolClient, place: Place): Promise<void> => {
  await query(client, switchAllStatement, [...values(place)])
}

const liftStatement: Statement = {
  name: 'lift_unsubscribed_scopes',
  text: `DELETE FROM suppressions WHERE tenant_id = $1 AND channel = $2 AND address = $3 AND reason = 'unsubscribed' AND scope = ANY ($4::text[])`,
}

/** Takes back that the recipient has unsubscribed from these scopes. Other reasons stay. */
export const liftScopes = async (
  client: PoolClient,
  place: Place,
  scopes: readonly string[],
): Promise<void> => {
  await query(client, liftStatement, [...values(place), scopes])
}
