/** What followed from an event, from what is on record: which rules made deliveries, and how each of these went. */
import type { findDelivery } from '../delivery/find-delivery.ts'
import type { Explanation } from './explained-rule.ts'
import { conclude, decide, type Values } from './decide.ts'
import type { Person } from './person.ts'
import type { FanOutNow } from './queries.ts'
import { otherTypes, ruleDecisions } from './rule-decisions.ts'
import type { Decision, ExplainAnswer } from './schema.ts'

export type DeliveryDetail = Awaited<ReturnType<typeof findDelivery>>

export type Past = {
  readonly rules: readonly Explanation[]
  /** Of the person, where there is one. */
  readonly deliveries: readonly DeliveryDetail[]
  /** Rules that made deliveries for others. */
  readonly otherRules: ReadonlySet<string>
  readonly fanOuts: readonly FanOutNow[]
  readonly person: Person | undefined
}

/** The decisions and what they come to. Pure. */
export const explainPast = (past: Past): Pick<ExplainAnswer, 'decisions' | 'conclusion'> => {
  const { rules, deliveries, fanOuts, otherRules } = past
  const ofRules = rules.flatMap((rule) => {
    const made = deliveries.filter(
      (delivery) => delivery.rule === rule.ruleId && delivery.fanOut === null,
    )
    const hasMatched = made.length > 0 || otherRules.has(rule.ruleId ?? '')
    const own = ruleDecisions(rule, hasMatched)
    return own === undefined ? [] : [...own, ...made.flatMap((one) => deliveryDecisions(one, 2))]
  })
  const known = new Set(rules.map(({ ruleId }) => ruleId))
  const rest = deliveries.filter(({ rule, fanOut }) => fanOut !== null || !known.has(rule))
  return {
    decisions: [
      ...ofRules,
      ...fanOuts.map(fanOutDecision),
      ...rest.flatMap((one) => deliveryDecisions(one, 1)),
      ...otherTypes(rules.filter(({ typeMatches }) => !typeMatches).length),
    ],
    conclusion: concludePast(past),
  }
}

const fanOutDecision = (fanOut: FanOutNow): Decision => {
  const { subscription_id: id, label, state, made, skipped, error_message: reason } = fanOut
  const link = { type: 'subscription', id } as const
  return state === 'failed'
    ? decide(1, 'no', 'fan_out_failed', { values: { label, reason }, link })
    : decide(1, 'info', 'fan_out', { values: { label, made, skipped }, link })
}

const hasArrived = ({ state }: DeliveryDetail): boolean => state === 'sent' || state === 'delivered'
const isOpen = ({ state }: DeliveryDetail): boolean => state === 'pending' || state === 'sending'

const verdictOf = (delivery: DeliveryDetail): Decision['verdict'] => {
  if (hasArrived(delivery)) return 'yes'
  return isOpen(delivery) ? 'wait' : 'no'
}

/** A delivery's line, its turns, what it waits for, and its receipts. */
export const deliveryDecisions = (delivery: DeliveryDetail, depth: number): readonly Decision[] => {
  const { id, channel, to, state } = delivery
  const link = { type: 'delivery', id } as const
  const head = decide(depth, verdictOf(delivery), 'delivery', {
    values: { channel, to, state },
    link,
    at: delivery.createdAt,
  })
  const receipts = delivery.receipts.map((receipt) =>
    decide(depth + 1, receipt.kind === 'bounced' ? 'no' : 'info', 'receipt', {
      values: { kind: receipt.kind },
      at: receipt.at,
    }),
  )
  return [head, ...turnDecisions(delivery, depth + 1), ...waiting(delivery, depth + 1), ...receipts]
}

const turnDecisions = (delivery: DeliveryDetail, depth: number): readonly Decision[] => {
  let number = 0
  return delivery.timeline.map((turn) => {
    const link = { type: 'integration', id: turn.integration } as const
    if (turn.outcome === null) {
      const values = { step: turn.step + 1, reason: turn.reason, state: turn.state }
      const code = turn.state === 'pending' ? 'passed_over' : 'ended'
      return decide(depth, 'no', code, { values, link, at: turn.at })
    }
    const attempt = delivery.attempts[number]
    number += 1
    const values: Values = {
      number: attempt?.number,
      outcome: turn.outcome,
      reason: turn.reason,
      httpStatus: attempt?.httpStatus,
      ms: attempt?.durationMs,
    }
    const verdict = turn.outcome === 'accepted' ? 'yes' : 'no'
    return decide(depth, verdict, 'attempt', { values, link, at: turn.at })
  })
}

const waiting = (
  { state, pendingReason, dueAt }: DeliveryDetail,
  depth: number,
): readonly Decision[] =>
  state === 'pending'
    ? [decide(depth, 'wait', 'waits', { values: { reason: pendingReason, until: dueAt } })]
    : []

/** The best of what happened: it got there, it may still, or why it did not. */
const concludePast = (past: Past): ExplainAnswer['conclusion'] => {
  const { deliveries } = past
  const person = past.person?.name
  const arrived = deliveries.find(hasArrived)
  if (arrived !== undefined) {
    const { channel, sentAt: at, state, to } = arrived
    return conclude('yes', 'got', { person: person ?? to, channel, at, state })
  }
  const open = deliveries.find(isOpen)
  if (open !== undefined) {
    const because = open.timeline.at(-1)?.reason ?? open.pendingReason ?? open.state
    return conclude('wait', 'not_yet', { person: person ?? open.to, because, at: open.dueAt })
  }
  const last = deliveries.at(-1)
  const because = last === undefined ? noDelivery(past) : `${last.state}: ${last.lastError ?? ''}`
  return conclude('no', 'got_nothing', { person: person ?? last?.to ?? null, because })
}

const noDelivery = ({ rules, person, otherRules, fanOuts }: Past): string => {
  if (person !== undefined && (otherRules.size > 0 || fanOuts.length > 0))
    return 'what the event led to was for others'
  const near = rules.find(({ typeMatches, enabled }) => typeMatches && enabled)
  if (near !== undefined && !near.filterMatches)
    return `the conditions of rule "${near.name}" do not hold`
  const off = rules.find(({ typeMatches, enabled }) => typeMatches && !enabled)
  if (off !== undefined) return `rule "${off.name}" is switched off`
  return 'no rule was for this type of event'
}
