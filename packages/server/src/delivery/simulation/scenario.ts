/**
 * What a seed stands for: the tenants' set-up, the deliveries and the faults, each drawn with its own probability
 * ("swarm": a seed that never pauses finds other bugs than one that always does). Values only.
 */
import type { BreakerPolicy } from '@carillon/domain/breaker'
import type { Plan, PlanStep } from '@carillon/domain/plan'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { RetryPolicy } from '@carillon/domain/retry'
import { drawCampaigns, type CampaignScenario } from './campaign-scenario.ts'
import type { Prng } from './prng.ts'
import { withReceipts } from './receipt-scenario.ts'

/** What a provider does with an exchange. */
export const behaviours = [
  'ok',
  'slow_ok',
  'server_error',
  'reset',
  'hang',
  'accepted_then_timeout',
  'retry_after_message',
  'retry_after_recipient',
  'retry_after_integration',
  'defer',
  'recipient_rejected',
  'recipient_suppressed',
  'message_rejected',
  'integration_rejected',
  'moved',
  'throws',
] as const
export type Behaviour = (typeof behaviours)[number]

export type SimIntegration = {
  readonly tenantId: string
  readonly integrationId: string
  readonly channel: string
  readonly onUnknown: 'resend' | 'hold'
  readonly concurrency: number
  readonly weight: number
  readonly rate: RateLimit | undefined
  readonly recipientLimit: RateLimit | undefined
  readonly breaker: BreakerPolicy
  /** Its provider's habits: a behaviour is drawn by weight. */
  readonly habits: readonly { readonly behaviour: Behaviour; readonly weight: number }[]
  /** Connectors give up after this long. */
  readonly timeoutMs: number
}

export type SimPlan = Plan & {
  readonly id: string
  readonly tenantId: string
}

export type SimDelivery = {
  readonly afterMs: number
  readonly planId: string
  readonly addresses: readonly string[]
}

export type SimFaults = {
  /** The store fails before anything was applied. */
  readonly failBefore: number
  /** The store applied it, and the answer is lost. */
  readonly answerLost: number
  /** Each way takes up to this long. */
  readonly latencyMs: number
  /** A call takes some seconds. */
  readonly slow: number
  /** Another transaction holds the row. */
  readonly locked: number
  /** At each call and answer: the process is gone. */
  readonly crash: number
  /** At each call and answer: the process stands still for up to a minute. */
  readonly pause: number
  /** A worker's clock is off by up to this much. */
  readonly clockMs: number
  /** Somebody moves the clock of a machine. Times a second, over all workers, as all that follow. */
  readonly clockMoves: number
  readonly wakes: number
  readonly stops: number
  readonly toggles: number
  readonly closes: number
  readonly cancels: number
  readonly resends: number
  readonly shortens: number
}

export type Scenario = {
  /** Nothing ever fails: then everything must go out, and soon. */
  readonly isCalm: boolean
  readonly leaseMs: number
  readonly pollMs: number
  readonly concurrency: number
  readonly workers: number
  readonly sweepers: number
  /** Faults end after this long. */
  readonly chaosMs: number
  readonly integrations: readonly SimIntegration[]
  readonly plans: readonly SimPlan[]
  readonly deliveries: readonly SimDelivery[]
  readonly faults: SimFaults
} & CampaignScenario

/** Draws a scenario. */
export const drawScenario = (prng: Prng, seed: number): Scenario => {
  const integrations = Array.from({ length: prng.int(1, 4) }, (_, index) =>
    drawIntegration(prng, index),
  )
  const plans = withReceipts(
    Array.from({ length: prng.int(1, 3) }, (_, index) => drawPlan(prng, index, integrations)),
    seed,
  )
  const chaosMs = prng.int(5, 40) * 1_000
  const burst = prng.chance(0.5)
  return {
    isCalm: prng.chance(0.15),
    leaseMs: prng.pick([6_000, 6_000, 12_000, 30_000]),
    pollMs: prng.pick([500, 1_000, 2_000]),
    concurrency: prng.pick([1, 2, 4, 8, 64]),
    workers: prng.pick([1, 2, 3, 3]),
    sweepers: prng.pick([1, 1, 2]),
    chaosMs,
    integrations,
    plans,
    deliveries: Array.from({ length: prng.int(2, 24) }, () => ({
      afterMs: burst || prng.chance(0.5) ? 0 : prng.int(0, chaosMs),
      ...drawRecipient(prng, plans),
    })),
    faults: drawFaults(prng),
    ...drawCampaigns(seed, plans),
  }
}

const drawRecipient = (
  prng: Prng,
  plans: readonly SimPlan[],
): Pick<SimDelivery, 'planId' | 'addresses'> => {
  const plan = plans[prng.int(0, plans.length - 1)]
  if (plan === undefined) throw new Error('a scenario has plans')
  return {
    planId: plan.id,
    addresses: plan.steps.map(() => (prng.chance(0.03) ? '' : `a${prng.int(1, 5)}`)),
  }
}

const drawIntegration = (prng: Prng, index: number): SimIntegration => ({
  tenantId: prng.pick(['t1', 't1', 't2']),
  integrationId: `i${index + 1}`,
  channel: prng.pick(['mail', 'sms']),
  onUnknown: prng.chance(0.15) ? 'hold' : 'resend',
  concurrency: prng.pick([1, 2, 8, 64]),
  weight: prng.pick([1, 1, 4]),
  rate: prng.chance(0.3) ? drawRate(prng, [2, 5, 20]) : undefined,
  recipientLimit: prng.chance(0.2) ? drawRate(prng, [1, 2]) : undefined,
  breaker: { failures: prng.int(1, 5), openMs: prng.pick([1_000, 5_000, 15_000]) },
  habits: drawHabits(prng),
  timeoutMs: prng.pick([3_000, 10_000, 20_000]),
})

const drawRate = (prng: Prng, n: readonly [number, ...number[]]): RateLimit => ({
  n: prng.pick(n),
  perMs: prng.pick([1_000, 3_000]),
  burst: prng.pick([1, 1, 3]),
})

const drawHabits = (prng: Prng): SimIntegration['habits'] => {
  const isDead = prng.chance(0.1)
  const hostility = prng.pick([0, 0.2, 0.5, 0.9])
  return behaviours.map((behaviour) => {
    if (behaviour === 'ok') return { behaviour, weight: isDead ? 0 : 1 - hostility + 0.05 }
    const isDrawn = prng.chance(0.4)
    return { behaviour, weight: isDrawn ? hostility * prng.next() * 0.4 + 1e-9 : 1e-9 }
  })
}

const drawPlan = (prng: Prng, index: number, all: readonly SimIntegration[]): SimPlan => {
  const first = all[prng.int(0, all.length - 1)]
  if (first === undefined) throw new Error('a scenario has integrations')
  const mine = all.filter((integration) => integration.tenantId === first.tenantId)
  const steps = Array.from({ length: prng.int(1, 3) }, (): PlanStep => {
    const to = mine[prng.int(0, mine.length - 1)] ?? first
    return { integrationId: to.integrationId, to: '' }
  })
  return {
    id: `p${index + 1}`,
    tenantId: first.tenantId,
    steps,
    retry: drawRetry(prng),
    fallback: prng.pick(['at_once', 'after_retries']),
    whenOpen: prng.pick(['hold', 'hold', 'fallback', 'skip']),
    sendForMs: prng.pick([4_000, 20_000, 60_000, 90_000, 120_000]),
    priority: prng.pick([0, 1]),
    ...(prng.chance(0.2) ? { orderingKey: `k${index}` } : {}),
  }
}

const drawRetry = (prng: Prng): RetryPolicy => {
  switch (prng.int(0, 2)) {
    case 0:
      return {
        kind: 'delays',
        delaysMs: Array.from({ length: prng.int(0, 4) }, () => prng.int(0, 8_000)),
      }
    case 1:
      return { kind: 'every', everyMs: prng.int(200, 6_000), max: prng.int(1, 6) }
    default:
      return { kind: 'exponential', firstMs: 500, capMs: 8_000, max: prng.int(1, 6) }
  }
}

/** Each kind of fault is off in most seeds, so that what is found has few causes. */
const drawFaults = (prng: Prng): SimFaults => {
  const at = (share: number, most: number): number => (prng.chance(share) ? prng.next() * most : 0)
  return {
    failBefore: at(0.4, 0.2),
    answerLost: at(0.4, 0.2),
    latencyMs: prng.pick([1, 10, 100]),
    slow: at(0.2, 0.03),
    locked: at(0.3, 0.3),
    crash: at(0.4, 0.02),
    pause: at(0.5, 0.05),
    clockMs: prng.pick([0, 400, 900, 5_000]),
    clockMoves: at(0.2, 0.2),
    wakes: at(0.3, 3),
    stops: at(0.3, 0.1),
    toggles: at(0.2, 0.1),
    closes: at(0.2, 0.2),
    cancels: at(0.3, 0.3),
    resends: at(0.3, 0.2),
    shortens: at(0.3, 0.2),
  }
}
