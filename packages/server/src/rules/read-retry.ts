/** Retry policies as rules write them ({"delays": ["5m", "30m"]}) and as the engine reads them. Pure. */
import { formatDuration, parseDuration } from '@carillon/domain/duration'
import type { FieldError } from '@carillon/domain/errors'
import { triesOf, type RetryPolicy } from '@carillon/domain/retry'
import type { Retry } from './schema.ts'

export type RetryResult =
  | { readonly ok: true; readonly policy: RetryPolicy }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** Shorter waits are a loop, not a retry. */
const shortestWaitMs = 10
/** Waits that a preview shows. */
const shownWaits = 20
/** A policy's waits get up to so much more (domain/retry.ts). */
const jitter = 1.1

const forms =
  '{"delays": ["5m", "30m"]}, {"every": "6m", "max": 10} or {"exponential": {"first", "cap", "max"}}'

/** The policy, or what is wrong with it; `pointer` is where it stands in the body. */
export const readRetry = (retry: Retry, pointer: string): RetryResult => {
  const errors: FieldError[] = []
  const wait = (text: string, name: string): number => {
    const ms = parseDuration(text)
    const problem =
      typeof ms !== 'number'
        ? `"${text}" ${ms.error}.`
        : ms < shortestWaitMs
          ? 'Must be at least 10ms.'
          : undefined
    if (problem !== undefined) errors.push({ pointer: `${pointer}/${name}`, detail: problem })
    return typeof ms === 'number' ? ms : 0
  }
  const policy = policyOf(retry, wait)
  if (policy === undefined) errors.push({ pointer, detail: `Write one of ${forms}.` })
  else if (policy.kind === 'exponential' && policy.capMs < policy.firstMs) {
    errors.push({
      pointer: `${pointer}/exponential/cap`,
      detail: 'Must be at least as long as `first`.',
    })
  }
  return policy === undefined || errors.length > 0 ? { ok: false, errors } : { ok: true, policy }
}

/** The one form that is there; undefined for none, several or a half one. */
const policyOf = (
  { delays, every, max, exponential }: Retry,
  wait: (text: string, name: string) => number,
): RetryPolicy | undefined => {
  const forms = [delays, every ?? max, exponential].filter((form) => form !== undefined)
  if (forms.length !== 1) return undefined
  if (delays !== undefined) {
    return { kind: 'delays', delaysMs: delays.map((text, at) => wait(text, `delays/${at}`)) }
  }
  if (exponential !== undefined) {
    const firstMs = wait(exponential.first, 'exponential/first')
    const capMs = wait(exponential.cap, 'exponential/cap')
    return { kind: 'exponential', firstMs, capMs, max: exponential.max }
  }
  if (every === undefined || max === undefined) return undefined
  return { kind: 'every', everyMs: wait(every, 'every'), max }
}

/** The longest wait before the try after `tries`, without what chance adds. */
const waitAfter = (policy: RetryPolicy, tries: number): number => {
  switch (policy.kind) {
    case 'delays':
      return policy.delaysMs[tries - 1] ?? 0
    case 'every':
      return policy.everyMs
    case 'exponential':
      return Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(tries - 1, 30))
  }
}

const waitsOf = (policy: RetryPolicy, most: number): readonly number[] =>
  Array.from({ length: Math.min(triesOf(policy) - 1, most) }, (_, at) => waitAfter(policy, at + 1))

/** All waits together at their longest, in ms: what a deadline must leave room for. */
export const longestWaitMs = (policy: RetryPolicy): number =>
  Math.ceil(waitsOf(policy, triesOf(policy)).reduce((sum, wait) => sum + wait, 0) * jitter)

/** The waits for people, the first 20: ["5m", "30m"]. */
export const showWaits = (policy: RetryPolicy): string[] =>
  waitsOf(policy, shownWaits).map((ms) => formatDuration(Math.max(1, Math.round(ms))))
