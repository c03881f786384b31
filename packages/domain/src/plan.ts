/**
 * A plan: the immutable snapshot of how deliveries are to be made, stored once and referred to by many. A rule's `notify`
 * action becomes one when it is saved. Changing the rule makes a new plan; what was accepted keeps the old one.
 */
import type { Language } from './content.ts'
import type { RetryPolicy } from './retry.ts'
import type { Fallback, RoutePolicy, WhenOpen } from './turn.ts'
import type { DailyWindow } from './window.ts'

export type PlanStep = {
  /** UUID of the integration. */
  readonly integrationId: string
  /** An address, or a Liquid template over the event that gives one. */
  readonly to: string
  /** Instead of the plan's own content. */
  readonly content?: PlanContent
}

/** Templates (Liquid) of the message. Absent in a plan: the built-in text of the event's type. */
export type PlanContent = {
  /** The parts are the message itself, as a function wrote it: braces in them mean nothing, and no other part is added. */
  readonly literal?: true
  readonly subject?: string
  readonly text?: string
  readonly html?: string
}

export type Plan = {
  readonly steps: readonly PlanStep[]
  readonly content?: PlanContent
  /** The hours in which it may be sent, in the delivery's time zone. */
  readonly window?: DailyWindow
  /** The recipient's. Absent: the tenant's. */
  readonly language?: Language
  readonly retry: RetryPolicy
  readonly fallback: Fallback
  /** In ms. A step that accepted the message hands on all the same when no receipt says in this time that it arrived. */
  readonly receiptWithinMs?: number
  readonly whenOpen: WhenOpen
  /** `send_until` is this long after the event was accepted, in ms. */
  readonly sendForMs: number
  readonly priority: 0 | 1
  /** Template; deliveries with the same result go one at a time, in order. */
  readonly orderingKey?: string
  /** One delivery for each of `data.documents`, to the document's id, instead of one to the steps' addresses. */
  readonly forEach?: 'documents'
}

/** Everything ends: without a `sendUntil` of its own a delivery is given up after three days. */
export const defaultSendForMs = 3 * 24 * 3_600_000

/** The part of a plan that decides turns. */
export const policyOf = (plan: Plan): RoutePolicy => ({
  steps: plan.steps.length,
  retry: plan.retry,
  fallback: plan.fallback,
  ...(plan.receiptWithinMs === undefined ? {} : { receiptWithinMs: plan.receiptWithinMs }),
  whenOpen: plan.whenOpen,
})

/** Does this text have something for the template engine to do? */
export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%')
