/** What follows from an event: one delivery for each rule that matched, with its addresses. Pure but for the ids. */
import { isTemplate, type Plan } from '@carillon/domain/plan'
import type { IdGenerator } from '../platform/ids.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { CompiledRule } from '../rules/rule-set.ts'
import type { IncomingEvent } from './incoming-event.ts'

export type PlannedDelivery = {
  readonly id: string
  readonly ruleId: string
  readonly planId: string
  readonly addresses: readonly string[]
  readonly recipient: string
  readonly orderingKey: string | undefined
  readonly integrationId: string
  readonly priority: number
  readonly whenOpen: string
  readonly sendForMs: number
}

/**
 * One delivery a rule. An address template that can't be rendered gives an empty address: the delivery is made all the
 * same and says so in its timeline, because a rule's mistake must not lose the event.
 */
export const planDeliveries = (
  event: IncomingEvent,
  rules: readonly CompiledRule[],
  { newId, renderer }: { readonly newId: IdGenerator; readonly renderer: TemplateRenderer },
): readonly PlannedDelivery[] =>
  rules.map(({ id, planId, plan }) => {
    const { addresses, orderingKey } = fillRoute(plan, event, renderer)
    return {
      id: newId('delivery'),
      ruleId: id,
      planId,
      addresses,
      recipient: addresses.find((address) => address !== '') ?? '',
      orderingKey,
      integrationId: plan.steps[0]?.integrationId ?? '',
      priority: plan.priority,
      whenOpen: plan.whenOpen,
      sendForMs: plan.sendForMs,
    }
  })

/** The addresses of a plan's steps ('' where none can be rendered) and its ordering key, for this event. */
export const fillRoute = (
  plan: Plan,
  event: Pick<IncomingEvent, 'view'>,
  renderer: TemplateRenderer,
): { readonly addresses: readonly string[]; readonly orderingKey: string | undefined } => {
  const { steps, orderingKey } = plan
  return {
    addresses: steps.map((step) => rendered(step.to, event, renderer)),
    orderingKey:
      orderingKey === undefined ? undefined : rendered(orderingKey, event, renderer) || undefined,
  }
}

const rendered = (
  source: string,
  { view }: Pick<IncomingEvent, 'view'>,
  renderer: TemplateRenderer,
): string => {
  if (!isTemplate(source)) return source
  const { id, source: from, type, subject, time, data } = view
  const result = renderer.render(
    source,
    { data, event: { id, source: from, type, subject, time, data } },
    'none',
  )
  return result.ok ? result.text.trim().slice(0, 500) : ''
}
