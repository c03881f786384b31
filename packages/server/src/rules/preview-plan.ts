/** What a plan would send for an event: addresses, words, schedule. Pure; it asks nobody and sends nothing. */
import type { Instant } from '@carillon/domain/clock'
import type { Content, Language } from '@carillon/domain/content'
import { formatDuration } from '@carillon/domain/duration'
import type { FilterEvent } from '@carillon/domain/filter'
import type { Plan, PlanStep } from '@carillon/domain/plan'
import { triesOf } from '@carillon/domain/retry'
import { ContentError, renderContent, templateScope } from '../delivery/delivery-content.ts'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { fillRoute } from '../ingest/plan-deliveries.ts'
import type { RouteIntegration } from '../integrations/find-route-integrations.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { printStep } from './make-plan.ts'
import { showWaits } from './read-retry.ts'
import type { Preview } from './schema.ts'

export type PreviewContext = {
  readonly event: FilterEvent
  readonly time: Instant
  /** Those that the plan has and that are still there. */
  readonly integrations: readonly RouteIntegration[]
  readonly connectors: ConnectorRegistry
  readonly renderer: TemplateRenderer
  readonly language: Language
}

/** The preview. What can't be rendered is a problem in it, as it would be in the delivery's timeline. */
export const previewPlan = (plan: Plan, context: PreviewContext): Preview => {
  const { addresses, orderingKey } = fillRoute(plan, { view: context.event }, context.renderer)
  const steps = plan.steps.map((step, at) => previewStep(step, addresses[at] ?? '', context))
  const words = contentOf(plan, steps[0]?.to ?? '', context)
  return {
    steps,
    ...words,
    tries: triesOf(plan.retry),
    waits: showWaits(plan.retry),
    fallback: plan.receiptWithinMs === undefined ? plan.fallback : 'no_receipt',
    receiptWithin: plan.receiptWithinMs === undefined ? null : formatDuration(plan.receiptWithinMs),
    whenOpen: plan.whenOpen,
    sendUntil: formatDuration(Math.max(1, Math.round(plan.sendForMs))),
    priority: plan.priority === 1 ? 'bulk' : 'transactional',
    orderingKey: orderingKey ?? null,
  }
}

const previewStep = (
  step: PlanStep,
  to: string,
  { integrations, connectors }: PreviewContext,
): Preview['steps'][number] => {
  const { integration } = printStep(step)
  const found = integrations.find(({ id }) => id === step.integrationId)
  if (found === undefined) {
    const problem = 'The integration was deleted.'
    return { integration, name: '', channel: '', to, problem }
  }
  const { name } = found
  const channel = found.channel ?? ''
  const connector = Object.values(connectors).find(({ id }) => id === found.connector)
  const parsed = connector?.parseAddress?.(to)
  if (parsed === undefined) {
    const problem = `There is no connector "${found.connector}" in this version.`
    return { integration, name, channel, to, problem }
  }
  return parsed.ok
    ? { integration, name, channel, to: parsed.address, problem: null }
    : { integration, name, channel, to, problem: parsed.reason }
}

/** The words that sending would make; a template that fails ends the delivery with this reason. */
const contentOf = (
  plan: Plan,
  to: string,
  { event, time, language, renderer }: PreviewContext,
): Pick<Preview, 'content' | 'contentProblem'> => {
  const { id, source, type, subject } = event
  const dataJson = JSON.stringify(event.data ?? {})
  const given = { id, source, type, subject, time, dataJson }
  const scope = templateScope(given, { to, delivery: { id: 'dlv_preview' } })
  try {
    const content = renderContent(plan.content, given, { scope, language, renderer })
    return { content: viewContent(content), contentProblem: null }
  } catch (error) {
    if (error instanceof ContentError) return { content: null, contentProblem: error.message }
    throw error
  }
}

const viewContent = ({ subject, title, text, html }: Content): NonNullable<Preview['content']> => ({
  subject: subject ?? null,
  title: title ?? null,
  text,
  html: html ?? null,
})
