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

export type Given = {
  /** Returns the tenant's id. */
  readonly tenant: (slug?: string) => Promise<string>
  /** Returns the integration's id. */
  readonly integration: (tenantId: string, values?: GivenIntegration) => Promise<string>
  /** A rule that notifies; returns its id. */
  readonly rule: (
    tenantId: string,
    values: {
      readonly plan: Partial<Plan> & Pick<Plan, 'steps'>
      readonly eventType?: string
      readonly filter?: unknown
    },
  ) => Promise<string>
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
  rule: async (tenantId, { plan, eventType = '*', filter = {} }) => {
    const body: Plan = {
      retry: ruleRetry,
      fallback: 'at_once',
      whenOpen: plan.steps.length > 1 ? 'fallback' : 'hold',
      sendForMs: defaultSendForMs,
      priority: 0,
      ...plan,
    }
    const [id, planId] = [randomUUID(), randomUUID()]
    await owner.query('INSERT INTO plans (tenant_id, id, hash, body) VALUES ($1, $2, $3, $4)', [
      tenantId,
      planId,
      createHash('sha256').update(planId).digest(),
      body,
    ])
    await owner.query(
      `INSERT INTO rules (tenant_id, id, name, event_type, filter, action, plan_id) VALUES ($1, $2, 'rule', $3, $4, '{}', $5)`,
      [tenantId, id, eventType, JSON.stringify(filter), planId],
    )
    return id
  },
})
