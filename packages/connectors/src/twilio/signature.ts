/**
 * Twilio's signature of the calls that it makes: base64(HMAC-SHA1(auth token, URL + sorted parameters)) in
 * `X-Twilio-Signature` (channels.md section 3, twilio-node src/webhooks/webhooks.ts). Says whether a call is Twilio's, not
 * what it says.
 */
import { createHash, createHmac } from 'node:crypto'
import { sameText } from '../hook-token.ts'
import type { HookRequest } from '../receipts.ts'

export const twilioSignatureHeader = 'x-twilio-signature'

type Params = Iterable<readonly [name: string, value: string]>

/** The signature of a call of exactly this URL with these form parameters (none for a JSON body). */
export const twilioSignature = (authToken: string, url: string, params: Params): string => {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of params) {
    values.set(name, (values.get(name) ?? new Set()).add(value))
  }
  // By UTF-16 units, as JavaScript and Java sort: a repeated parameter counts once for each value.
  const joined = [...values.keys()]
    .toSorted()
    .flatMap((name) => [...(values.get(name) ?? [])].toSorted().map((value) => name + value))
    .join('')
  return createHmac('sha1', authToken).update(`${url}${joined}`).digest('base64')
}

/** Is this call signed with the token? A body that is no form must have its SHA-256 in the URL, which is signed. */
export const isTwiliosCall = (request: HookRequest, authToken: string): boolean => {
  const given = request.headers[twilioSignatureHeader] ?? ''
  const isForm = isTwilioForm(request)
  if (!isForm && !isHashed(request)) return false
  const params = isForm ? twilioParams(request) : []
  // All of them are computed, whichever fits.
  const matches = signedUrls(request.url).map((url) =>
    sameText(given, twilioSignature(authToken, url, params)),
  )
  return matches.includes(true)
}

const isTwilioForm = ({ headers }: HookRequest): boolean =>
  (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded')

const isHashed = ({ query, body }: HookRequest): boolean =>
  sameText(query['bodySHA256'] ?? '', createHash('sha256').update(body).digest('hex'))

/** The form parameters of a call, in the order in which they came. Never fails: what is no form has no parameters. */
export const twilioParams = (request: HookRequest): readonly (readonly [string, string])[] =>
  isTwilioForm(request) ? [...new URLSearchParams(Buffer.from(request.body).toString())] : []

/**
 * The URLs that Twilio may have signed for the one that it called: its back ends do not agree about the default port, nor
 * about how the query is encoded.
 */
const signedUrls = (called: string): readonly string[] => {
  if (!URL.canParse(called)) return []
  const url = new URL(called)
  const rest = `${url.pathname}${url.search}`
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  const hosts = [url.host, url.hostname, `${url.hostname}:${port}`]
  const legacy = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  const paths = [rest, ...(legacy === '' ? [] : [`${url.pathname}?${legacy}`])]
  return [
    ...new Set([
      called,
      ...hosts.flatMap((host) => paths.map((path) => `${url.protocol}//${host}${path}`)),
    ]),
  ]
}
