/** Compares what a connector sent and returned with what an example says. Pure; part of the conformance suite. */
import type { Peer } from './conformance-peer.ts'
import { excerpt, mailProblems, requestProblems } from './conformance-rules.ts'
import type { Example } from './define-connector.ts'
import type { HttpRequest } from './http-port.ts'

/** Everything that was sent through this peer and should not have been sent in that form. */
export const outboundProblems = (peer: Peer): readonly string[] => [
  ...peer.requests.flatMap(requestProblems),
  ...peer.mails.flatMap(({ mail }) => mailProblems(mail)),
]

/**
 * Holds the first request to the parts that the example names; for SMTP the first mail to its `body`. JSON bodies
 * compare parsed, and a form compares as an object of its fields.
 */
export const exchangeProblems = (
  peer: Peer,
  request: Example<unknown, unknown>['request'],
): readonly string[] => {
  if (request === undefined) return []
  const expected = { ...request, body: parsed(request.body) }
  const [sent] = peer.requests
  const [mail] = peer.mails
  if (sent !== undefined) return unlikeParts({ ...sent, body: bodyOf(sent) }, expected, 'request')
  return mail === undefined ? ['nothing was sent'] : unlikeParts(mail.mail, expected.body, 'mail')
}

const bodyOf = (request: HttpRequest): unknown => {
  const { body = '' } = request
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  const isForm = request.headers?.['content-type']?.startsWith('application/x-www-form-urlencoded')
  return isForm === true ? Object.fromEntries(new URLSearchParams(text)) : parsed(text)
}

const parsed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return value
    throw error
  }
}

/** Where `actual` lacks or contradicts a part of `expected`: objects may have more fields, lists and scalars are equal. */
export const unlikeParts = (actual: unknown, expected: unknown, at: string): readonly string[] => {
  if (expected === undefined || Object.is(actual, expected)) return []
  if (!(expected instanceof Object) || !(actual instanceof Object)) {
    return [unlike(actual, expected, at)]
  }
  const has = new Map<string, unknown>(Object.entries(actual))
  const differs = Array.isArray(expected) && has.size !== expected.length
  if (differs) return [unlike(actual, expected, at)]
  return Object.entries(expected).flatMap(([name, part]) =>
    unlikeParts(has.get(name), part, `${at}.${name}`),
  )
}

const unlike = (actual: unknown, expected: unknown, at: string): string =>
  `${at}: expected ${excerpt(expected)}, got ${excerpt(actual)}`
