/** The way of a registration: by which integration and with which plan, or why by none. Pure. */
import { builtinLanguage } from '@carillon/domain/content'
import type { PlanContent } from '@carillon/domain/plan'
import { contentForRegistration } from '../subscriptions/content-for-registration.ts'
import type { SubscriptionContent, Task } from './load-task.ts'
import { hashPlan, planOf, type HashedPlan } from './save-plans.ts'

/** A plan with what its deliveries need beside it, or the reason why a registration gets none. */
export type Way =
  | {
      readonly ok: true
      readonly plan: HashedPlan
      readonly integrationId: string
      readonly sendForMs: number
    }
  | { readonly ok: false; readonly reason: string }

/** More than this is bulk: the tenant's single messages go first. */
const bulkFrom = 1_001

/** 1 (bulk) for large audiences. */
export const priorityOf = (audience: number): 0 | 1 => (audience >= bulkFrom ? 1 : 0)

/** Whether messages of this channel can leave: the tenant's default integration, or why there is none. */
export const integrationFor = (
  { defaults }: Pick<Task, 'defaults'>,
  channel: string,
): { readonly ok: true; readonly id: string } | { readonly ok: false; readonly reason: string } => {
  const found = defaults.get(channel)
  if (found === undefined) {
    return { ok: false, reason: `no default integration for the channel "${channel}"` }
  }
  return found.enabled
    ? { ok: true, id: found.id }
    : { ok: false, reason: `the default integration for the channel "${channel}" is switched off` }
}

export type Recipient = { readonly channel: string; readonly language: string | null }

/** The way of this content by this channel, for a registration of this language. */
export const wayOf = (
  task: Pick<Task, 'defaults' | 'tenantLanguage'>,
  { channel, language }: Recipient,
  { content, priority }: { readonly content: PlanContent; readonly priority: 0 | 1 },
): Way => {
  const integration = integrationFor(task, channel)
  if (!integration.ok) return integration
  const plan = planOf({
    integrationId: integration.id,
    channel,
    content,
    priority,
    language: builtinLanguage(language) ?? task.tenantLanguage,
  })
  const { sendForMs } = plan
  return { ok: true, plan: hashPlan(plan), integrationId: integration.id, sendForMs }
}

/** The way by the subscription's own templates. */
export const wayByTemplates = (
  task: Pick<Task, 'defaults' | 'tenantLanguage'>,
  { channel, language }: Recipient,
  { content, priority }: { readonly content: SubscriptionContent; readonly priority: 0 | 1 },
): Way => {
  const { tenantLanguage } = task
  const chosen = contentForRegistration(content, { channel, language, tenantLanguage })
  return chosen === undefined
    ? { ok: false, reason: `no text for the channel "${channel}"` }
    : wayOf(task, { channel, language }, { content: chosen.content, priority })
}
