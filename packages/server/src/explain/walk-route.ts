/**
 * Which step of a route a message would take now. Turns are decided by the engine's own `decideTurn`: only what it would find at
 * each step is put together here. Pure.
 */
import { addMs, instant, toIso, type Instant } from '@carillon/domain/clock'
import { ruleRetry } from '@carillon/domain/retry'
import { freshProgress, type Progress } from '@carillon/domain/route-progress'
import { decideTurn, type Fallback, type Gate, type WhenOpen } from '@carillon/domain/turn'
import { decide, type Values } from './decide.ts'
import type { Decision, Link } from './schema.ts'

/** A step with what stands in its way now. */
export type StepNow = {
  readonly to: string
  readonly channel: string
  readonly integration: { readonly id: string; readonly name: string }
  /** No address; switched off; deleted. */
  readonly problem?: { readonly kind: 'no_address' | 'integration_off'; readonly reason: string }
  readonly suppression?: { readonly id: string; readonly reason: string; readonly since: string }
  readonly breaker?: { readonly openUntil: Instant; readonly reason: string }
  readonly pausedUntil?: Instant
}

export type RouteNow = {
  readonly steps: readonly StepNow[]
  readonly fallback: Fallback
  /** How long a receipt is waited for, as people read it. */
  readonly receiptWithin?: string
  readonly whenOpen: WhenOpen
}

export type Walked = {
  readonly decisions: readonly Decision[]
  /** Absent: it reaches nobody; `because` says why. */
  readonly arrival?: { readonly step: StepNow; readonly at: Instant | undefined }
  readonly because: string
}

const dayMs = 86_400_000

/** Walks from the first step until one takes the message, or none is left. */
export const walkRoute = (route: RouteNow, now: Instant, depth: number): Walked => {
  const decisions: Decision[] = []
  let progress: Progress = freshProgress
  // Each turn passes a step over or ends; a step can be passed over twice (once in a second round).
  for (let turn = 0; turn < 2 * route.steps.length + 1; turn += 1) {
    const index = progress.step
    const step = route.steps[index]
    if (step === undefined) break
    const gate = gateOf(step)
    if (gate === undefined) {
      const at =
        step.pausedUntil !== undefined && step.pausedUntil > now ? step.pausedUntil : undefined
      decisions.push(...taken(step, index, { at, depth }), ...unneeded(route, index, depth))
      return { decisions, arrival: { step, at }, because: '' }
    }
    decisions.push(passed(step, index, { gate, depth }))
    const decision = decideTurn(
      { ...route, steps: route.steps.length, retry: ruleRetry },
      progress,
      { kind: 'gate', gate },
      contextOf(now),
    )
    if (decision.kind === 'final') return { decisions, because: decision.reason }
    if (decision.reason === 'breaker_open')
      return { decisions, arrival: { step, at: decision.dueAt }, because: decision.detail }
    if (decision.reason !== 'next_step') return { decisions, because: decision.detail }
    progress = decision.progress
  }
  return { decisions, because: 'no step of the route is left' }
}

const contextOf = (now: Instant) => ({
  now,
  random: 0,
  sendUntil: addMs(now, 30 * dayMs),
  onUnknown: 'resend' as const,
  breakerOpenMs: 0,
  attempts: 0,
})

/** In the order in which the engine looks: what can't be sent to at all, then who must not, then how it is. */
const gateOf = (step: StepNow): Gate | undefined => {
  if (step.problem !== undefined) return { kind: step.problem.kind, detail: step.problem.reason }
  if (step.suppression !== undefined)
    return { kind: 'suppressed', detail: `suppressed: ${step.suppression.reason}` }
  return step.breaker === undefined
    ? undefined
    : { kind: 'breaker_open', openUntil: step.breaker.openUntil }
}

const linkTo = ({ integration }: StepNow): Link => ({ type: 'integration', id: integration.id })

const passed = (
  step: StepNow,
  index: number,
  { gate, depth }: { readonly gate: Gate; readonly depth: number },
): Decision => {
  const { integration, suppression, breaker, problem, to } = step
  const values: Values = { step: index + 1, integration: integration.name, to }
  if (gate.kind === 'suppressed' && suppression !== undefined) {
    const { id, reason, since } = suppression
    const link: Link = { type: 'suppression', id }
    return decide(depth, 'no', 'step_suppressed', { values: { ...values, reason, since }, link })
  }
  const link = linkTo(step)
  if (breaker !== undefined && problem === undefined) {
    const { reason, openUntil } = breaker
    const told = { ...values, reason, until: toIso(instant(Math.floor(openUntil))) }
    return decide(depth, 'wait', 'step_breaker_open', { values: told, link })
  }
  const code = gate.kind === 'no_address' ? 'step_no_address' : 'step_integration_off'
  return decide(depth, 'no', code, { values: { ...values, reason: problem?.reason }, link })
}

const taken = (
  step: StepNow,
  index: number,
  { at, depth }: { readonly at: Instant | undefined; readonly depth: number },
): readonly Decision[] => {
  const { integration, channel, to } = step
  const values = { step: index + 1, integration: integration.name, channel, to }
  const link = linkTo(step)
  const found = decide(depth, 'yes', 'step_possible', { values, link })
  if (at === undefined) return [found]
  const until = toIso(instant(Math.floor(at)))
  return [found, decide(depth, 'wait', 'provider_wait', { values: { ...values, until }, link })]
}

const unneeded = (route: RouteNow, index: number, depth: number): readonly Decision[] =>
  route.steps.slice(index + 1).map((_step, at) => {
    const step = index + at + 2
    const { receiptWithin: within } = route
    return within === undefined
      ? decide(depth, 'info', 'step_not_reached', { values: { step } })
      : decide(depth, 'info', 'step_without_receipt', { values: { step, within } })
  })
