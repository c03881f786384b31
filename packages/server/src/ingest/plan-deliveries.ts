/**
 * What follows from an event: one delivery for each rule that matched and sends, with its addresses; one fan-out for each
 * that publishes. Pure but for the ids.
 */
import { isRecord } from '@carillon/domain/filter-path'
import { isTemplate, type Plan } from '@carillon/domain/plan'
import type { WhenOpen } from '@carillon/domain/turn'
import type { IdGenerator } from '../platform/ids.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { CompiledRule, CompiledTarget } from '../rules/rule-set.ts'
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
  readonly whenOpen: WhenOpen
  readonly sendForMs: number
}

/**
 * One delivery a rule, or one for each document of the event. An address template that can't be rendered gives an empty address: the delivery is made all the
 * same and says so in its timeline, because a rule's mistake must not lose the event.
 */
export const planDeliveries = (
  event: IncomingEvent,
  rules: readonly CompiledRule[],
  { newId, renderer }: { readonly newId: IdGenerator; readonly renderer: TemplateRenderer },
): readonly PlannedDelivery[] =>
  rules.flatMap(({ id, target }) =>
    target.kind === 'plan' ? planRule(event, id, target, { newId, renderer }) : [],
  )

type PlanTarget = Extract<CompiledTarget, { readonly kind: 'plan' }>
type Given = { readonly newId: IdGenerator; readonly renderer: TemplateRenderer }

const planRule = (
  event: IncomingEvent,
  ruleId: string,
  target: PlanTarget,
  given: Given,
): readonly PlannedDelivery[] => {
  const filled = fillRoute(target.plan, event, given.renderer)
  if (target.plan.forEach === undefined) return [planDelivery(ruleId, target, filled, given)]
  return documentsOf(event).map((document) =>
    planDelivery(ruleId, target, { ...filled, addresses: [document] }, given),
  )
}

/** More than any signature transaction has (sources.md B1: 20). */
const mostDocuments = 100

/** The ids of the event's documents, each once. None: one delivery all the same, which says so in its timeline. */
const documentsOf = ({ view }: IncomingEvent): readonly string[] => {
  const documents = isRecord(view.data) ? view.data['documents'] : undefined
  const ids = Array.isArray(documents)
    ? documents.slice(0, mostDocuments).map((document: unknown) => {
        const id = isRecord(document) ? document['id'] : undefined
        return typeof id === 'string' ? id.slice(0, 500) : ''
      })
    : []
  return ids.length === 0 ? [''] : [...new Set(ids)]
}

const planDelivery = (
  ruleId: string,
  { planId, plan }: PlanTarget,
  { addresses, orderingKey }: ReturnType<typeof fillRoute>,
  { newId }: Given,
): PlannedDelivery => ({
  id: newId('delivery'),
  ruleId,
  planId,
  addresses,
  recipient: addresses.find((address) => address !== '') ?? '',
  orderingKey,
  integrationId: plan.steps[0]?.integrationId ?? '',
  priority: plan.priority,
  whenOpen: plan.whenOpen,
  sendForMs: plan.sendForMs,
})

export type PlannedFanOut = {
  readonly id: string
  /** UUID. */
  readonly subscription: string
  readonly ruleId: string | undefined
  readonly origin: 'trigger' | 'rule' | 'schedule'
  readonly holdMs: number
}

/** One fan-out a publishing rule, and the one that the event itself asks for. */
export const planFanOuts = (
  { publish }: IncomingEvent,
  rules: readonly CompiledRule[],
  { newId }: { readonly newId: IdGenerator },
): readonly PlannedFanOut[] => {
  const planned: PlannedFanOut[] = []
  if (publish !== undefined) {
    const { fanOutId: id, subscription, origin, holdMs } = publish
    planned.push({ id, subscription, origin, holdMs, ruleId: undefined })
  }
  for (const { id: ruleId, target } of rules) {
    if (target.kind !== 'publish') continue
    const { subscription } = target
    planned.push({ id: newId('fanOut'), subscription, ruleId, origin: 'rule', holdMs: 0 })
  }
  return planned
}

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
