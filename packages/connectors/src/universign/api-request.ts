/** One GET of the Universign API: where it is, how we sign in, and what a failure means. Knows nothing of transactions. */
import { baseUrlOf } from '../base-url.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpReply, HttpRequest } from '../http-port.ts'
import type { TrackerContext, TrackerFailure } from '../tracker.ts'
import type { UniversignSecrets, UniversignSettings } from './settings.ts'

export type UniversignContext = TrackerContext<UniversignSettings, UniversignSecrets>

/** Where paths are appended. A base URL without a version gets /v1. */
export const apiBaseOf = ({ baseUrl }: Pick<UniversignSettings, 'baseUrl'>): string => {
  const base = baseUrlOf(baseUrl, 'https://api.universign.com/v1')
  return /\/v\d+$/.test(base) ? base : `${base}/v1`
}

/** sources.md B: HTTP Basic, the key as user, no password. */
const authorization = ({ apiKey }: UniversignSecrets): string =>
  `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`

const timeoutMs = 30_000

/** A GET with our key. */
export const apiRequest = (
  url: string,
  secrets: UniversignSecrets,
  more: Partial<HttpRequest> = {},
): HttpRequest => ({
  method: 'GET',
  url,
  timeoutMs,
  ...more,
  headers: { accept: 'application/json', ...more.headers, authorization: authorization(secrets) },
})

/** What must not stand in any text. */
export const confidential = (secrets: UniversignSecrets): readonly (string | undefined)[] => {
  const header = authorization(secrets)
  return [secrets.apiKey, secrets.hookToken, header, header.slice('Basic '.length)]
}

/** Why an answer is no success. 404: the thing is not there; 401 and 403: the key (sources.md B4). */
export const failureOf = (
  reply: HttpReply,
  { now, secrets }: Pick<UniversignContext, 'now' | 'secrets'>,
): TrackerFailure => {
  const outcome = outcomeOfReply(reply, { now, secrets: confidential(secrets) })
  const reason = 'reason' in outcome ? outcome.reason : 'an answer that can not be read'
  if (reply.kind === 'response' && (reply.status === 404 || reply.status === 410))
    return { kind: 'unknown', reason: `HTTP ${reply.status}: there is none with this id` }
  if (outcome.kind === 'integration_rejected') return { kind: 'stop', reason }
  const afterMs = outcome.kind === 'retry' ? outcome.afterMs : undefined
  return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) }
}
