/**
 * When to try again: a policy as data and the arithmetic on it. Knows nothing of routes (`turn.ts`) or providers.
 */
import { addMs, type Instant } from './clock.ts'

/** `delays`: so many waits, so one more try than delays. `every`: the same wait up to `max` tries. `exponential`: full jitter on a capped doubling, `max` tries. */
export type RetryPolicy =
  | { readonly kind: 'delays'; readonly delaysMs: readonly number[] }
  | { readonly kind: 'every'; readonly everyMs: number; readonly max: number }
  | {
      readonly kind: 'exponential'
      readonly firstMs: number
      readonly capMs: number
      readonly max: number
    }

const minute = 60_000
const hour = 60 * minute

/** Rules: at once, after 5 min, after 30 min (the PEC notifier's schedule). */
export const ruleRetry: RetryPolicy = { kind: 'delays', delaysMs: [5 * minute, 30 * minute] }

/** Campaigns: every 6 min, at most 10 rounds (the campaign service's schedule). */
export const campaignRetry: RetryPolicy = { kind: 'every', everyMs: 6 * minute, max: 10 }

/** Webhooks: the schedule of the Standard Webhooks specification (5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h). */
export const webhookRetry: RetryPolicy = {
  kind: 'delays',
  delaysMs: [
    5_000,
    5 * minute,
    30 * minute,
    2 * hour,
    5 * hour,
    10 * hour,
    14 * hour,
    20 * hour,
    24 * hour,
  ],
}

/** How many tries the policy gives in all. At least 1: whatever `max` says, the first try is not a retry. */
export const triesOf = (policy: RetryPolicy): number =>
  policy.kind === 'delays' ? policy.delaysMs.length + 1 : Math.max(1, policy.max)

/**
 * When to try next. `tries` is how many have been made (>= 1), `random` a number in [0, 1).
 * Returns the time, or undefined when the policy is used up.
 * The `every` and `delays` waits get up to 10 % more so that a crowd which failed together does not come back together.
 */
export const nextTry = (
  policy: RetryPolicy,
  {
    tries,
    now,
    random,
  }: { readonly tries: number; readonly now: Instant; readonly random: number },
): Instant | undefined => {
  if (tries >= triesOf(policy)) return undefined
  return addMs(now, waitMs(policy, tries, random))
}

const waitMs = (policy: RetryPolicy, tries: number, random: number): number => {
  switch (policy.kind) {
    case 'delays':
      return (policy.delaysMs[tries - 1] ?? 0) * (1 + random * 0.1)
    case 'every':
      return policy.everyMs * (1 + random * 0.1)
    case 'exponential':
      // Full jitter spreads best (AWS, "Exponential backoff and jitter"); the floor keeps a zero draw from becoming a tight loop.
      return Math.max(
        Math.min(policy.capMs, policy.firstMs) / 4,
        random * Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(tries - 1, 30)),
      )
  }
}
