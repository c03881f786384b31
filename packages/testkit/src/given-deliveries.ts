/** Deliveries as they stand in the database when they have ended, or wait: for tests of what reads them. Not made by the engine. */
import { createSystemIdGenerator } from '@carillon/server/platform/ids'
import type { Pool } from 'pg'
import { given } from './given.ts'

export type GivenDelivery = {
  readonly to: string
  readonly state: string
  /** Default: of the rule that is made for all. */
  readonly ruleId?: string
  readonly integrationId?: string
}

const newId = createSystemIdGenerator()

/** Stores them with one event and one rule, in this order; returns their UUIDs, oldest first. */
export const givenDeliveries = async (
  owner: Pool,
  { tenantId, integrationId }: { readonly tenantId: string; readonly integrationId: string },
  deliveries: readonly GivenDelivery[],
): Promise<readonly string[]> => {
  const event = newId('event')
  await owner.query(
    `INSERT INTO events (tenant_id, id, source, source_id, type, time, data) VALUES ($1, $2::uuid, 'test', $2::text, 'order.paid', now(), '{}')`,
    [tenantId, event],
  )
  const rule = await given(owner).rule(tenantId, {
    plan: { steps: [{ integrationId, to: '{{ data.to }}' }] },
  })
  const ids: string[] = []
  for (const wanted of deliveries) {
    const id = newId('delivery')
    ids.push(id)
    await owner.query(insertOne, [
      tenantId,
      id,
      event,
      wanted.ruleId ?? rule,
      rule,
      wanted.to,
      wanted.state,
      wanted.integrationId ?? integrationId,
    ])
  }
  return ids
}

const insertOne = `
WITH made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, created_at)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::uuid, r.plan_id, ARRAY[$6::text], $6::text, now() + interval '1 day', now()
    FROM rules r WHERE r.tenant_id = $1 AND r.id = $5::uuid
), open AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
  SELECT $1::uuid, $2::uuid, $8::uuid, now() + interval '1 hour', now() + interval '1 day' WHERE $7::text = 'pending'
)
INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, reason, step, integration_id, started_at, duration_ms, settled_at)
SELECT $1::uuid, $2::uuid, 1, $7::text, 'retry', 1, 'test', 0, $8::uuid, now(), 5, now() WHERE $7::text <> 'pending'`
