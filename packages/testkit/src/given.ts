/** Builders: what a test needs in the database, with a default for everything it does not care about. Writes as the owner. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Plan } from '@carillon/domain/plan'
import { defaultSendForMs } from '@carillon/domain/plan'
import { ruleRetry } from '@carillon/domain/retry'
import type { Pool } from 'pg'

export type GivenIntegration = {
  readonly connector?: string
  readonly channel?: string
  readonly settings?: Record<string, unknown>
  readonly breaker?: Record<string, number>
  readonly limits?: Record<string, unknown>
  readonly enabled?: boolean
  readonly onUnknown?: 'resend' | 'hold'
}

export type GivenRule = {
  readonly eventType?: string
  readonly filter?: unknown
} & ({ readonly plan: Partial<Plan> & Pick<Plan, 'steps'> } | { readonly publish: string })

export type GivenSubscription = {
  /** Default: random letters. */
  readonly subscriptionId?: string
  readonly enabled?: boolean
  readonly content?: Record<string, unknown>
}

export type GivenRegistrations = {
  /** Default 1: users u1, u2 … with the address `<user>@example.org`. */
  readonly count?: number
  /** Of the users' names, before the number. Default `u`. */
  readonly prefix?: string
  /** The first user's number. Default 1. */
  readonly from?: number
  readonly channel?: string
  readonly language?: string
  readonly enabled?: boolean
}

export type Given = {
  /** Returns the tenant's id. */
  readonly tenant: (slug?: string) => Promise<string>
  /** Returns the integration's id. */
  readonly integration: (tenantId: string, values?: GivenIntegration) => Promise<string>
  /** A rule that notifies, or one that publishes to a subscription (its UUID); returns its id. */
  readonly rule: (tenantId: string, values: GivenRule) => Promise<string>
  /** Returns the subscription's UUID. */
  readonly subscription: (tenantId: string, values?: GivenSubscription) => Promise<string>
  /** Their ids grow with the users' numbers, and with every call. */
  readonly registrations: (
    tenantId: string,
    subscription: string,
    values?: GivenRegistrations,
  ) => Promise<void>
}

const insertPlan = async (
  owner: Pool,
  tenantId: string,
  plan: Partial<Plan> & Pick<Plan, 'steps'>,
): Promise<string> => {
  const body: Plan = {
    retry: ruleRetry,
    fallback: 'at_once',
    whenOpen: plan.steps.length > 1 ? 'fallback' : 'hold',
    sendForMs: defaultSendForMs,
    priority: 0,
    ...plan,
  }
  const id = randomUUID()
  await owner.query('INSERT INTO plans (tenant_id, id, hash, body) VALUES ($1, $2, $3, $4)', [
    tenantId,
    id,
    createHash('sha256').update(id).digest(),
    body,
  ])
  return id
}

/** Builders over the owner's pool. */
export const given = (owner: Pool): Given => ({
  tenant: async (slug = `t-${randomBytes(5).toString('hex')}`) => {
    const id = randomUUID()
    await owner.query('INSERT INTO tenants (tenant_id, slug, name) VALUES ($1, $2, $2)', [id, slug])
    return id
  },
  integration: async (tenantId, values = {}) => {
    const id = randomUUID()
    await owner.query(
      `INSERT INTO integrations (tenant_id, id, connector, channel, name, settings, breaker, limits, enabled, on_unknown)
       VALUES ($1, $2, $3, $4, $3, $5, $6, $7, $8, $9)`,
      [
        tenantId,
        id,
        values.connector ?? 'webhook',
        values.channel ?? 'webhook',
        values.settings ?? { url: 'http://127.0.0.1:9/' },
        values.breaker ?? null,
        values.limits ?? null,
        values.enabled ?? true,
        values.onUnknown ?? 'resend',
      ],
    )
    await owner.query(
      'INSERT INTO integration_states (tenant_id, integration_id) VALUES ($1, $2)',
      [tenantId, id],
    )
    return id
  },
  rule: async (tenantId, { eventType = '*', filter = {}, ...target }) => {
    const id = randomUUID()
    const planId = 'plan' in target ? await insertPlan(owner, tenantId, target.plan) : null
    const subscription = 'publish' in target ? target.publish : null
    await owner.query(
      `INSERT INTO rules (tenant_id, id, name, event_type, filter, action, plan_id, subscription)
       VALUES ($1, $2, 'rule', $3, $4, '{}', $5, $6)`,
      [tenantId, id, eventType, JSON.stringify(filter), planId, subscription],
    )
    return id
  },
  subscription: async (tenantId, values = {}) => {
    const id = randomUUID()
    const letters = randomBytes(8).toString('hex').replaceAll(/[0-9]/g, '_')
    await owner.query(
      `INSERT INTO subscriptions (tenant_id, id, subscription_id, label, enabled, content, created_by, modified_by)
       VALUES ($1, $2, $3, $3, $4, $5, 'test', 'test')`,
      [
        tenantId,
        id,
        values.subscriptionId ?? letters,
        values.enabled ?? true,
        values.content ?? null,
      ],
    )
    return id
  },
  registrations: async (tenantId, subscription, values = {}) => {
    const {
      count = 1,
      from = 1,
      channel = 'email',
      language,
      enabled = true,
      prefix = 'u',
    } = values
    await owner.query(
      `INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address, language, enabled)
       SELECT $1, carillon_uuid_at((extract(epoch FROM clock_timestamp()) * 1000)::bigint, n), $2, $8 || n, $5, $8 || n || '@example.org', $6, $7
         FROM generate_series($3::int, $3::int + $4::int - 1) AS n`,
      [tenantId, subscription, from, count, channel, language ?? null, enabled, prefix],
    )
  },
})
