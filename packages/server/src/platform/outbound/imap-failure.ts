/** What an error of the IMAP client means: one table from codes to reasons. Not for connecting (`imap-out.ts`). */
import type { ImapFailure } from '@carillon/connectors/imap-port'
import type { ImapFlowError } from 'imapflow'
import { ConnectFailure } from './guarded-connect.ts'

const longestWords = 500

/** A failure with words that fit into a line. */
export const imapFailure = (reason: ImapFailure['reason'], message: string): ImapFailure => ({
  kind: 'failed',
  reason,
  message: message
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- a server's words go into logs and pages
    .replaceAll(/[\u0000-\u001F\u007F]+/g, ' ')
    .trim()
    .slice(0, longestWords),
})

/** RFC 5530: the password may be right, only not now. */
const passing = new Set(['UNAVAILABLE', 'INUSE', 'LIMIT', 'SERVERBUG', 'CONTACTADMIN', 'THROTTLED'])

/** The same in words, of servers that give no code. */
const passingWords = /too many|maximum number|exceeded|temporar|try again|unavailable|later/i

const reasons: Readonly<Record<string, ImapFailure['reason']>> = {
  ECONNREFUSED: 'connect',
  EHOSTUNREACH: 'connect',
  ENETUNREACH: 'connect',
  ETIMEDOUT: 'connect',
  CONNECT_TIMEOUT: 'connect',
  GREETING_TIMEOUT: 'timeout',
  UPGRADE_TIMEOUT: 'timeout',
  ETIMEOUT: 'timeout',
  NotFound: 'refused',
  ETHROTTLE: 'lost',
  STARTTLS_INJECTION: 'tls',
  InvalidResponse: 'protocol',
  ResponseProcessingFailed: 'protocol',
  UnexpectedTag: 'protocol',
  LineTooLarge: 'protocol',
  LiteralTooLarge: 'protocol',
  ResponseTooLarge: 'protocol',
  MAX_IMAP_NESTING_REACHED: 'protocol',
}

const isTls = (error: ImapFlowError): boolean =>
  error.tlsFailed === true ||
  /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH)/.test(
    error.code ?? '',
  )

const serverWords = (error: ImapFlowError): string | undefined => {
  const words = error.responseText ?? error.reason ?? error.response
  return typeof words === 'string' && words !== '' ? words : undefined
}

const reasonOf = (error: ImapFlowError): ImapFailure['reason'] => {
  if (error.authenticationFailed === true) {
    if (passing.has(error.serverResponseCode ?? '')) return 'refused'
    if (error.serverResponseCode === undefined && passingWords.test(serverWords(error) ?? ''))
      return 'refused'
    // Without the server's NO nobody has judged the password: the connection broke in the middle of the login.
    return error.responseStatus === undefined && error.serverResponseCode === undefined
      ? 'lost'
      : 'auth'
  }
  if (isTls(error)) return 'tls'
  const known = reasons[error.code ?? '']
  if (known !== undefined) return known
  if (error.code?.startsWith('ParserError') === true) return 'protocol'
  if (error.responseStatus !== undefined) return 'refused'
  return 'lost'
}

/** Reads any error that a call of the client threw. */
export const failureOfImapError = (error: unknown, where: string): ImapFailure => {
  if (error instanceof ConnectFailure) return imapFailure(error.reason, error.message)
  if (!(error instanceof Error)) return imapFailure('lost', `${where}: ${String(error)}`)
  const said: ImapFlowError = error
  return imapFailure(reasonOf(said), `${where}: ${serverWords(said) ?? said.message}`)
}
