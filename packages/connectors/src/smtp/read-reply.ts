/** Turns the reply of the SMTP port into an outcome, by the table in `error-map.ts`. */
import type { Accepted, Evidence, Outcome, Retry } from '@carillon/domain/outcome'
import { providerText, retryAfterCapMs } from '../http-outcome.ts'
import type { SmtpReply } from '../smtp-port.ts'
import { smtpErrors, type SmtpError } from './error-map.ts'

type Rejected = Extract<SmtpReply, { kind: 'rejected' }>
type NotSent = Extract<SmtpReply, { kind: 'not_sent' }>

type Reading = {
  readonly attempt: number
  /** Ours, without brackets: the first id of an accepted mail. */
  readonly messageId: string
  /** Values that must not appear in any text of the outcome. */
  readonly secrets: readonly (string | undefined)[]
}

/**
 * The outcome of one SMTP exchange. Accepted: the ids are our Message-ID and, when the server names it, its queue id;
 * the server's last line is kept as evidence. Never throws.
 */
export const outcomeOfSmtpReply = (reply: SmtpReply, reading: Reading): Outcome => {
  const { secrets } = reading
  switch (reply.kind) {
    case 'accepted':
      return {
        kind: 'accepted',
        ids: [reading.messageId, ...queueIds(reply.response)],
        providerMessage: providerText(reply.response, secrets),
      }
    case 'rejected':
      return { ...outcomeOfRejection(reply, reading.attempt), ...evidenceOf(reply, secrets) }
    case 'not_sent':
      return withoutSecrets(outcomeOfFailure(reply, reading.attempt), secrets)
    case 'no_answer':
      // The mail was handed over: it may be on its way (channels.md section 6).
      return withoutSecrets({ kind: 'unknown', reason: `no answer: ${reply.message}` }, secrets)
  }
}

const queueIds = (response: string): readonly string[] => {
  const id = /\bqueued as <?([A-Za-z0-9._-]{1,100})/i.exec(response)?.[1]
  return id === undefined ? [] : [id]
}

const evidenceOf = (
  { code, enhanced, response }: Rejected,
  secrets: Reading['secrets'],
): Evidence => ({
  providerCode: providerText(enhanced ?? String(code), secrets),
  providerMessage: providerText(response, secrets),
})

const withoutSecrets = (
  outcome: Exclude<Outcome, Accepted>,
  secrets: Reading['secrets'],
): Outcome => ({ ...outcome, reason: providerText(outcome.reason, secrets) })

const outcomeOfRejection = (reply: Rejected, attempt: number): Outcome => {
  const row = smtpErrors.find((row) => applies(row, reply))
  if (row === undefined) {
    // Below 400 or above 599: not an error code, so it can't be said whether the server took the mail.
    return { kind: 'unknown', reason: `the server answered ${reply.code}` }
  }
  if (row.retryBefore !== undefined && attempt < row.retryBefore) {
    return {
      kind: 'retry',
      scope: 'message',
      reason: 'the server refuses the mail; to be confirmed by a second attempt',
    }
  }
  if (row.outcome.kind !== 'retry' || row.mayNameWait !== true) return row.outcome
  return withNamedWait(row.outcome, reply.response)
}

const applies = (row: SmtpError, reply: Rejected): boolean =>
  (row.stages === undefined || row.stages.includes(reply.stage)) &&
  (row.codes === undefined || row.codes.some((code) => codeFits(code, reply.code))) &&
  (row.enhanced === undefined || row.enhanced.some((code) => enhancedFits(code, reply))) &&
  (row.says === undefined || row.says.test(reply.response))

const codeFits = (wanted: number, code: number): boolean =>
  wanted % 100 === 0 ? Math.floor(code / 100) === wanted / 100 : code === wanted

/** RFC 3463: the class of the enhanced code repeats the first digit of the basic one. Where they differ the basic one counts. */
const enhancedFits = (wanted: string, { code, enhanced }: Rejected): boolean => {
  if (enhanced === undefined || Number(enhanced[0]) !== Math.floor(code / 100)) return false
  return wanted.endsWith('.x') ? enhanced.startsWith(wanted.slice(0, -1)) : enhanced === wanted
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Greylisters say "try again in 300 seconds", "Greylisted for 5 minutes", "retry after 5m". */
const namedWait = /\b(?:in|for|after)\s+(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b/i

const withNamedWait = (outcome: Retry, response: string): Retry => {
  const [, amount, unit = ''] = namedWait.exec(response) ?? []
  const waitMs = Number(amount) * (unitsMs[unit.charAt(0).toLowerCase()] ?? Number.NaN)
  return waitMs > 0 ? { ...outcome, afterMs: Math.min(waitMs, retryAfterCapMs) } : outcome
}

/** Attempts that may fail at TLS before it is taken for a wrong setting: "ETLS: permanent after repeats". */
const tlsFailuresMax = 2

const outcomeOfFailure = (
  { reason, message }: NotSent,
  attempt: number,
): Exclude<Outcome, Accepted> => {
  const words = `not sent (${reason}): ${message}`
  switch (reason) {
    case 'blocked':
      return { kind: 'integration_rejected', reason: `target not allowed: ${message}` }
    case 'invalid':
      return { kind: 'message_rejected', reason: words }
    case 'aborted':
      // Stopped by ourselves: neither an attempt nor a failure of the server, which is what a wait of 0 says.
      return { kind: 'retry', scope: 'message', reason: words, afterMs: 0 }
    case 'tls':
      return attempt > tlsFailuresMax
        ? { kind: 'integration_rejected', reason: words }
        : { kind: 'retry', scope: 'integration', reason: words }
    case 'dns':
    case 'connect':
      return { kind: 'retry', scope: 'integration', reason: words }
  }
}
