/**
 * The plans of a chunk's deliveries, stored by their content: one for each text, channel and integration. Not for a rule's
 * plan (`rules/save-plan.ts`), whose words are the tenant's templates with a policy of its own.
 */
import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { Language } from '@carillon/domain/content'
import type { TenantId } from '@carillon/domain/ids'
import { defaultSendForMs, type Plan, type PlanContent } from '@carillon/domain/plan'
import { ruleRetry, webhookRetry } from '@carillon/domain/retry'
import { uuids, texts } from '../platform/db/binary-array.ts'
import { query } from '../platform/db/statement.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { longestWaitMs } from '../rules/read-retry.ts'
import { canonicalJson } from '../rules/save-plan.ts'
import * as sql from './queries/chunks.ts'

/** After the last wait of the schedule there must be time for the last try, as for rules. */
const lastTryMs = 3_600_000

/** A plan of one step, whose address is the registration's. `priority` 1: bulk. */
export const planOf = (given: {
  readonly integrationId: string
  readonly channel: string
  readonly content: PlanContent
  readonly priority: 0 | 1
  readonly language: Language
}): Plan => {
  const { integrationId, channel, content, priority, language } = given
  const retry = channel === 'webhook' ? webhookRetry : ruleRetry
  return {
    steps: [{ integrationId, to: '' }],
    content,
    retry,
    fallback: 'at_once',
    whenOpen: 'hold',
    sendForMs: Math.max(defaultSendForMs, longestWaitMs(retry) + lastTryMs),
    priority,
    language,
  }
}

export type HashedPlan = { readonly hash: string; readonly body: string }

/** SHA-256 of the plan's content in hex, as the table has it, and the content. */
export const hashPlan = (plan: Plan): HashedPlan => {
  const body = canonicalJson(plan)
  return { hash: createHash('sha256').update(body).digest('hex'), body }
}

/** Stores those that the tenant does not have. */
export const savePlans = async (
  db: Pool | PoolClient,
  tenantId: TenantId,
  { plans, newId }: { readonly plans: readonly HashedPlan[]; readonly newId: IdGenerator },
): Promise<void> => {
  const distinct = [...new Map(plans.map((plan) => [plan.hash, plan])).values()]
  if (distinct.length === 0) return
  await query(db, sql.savePlans, [
    tenantId,
    uuids(distinct, () => newId('plan')),
    texts(distinct, ({ hash }) => hash),
    texts(distinct, ({ body }) => body),
  ])
}
