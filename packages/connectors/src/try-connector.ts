/**
 * For the tests beside the connectors: one send, one test of the credentials, one call of the hook, against the fake peers
 * of the conformance suite. Never in production.
 */
import type { Static, TObject } from 'typebox'
import type { Outcome } from '@carillon/domain/outcome'
import { exampleMessage, fakePeer, httpAnswer, peerContext, peerNow } from './conformance-peer.ts'
import type {
  Connector,
  OutboundMessage,
  SenderConnector,
  Verification,
} from './define-connector.ts'
import type { HttpReply, HttpRequest } from './http-port.ts'
import type { HookAnswer, HookRequest } from './receipts.ts'

type Given<S extends TObject, X extends TObject> = {
  readonly settings: Static<S>
  readonly secrets: Static<X>
  readonly reply?: HttpReply
}

const smtp = { kind: 'no_answer', message: 'not about mail' } as const

/** The body of a request as an object: JSON parsed, a form as its fields; anything else is empty. */
const fieldsOf = (request: HttpRequest | undefined): Readonly<Record<string, unknown>> => {
  const text = typeof request?.body === 'string' ? request.body : ''
  const type = request?.headers?.['content-type'] ?? ''
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(text))
  }
  const value: unknown = text === '' ? {} : JSON.parse(text)
  return value instanceof Object ? Object.fromEntries(Object.entries(value)) : {}
}

/** A field of a request as text; one that is missing or no text is empty. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Sends one message to a peer that gives `reply` (default: an empty 200) and returns all that can be seen of it. */
export const sendOnce = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  given: Given<S, X> & {
    readonly message: Partial<OutboundMessage> & { readonly to: string }
  },
): Promise<{
  readonly outcome: Outcome
  readonly requests: readonly HttpRequest[]
  readonly body: Readonly<Record<string, unknown>>
}> => {
  const peer = fakePeer({ http: given.reply ?? httpAnswer(200), smtp })
  const message = exampleMessage(given.message)
  const outcome = await connector.send(message, peerContext(peer, message, given))
  return { outcome, requests: peer.requests, body: fieldsOf(peer.requests[0]) }
}

/** Tests the credentials against a peer that gives `reply`. */
export const verifyOnce = async <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  given: Given<S, X>,
): Promise<{
  readonly verification: Verification | undefined
  readonly requests: readonly HttpRequest[]
}> => {
  const peer = fakePeer({ http: given.reply ?? httpAnswer(200), smtp })
  const context = peerContext(peer, exampleMessage({ to: 'nobody' }), given)
  return { verification: await connector.verify?.(context), requests: peer.requests }
}

/** What a test says of a call of the hook; the rest is a POST without query and headers. */
export type HookCall = {
  readonly method?: HookRequest['method']
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: string | object
}

/** Calls the connector's hook at the suite's time (2026-11-22T10:00:00Z), or at `now`. */
export const callHook = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  given: Pick<Given<S, X>, 'settings'> & { readonly secrets: Partial<Static<X>> },
  call: HookCall,
  now = peerNow,
): HookAnswer | undefined => {
  const { body = '' } = call
  const query = call.query ?? {}
  const search = new URLSearchParams(query).toString()
  const request: HookRequest = {
    method: call.method ?? 'POST',
    url: `https://carillon.example.org/hooks/int_1${search === '' ? '' : `?${search}`}`,
    query,
    headers: call.headers ?? {},
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  }
  const { settings, secrets } = given
  return connector.receipts?.parse?.(request, { settings, secrets, now })
}
