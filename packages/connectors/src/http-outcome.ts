/**
 * What an HTTP exchange came to, for every connector alike: transport failures, status codes, Retry-After, and the
 * evidence with secrets taken out. What a vendor's body means is the connector's own business (`read`).
 */
import { addMs, type Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import type { HttpReply, HttpResponse } from './http-port.ts'

const second = 1_000

/** The longest wait that a provider may impose: a receiver must not be able to park a message for a month (reliability.md 3b). */
export const retryAfterCapMs = 24 * 60 * 60 * second

/** The wait after a 429 that names none: Svix waits at least a minute after a 429 (channels.md 7.2). */
export const throttledMs = 60 * second

/** Words of a provider that are kept, in UTF-16 units (`Evidence.providerMessage`). */
export const providerMessageMax = 2_000

export type OutcomeOptions = {
  readonly now: Instant
  /** Values that must not appear in any text of the outcome: tokens, keys, secret URLs. Empty ones are ignored. */
  readonly secrets?: readonly (string | undefined)[]
  /** The connector's reading of an answer (any status). Returns undefined to leave it to the common mapping. */
  readonly read?: (response: HttpResponse) => Outcome | undefined
}

/**
 * Maps the reply of one HTTP exchange to an outcome, with `httpStatus` and `providerMessage` (of a failure the
 * body, unless `read` gave one). The common mapping of a status: 2xx accepted without ids · 3xx retry (never followed) · 401, 402, 403, 407
 * integration_rejected · 408, 425, 5xx retry · 429 retry of the integration · other 4xx message_rejected.
 * Never throws.
 */
export const outcomeOfReply = (reply: HttpReply, options: OutcomeOptions): Outcome => {
  if (reply.kind !== 'response') return cleaned(outcomeOfFailure(reply), options.secrets)
  const outcome = options.read?.(reply) ?? outcomeOfStatus(reply, options.now)
  // What was accepted needs no words: a receiver's "ok" would be stored with every attempt for nothing.
  const hasWords = outcome.kind !== 'accepted' && reply.body.trim() !== ''
  const evidence = {
    httpStatus: reply.status,
    ...(hasWords ? { providerMessage: reply.body } : {}),
  }
  return cleaned({ ...evidence, ...outcome }, options.secrets)
}

const outcomeOfFailure = (reply: Exclude<HttpReply, HttpResponse>): Outcome => {
  // The request left: it may have been carried out (delivery.md section 3).
  if (reply.kind === 'no_answer') {
    return { kind: 'unknown', reason: `no answer (${reply.reason}): ${reply.message}` }
  }
  // A target that is not allowed stays so until somebody changes the settings or the allow-list; the port's message says which.
  if (reply.reason === 'blocked') {
    return { kind: 'integration_rejected', reason: `target not allowed: ${reply.message}` }
  }
  const reason = `not sent (${reply.reason}): ${reply.message}`
  // Stopped by ourselves before a byte had left: says nothing about the provider, so it neither uses up an attempt nor
  // counts as a failure of the integration, which is what `afterMs` means to the engine.
  if (reply.reason === 'aborted') return { kind: 'retry', scope: 'message', reason, afterMs: 0 }
  return { kind: 'retry', scope: 'message', reason }
}

const refusedStatuses: ReadonlySet<number> = new Set([401, 402, 403, 407])
const transientStatuses: ReadonlySet<number> = new Set([408, 425])
/** Standard Webhooks counts 429, 502 and 504 as throttling; RFC 9110 10.2.3 ties Retry-After to 503. */
const throttlingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504])

const outcomeOfStatus = (response: HttpResponse, now: Instant): Outcome => {
  const { status } = response
  const reason = `HTTP ${status}`
  if (status >= 200 && status < 300) return { kind: 'accepted', ids: [] }
  if (throttlingStatuses.has(status)) return throttled(response, now)
  if (refusedStatuses.has(status)) {
    return {
      kind: 'integration_rejected',
      reason: `${reason}: the credentials or rights were refused`,
    }
  }
  // Svix and Standard Webhooks: a redirect is a failure. It is retried because a maintenance page redirects too.
  if (status >= 300 && status < 400) {
    return { kind: 'retry', scope: 'message', reason: `${reason}: redirects are not followed` }
  }
  if (status >= 400 && status < 500 && !transientStatuses.has(status)) {
    return { kind: 'message_rejected', reason: `${reason}: the request was refused` }
  }
  return { kind: 'retry', scope: 'message', reason: `${reason}: the server failed` }
}

const throttled = (response: HttpResponse, now: Instant): Outcome => {
  const reason = `HTTP ${response.status}: the server asks to slow down`
  const askedMs = parseRetryAfter(response.headers['retry-after'], now)
  const afterMs = askedMs ?? (response.status === 429 ? throttledMs : undefined)
  if (afterMs !== undefined) return { kind: 'retry', scope: 'integration', reason, afterMs }
  return { kind: 'retry', scope: 'message', reason: `HTTP ${response.status}: the server failed` }
}

/**
 * Reads a Retry-After header (RFC 9110 10.2.3): seconds (fractions as some servers send, rounded up to ms) or an HTTP
 * date. Returns the wait in ms, between 1 s and 24 h. Returns undefined when nothing usable was asked for: absent,
 * garbage, negative, zero, a date that is not ahead.
 */
export const parseRetryAfter = (value: string | undefined, now: Instant): number | undefined => {
  const text = value?.trim() ?? ''
  const waitMs = /^\d{1,15}(\.\d{1,9})?$/.test(text)
    ? Math.ceil(Number(text) * second)
    : untilDate(text, now)
  if (waitMs === undefined || waitMs <= 0) return undefined
  return Math.min(Math.max(waitMs, second), retryAfterCapMs)
}

/** IMF-fixdate only ("Sun, 06 Nov 1994 08:49:37 GMT"): `Date.parse` alone would take any "1" or "May" for a date. */
const imfFixdate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const untilDate = (text: string, now: Instant): number | undefined => {
  if (!imfFixdate.test(text)) return undefined
  const epochMs = Date.parse(text)
  return Number.isNaN(epochMs) ? undefined : Math.ceil(epochMs - addMs(now, 0))
}

const mask = '[redacted]'

/**
 * `text` without the secrets: each is replaced by "[redacted]", as it is and in the forms in which servers echo it
 * (percent-encoded, inside JSON, base64).
 */
export const redact = (text: string, secrets: readonly (string | undefined)[]): string => {
  const forms = secrets.flatMap((secret) =>
    secret === undefined || secret === '' ? [] : echoes(secret),
  )
  // The longest first: a short secret inside a long one must not leave the long one's ends behind.
  return [...new Set(forms)]
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, form) => rest.replaceAll(form, mask), text)
}

const echoes = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret.toWellFormed()),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64'),
]

/** Provider words as they can be stored and shown: redacted, well-formed, without NUL (Postgres has no NUL in text), cut. */
export const providerText = (text: string, secrets: readonly (string | undefined)[] = []): string =>
  redact(text, secrets).replaceAll('\0', '\u{FFFD}').slice(0, providerMessageMax).toWellFormed()

const cleaned = (outcome: Outcome, secrets: readonly (string | undefined)[] = []): Outcome => {
  const { providerMessage, providerCode } = outcome
  const hasTexts = providerMessage !== undefined || providerCode !== undefined
  // The hot case has nothing that could hold a secret.
  if (outcome.kind === 'accepted' && outcome.ids.length === 0 && !hasTexts) return outcome
  const texts = {
    ...(providerMessage === undefined
      ? {}
      : { providerMessage: providerText(providerMessage, secrets) }),
    ...(providerCode === undefined ? {} : { providerCode: providerText(providerCode, secrets) }),
  }
  if (outcome.kind === 'accepted') {
    return { ...outcome, ids: outcome.ids.map((id) => providerText(id, secrets)), ...texts }
  }
  return { ...outcome, reason: providerText(outcome.reason, secrets), ...texts }
}
