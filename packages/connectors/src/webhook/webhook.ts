/**
 * Webhooks that we send, exactly by the Standard Webhooks specification 1.0.0: the public verification libraries take
 * them as they are. Not for calling other people's APIs: that is the `http` connector.
 */
import { createSecretKey, type KeyObject } from 'node:crypto'
import type { Outcome } from '@carillon/domain/outcome'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpReply, HttpResponse } from '../http-port.ts'
import { labelAddress } from '../label-address.ts'
import { standardBody } from '../standard-body.ts'
import { targetUrlProblem } from '../target-url.ts'
import { userHeaderProblems } from '../user-headers.ts'
import { webhookExamples } from './examples.ts'
import {
  webhookSecrets,
  webhookSettings,
  type WebhookSecrets,
  type WebhookSettings,
} from './settings.ts'
import { decodeSecret, encodeSecret, signatureHeader } from './signature.ts'

type Context = SendContext<WebhookSettings, WebhookSecrets>

const docs = `Sends each event as a signed POST by the Standard Webhooks specification (https://www.standardwebhooks.com):
the headers webhook-id (the same at every attempt: use it to drop duplicates), webhook-timestamp and webhook-signature, and
the JSON body {"type", "timestamp", "data"} with the event's type, its time and its data unchanged. Verify with any of the
public libraries and the signing secret. Answer with 2xx within 15 seconds; 429 or 503 with Retry-After slows us down, 410
opens its circuit breaker, other 4xx answers end the delivery, and everything else is tried again. The "to" of a route
step is only a label here. To change the secret, move the old one to previousSigningSecret until the receiver has the new one.
Testing the integration sends one GET without a body or signature, which says whether the address can be reached.`

/** Why a header can't be set by the tenant, or undefined. */
const takenHeader = (name: string): string | undefined => {
  if (name.startsWith('webhook-') || name === 'content-type') {
    return `${name} is part of the specification; leave it out`
  }
  return name === 'authorization'
    ? 'put it into the secret `authorization`, where it is encrypted'
    : undefined
}

const secretProblem = (
  field: 'signingSecret' | 'previousSigningSecret',
  value: string | undefined,
) =>
  value === undefined || decodeSecret(value) !== undefined
    ? []
    : [
        {
          pointer: `/secrets/${field}`,
          detail: 'write whsec_ and 24 to 64 bytes in base64, or leave it out to have one made',
        },
      ]

const check = (
  { url, headers = {} }: WebhookSettings,
  { signingSecret, previousSigningSecret }: Partial<WebhookSecrets>,
): readonly { readonly pointer: string; readonly detail: string }[] => {
  const detail = targetUrlProblem(url)
  return [
    ...(detail === undefined ? [] : [{ pointer: '/settings/url', detail }]),
    ...userHeaderProblems(headers, takenHeader),
    ...secretProblem('signingSecret', signingSecret),
    ...secretProblem('previousSigningSecret', previousSigningSecret),
  ]
}

/** The decoded keys of an integration, newest first. Decoding costs as much as signing, so it is done once per integration. */
const keysBySecrets = new WeakMap<WebhookSecrets, readonly KeyObject[]>()

const keysOf = (given: WebhookSecrets): readonly KeyObject[] => {
  const known = keysBySecrets.get(given)
  if (known !== undefined) return known
  const keys = [given.signingSecret, given.previousSigningSecret].flatMap((secret) => {
    const key = secret === undefined ? undefined : decodeSecret(secret)
    return key === undefined ? [] : [createSecretKey(key)]
  })
  keysBySecrets.set(given, keys)
  return keys
}

/** The tenant's headers by lower-case name. `check` has refused the ones that would collide with ours. */
const ownHeaders = (given: WebhookSettings): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(given.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )

const headersOf = (
  message: OutboundMessage,
  body: string,
  context: Context,
  keys: readonly KeyObject[],
): Readonly<Record<string, string>> => {
  const { authorization } = context.secrets
  // Recomputed at every attempt: receivers refuse a timestamp that is more than five minutes old.
  const timestampSeconds = Math.floor(context.now / 1_000)
  const signed = { id: message.deliveryId, timestampSeconds, body }
  return {
    'user-agent': 'Carillon-Webhooks/1.0',
    ...ownHeaders(context.settings),
    ...(authorization === undefined ? {} : { authorization }),
    'content-type': 'application/json',
    'webhook-id': message.deliveryId,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatureHeader(keys, signed),
  }
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const keys = keysOf(context.secrets)
  if (keys.length === 0) {
    return {
      kind: 'integration_rejected',
      reason: 'the signing secret is not base64 of 24 to 64 bytes',
    }
  }
  const body = standardBody(message.event)
  const headers = headersOf(message, body, context, keys)
  const { url } = context.settings
  const reply = await context.http.request({ method: 'POST', url, headers, body }, context.signal)
  return outcomeOfReply(reply, {
    now: context.now,
    secrets: secretsIn(context.secrets),
    read: readGone,
  })
}

/** The credential alone as well: a receiver may echo it without its scheme. */
const secretsIn = (given: WebhookSecrets): readonly (string | undefined)[] => [
  given.signingSecret,
  given.previousSigningSecret,
  given.authorization,
  ...(given.authorization?.split(' ').slice(1) ?? []),
]

/** "If the status code is 410 Gone, the endpoint should be disabled" (Standard Webhooks, "Delivery"). */
const readGone = ({ status }: HttpResponse): Outcome | undefined =>
  status === 410
    ? {
        kind: 'integration_rejected',
        reason: 'HTTP 410: the endpoint is gone; correct the URL or disable the integration',
      }
    : undefined

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { url } = context.settings
  const { authorization } = context.secrets
  const headers = {
    'user-agent': 'Carillon-Webhooks/1.0',
    ...ownHeaders(context.settings),
    ...(authorization === undefined ? {} : { authorization }),
  }
  return verificationOf(
    await context.http.request({ method: 'GET', url, headers }, context.signal),
    context,
  )
}

const verificationOf = (reply: HttpReply, context: Omit<Context, 'render'>): Verification => {
  const { now } = context
  const outcome = outcomeOfReply(reply, {
    now,
    secrets: secretsIn(context.secrets),
    read: readGone,
  })
  // Receivers answer a GET with anything from 200 to 405; what matters is that somebody answers there.
  const isRefused =
    outcome.kind === 'integration_rejected' && reply.kind === 'response' && reply.status !== 410
  const isReached =
    outcome.kind === 'accepted' ||
    outcome.kind === 'message_rejected' ||
    (isRefused && context.secrets.authorization === undefined)
  if (!isReached) return { ok: false, error: 'reason' in outcome ? outcome.reason : 'no answer' }
  return {
    ok: true,
    detail: `The address answers (HTTP ${outcome.httpStatus ?? '?'} to an unsigned GET). Nothing was delivered.`,
  }
}

export const connector = defineConnector({
  id: 'webhook',
  name: 'Webhook',
  channel: 'webhook',
  docs,
  settings: webhookSettings,
  secrets: webhookSecrets,
  // No vendor, no documented rate: the tenant may set one on the integration.
  limits: {},
  generateSecrets: (randomBytes) => ({ signingSecret: encodeSecret(randomBytes(32)) }),
  check,
  parseAddress: (to) => labelAddress(to, 'endpoint'),
  send,
  verify,
  examples: webhookExamples,
})
