/**
 * What an error of nodemailer means as a reply: which stage the server refused, or whether it can have taken the
 * message. RFC 5321 §4.2; not for what follows from it (the e-mail connector decides that).
 */
import type { SmtpReply } from '@carillon/connectors/smtp-port'
import { ConnectFailure } from './guarded-connect.ts'

/**
 * How far a conversation got. `opening`: greeting, STARTTLS, login. `envelope`: MAIL, RCPT, DATA. `data`: the server
 * said 354 and the message is being written, its end isn't yet: a server that loses the connection here must drop
 * what it has (RFC 5321 §4.1.1.4). `ended`: the final dot may have left.
 */
export type SmtpPhase = 'opening' | 'envelope' | 'data' | 'ended'

/** The fields that nodemailer's errors carry. */
export type SmtpError = Error & {
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly responseCode?: number
}

type Stage = Extract<SmtpReply, { kind: 'rejected' }>['stage']

const maxText = 2_000
const stageOfCommand: Readonly<Record<string, Stage>> = {
  'MAIL FROM': 'mail',
  'RCPT TO': 'rcpt',
  DATA: 'data',
}
const stageOfPhase: Readonly<Record<SmtpPhase, Stage>> = {
  opening: 'connect',
  envelope: 'mail',
  data: 'data',
  ended: 'data',
}

const stageOf = (error: SmtpError, phase: SmtpPhase): Stage =>
  error.code === 'EAUTH' ? 'auth' : (stageOfCommand[error.command ?? ''] ?? stageOfPhase[phase])

const rejected = (stage: Stage, code: number, response: string): SmtpReply => {
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]
  return {
    kind: 'rejected',
    stage,
    code,
    ...(enhanced !== undefined && { enhanced }),
    response: response.slice(0, maxText),
  }
}

const notSentReason = (error: SmtpError): 'tls' | 'invalid' | 'connect' => {
  if (error.code === 'ETLS') return 'tls'
  if (error.response !== undefined) return 'connect'
  // Without a reply these are nodemailer's own objections: credentials missing, larger than SIZE allows.
  const isOurs = error.code === 'EAUTH' || error.code === 'EMESSAGE' || error.code === 'EENVELOPE'
  return isOurs ? 'invalid' : 'connect'
}

/**
 * The reply for an error met in `phase`. A code of the server (400 to 599) is a rejection with the stage it belongs
 * to, except that a refused STARTTLS is `not_sent/tls`. Without one: `no_answer` once the message has ended,
 * before that `not_sent`.
 */
export const replyOfError = (error: SmtpError, phase: SmtpPhase): SmtpReply => {
  if (error instanceof ConnectFailure) {
    return { kind: 'not_sent', reason: error.reason, message: error.message }
  }
  const message = error.message.slice(0, maxText)
  const code = error.responseCode ?? 0
  if (error.code === 'ETLS') return { kind: 'not_sent', reason: 'tls', message }
  if (code >= 400 && code <= 599) return rejected(stageOf(error, phase), code, error.response ?? '')
  if (phase === 'ended') return { kind: 'no_answer', message }
  return { kind: 'not_sent', reason: notSentReason(error), message }
}

/** The reason to abort with when our own time limit is over; every other reason means that somebody stops us. */
export const timeIsUp = 'the time is up'

/** The reply when a conversation was ended by `signal` in `phase`. */
export const replyOfStop = (signal: AbortSignal, phase: SmtpPhase): SmtpReply => {
  const isTimeout = signal.reason === timeIsUp
  const message = isTimeout ? 'the server took too long' : 'stopped by us'
  if (phase === 'ended') return { kind: 'no_answer', message }
  return { kind: 'not_sent', reason: isTimeout ? 'connect' : 'aborted', message }
}
