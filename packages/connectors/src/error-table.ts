/**
 * Error maps as data: what a provider's codes and words mean, looked up in a table whose first fitting row wins. Knows no
 * provider; transport failures and bare statuses are `http-outcome.ts`'s.
 */
import type { Instant } from '@carillon/domain/clock'
import type {
  Defer,
  IntegrationRejected,
  MessageRejected,
  Outcome,
  RecipientRejected,
  Retry,
  SuppressReason,
  Unknown,
} from '@carillon/domain/outcome'
import { parseRetryAfter, throttledMs } from './http-outcome.ts'
import type { HttpResponse } from './http-port.ts'

type Verdict = Retry | Unknown | Defer | RecipientRejected | MessageRejected | IntegrationRejected

/** A row applies when the code is one of `codes` (absent: any) and `says` is found in the words (absent: whatever they are). */
export type ErrorRow = {
  readonly codes?: readonly string[]
  readonly says?: RegExp
  readonly outcome: Verdict
}

/** The integration as a whole is refused. */
export const integrationFault = (reason: string): IntegrationRejected => ({
  kind: 'integration_rejected',
  reason,
})

/** This message will never be taken. */
export const messageFault = (reason: string): MessageRejected => ({
  kind: 'message_rejected',
  reason,
})

/** This recipient will never take it; with `suppress` nobody writes there again. */
export const recipientFault = (reason: string, suppress?: SuppressReason): RecipientRejected => ({
  kind: 'recipient_rejected',
  reason,
  ...(suppress === undefined ? {} : { suppress }),
})

/** A passing fault: our retry policy says when. */
export const tryAgain = (reason: string, scope: Retry['scope'] = 'message'): Retry => ({
  kind: 'retry',
  scope,
  reason,
})

/** A limit: it waits `afterMs` (default: that of a 429 without Retry-After), unless the answer names another wait, and uses up no attempt. */
export const slowDown = (
  reason: string,
  scope: Retry['scope'] = 'integration',
  afterMs: number = throttledMs,
): Retry => ({ kind: 'retry', scope, reason, afterMs })

/** What the provider said: its code as text, and its words. */
type Said = { readonly code?: string; readonly words?: string }

/**
 * The outcome of the first row that fits, with the provider's code and words; a retry takes over the wait that the answer
 * asks for in Retry-After. Returns undefined when no row fits.
 */
export const outcomeOfTable = (
  rows: readonly ErrorRow[],
  said: Said,
  answer: { readonly response: HttpResponse; readonly now: Instant },
): Outcome | undefined => {
  const row = rows.find(
    ({ codes, says }) =>
      (codes === undefined || codes.includes(said.code ?? '')) &&
      (says === undefined || says.test(said.words ?? '')),
  )
  if (row === undefined) return undefined
  return {
    ...withWait(row.outcome, answer),
    ...(said.code === undefined ? {} : { providerCode: said.code }),
    ...(said.words === undefined ? {} : { providerMessage: said.words }),
  }
}

const withWait = (
  outcome: Verdict,
  { response, now }: { readonly response: HttpResponse; readonly now: Instant },
): Verdict => {
  if (outcome.kind !== 'retry') return outcome
  const askedMs = parseRetryAfter(response.headers['retry-after'], now)
  return askedMs === undefined ? outcome : { ...outcome, afterMs: askedMs }
}

/**
 * For providers whose success always has a body of a known shape: a 2xx without it may come from a proxy or a wrong
 * address, or be a cut answer of a message that was sent. Returns undefined for any other status.
 */
export const unreadableSuccess = (response: HttpResponse): Outcome | undefined =>
  response.status >= 200 && response.status < 300
    ? {
        kind: 'unknown',
        reason: `HTTP ${response.status} with a body that can’t be read: it may have been sent`,
      }
    : undefined
