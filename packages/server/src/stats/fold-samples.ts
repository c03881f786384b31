/** Samples of counters become sums of spans of time. Pure. */
import type { Instant } from '@carillon/domain/clock'

export const countNames = [
  'created',
  'attempts',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const
export type Counts = Readonly<Record<(typeof countNames)[number], number>>

/** The counters of one integration and day (UTC) as they stood at the end of the five minutes that begin at `at`. */
export type Sample = {
  readonly integration_id: string
  readonly day: string
  readonly at: Instant
} & Counts

/** What happened to one integration in the five minutes that begin at `at`. */
export type Step = { readonly integrationId: string; readonly at: Instant; readonly counts: Counts }

const nothing: Counts = {
  created: 0,
  attempts: 0,
  sent: 0,
  delivered: 0,
  bounced: 0,
  failed: 0,
  expired: 0,
  suppressed: 0,
  canceled: 0,
  skipped: 0,
}

/**
 * Differences between samples, which come ordered by integration, day and time. `sent` of the counters is a state that
 * receipts move on from; here it is all that providers have taken, so it never falls.
 */
export const stepsOf = (samples: readonly Sample[]): readonly Step[] =>
  samples.map((sample, index) => {
    const before = samples[index - 1]
    const isSameDay = before?.integration_id === sample.integration_id && before.day === sample.day
    return {
      integrationId: sample.integration_id,
      at: sample.at,
      counts: difference(taken(sample), isSameDay ? taken(before) : nothing),
    }
  })

const taken = (counts: Counts): Counts => ({
  ...counts,
  sent: counts.sent + counts.delivered + counts.bounced,
})

const difference = (after: Counts, before: Counts): Counts =>
  combine(after, before, (one, other) => Math.max(0, one - other))

const combine = (
  one: Counts,
  other: Counts,
  by: (one: number, other: number) => number,
): Counts => ({
  created: by(one.created, other.created),
  attempts: by(one.attempts, other.attempts),
  sent: by(one.sent, other.sent),
  delivered: by(one.delivered, other.delivered),
  bounced: by(one.bounced, other.bounced),
  failed: by(one.failed, other.failed),
  expired: by(one.expired, other.expired),
  suppressed: by(one.suppressed, other.suppressed),
  canceled: by(one.canceled, other.canceled),
  skipped: by(one.skipped, other.skipped),
})

/** The sum of the steps that begin in [from, until). */
export const sumBetween = (steps: readonly Step[], from: number, until: number): Counts =>
  steps.reduce(
    (sum, { at, counts }) =>
      at >= from && at < until ? combine(sum, counts, (one, other) => one + other) : sum,
    nothing,
  )

/** The sums of `count` spans of `stepMs` from `from` on, in one walk over the steps. */
export const sumSpans = (
  steps: readonly Step[],
  {
    from,
    stepMs,
    count,
  }: { readonly from: number; readonly stepMs: number; readonly count: number },
): readonly Counts[] => {
  const sums = Array.from({ length: count }, () => nothing)
  for (const { at, counts } of steps) {
    const index = Math.floor((at - from) / stepMs)
    const sum = sums[index]
    if (sum !== undefined) sums[index] = combine(sum, counts, (one, other) => one + other)
  }
  return sums
}
