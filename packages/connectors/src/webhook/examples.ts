/** Recorded exchanges of the webhook connector, run by the conformance suite and shown in the reference. */
import type { Example } from '../define-connector.ts'
import type { WebhookSecrets, WebhookSettings } from './settings.ts'

const settings: WebhookSettings = {
  url: 'https://hooks.example.org/carillon?tenant=7',
  headers: { 'X-Team': 'billing' },
}
/** The secret of the public libraries' own tests. */
const secrets: WebhookSecrets = { signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
const message = { to: 'endpoint' }

export const webhookExamples: readonly Example<WebhookSettings, WebhookSecrets>[] = [
  {
    name: 'a signed event is accepted with 204',
    settings,
    secrets,
    message,
    request: {
      method: 'POST',
      url: 'https://hooks.example.org/carillon?tenant=7',
      headers: {
        'content-type': 'application/json',
        'webhook-id': 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
        'webhook-timestamp': '1795341600',
        'x-team': 'billing',
      },
      body: '{"type":"order.paid","timestamp":"2026-11-22T09:59:58.000Z","data":{"total":12.5,"customer":"Zoë"}}',
    },
    reply: { status: 204 },
    outcome: { kind: 'accepted', ids: [], httpStatus: 204 },
  },
  {
    name: 'a gateway in front takes the authorization header',
    settings,
    secrets: { ...secrets, authorization: 'Bearer gateway-token-1' },
    message,
    request: { headers: { authorization: 'Bearer gateway-token-1' } },
    reply: { status: 200, body: 'ok' },
    outcome: { kind: 'accepted', httpStatus: 200 },
  },
  {
    name: 'a receiver that asks for a minute gets it',
    settings,
    secrets,
    message,
    reply: { status: 429, headers: { 'retry-after': '60' } },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000 },
  },
  {
    name: 'a failing receiver is tried again',
    settings,
    secrets,
    message,
    reply: { status: 502, body: 'bad gateway' },
    outcome: { kind: 'retry', scope: 'message', httpStatus: 502, providerMessage: 'bad gateway' },
  },
  {
    name: 'a redirect is a failure and is not followed',
    settings,
    secrets,
    message,
    reply: { status: 302, headers: { location: 'https://elsewhere.example.org/' } },
    outcome: { kind: 'retry', reason: 'redirects are not followed' },
  },
  {
    name: 'an answer that never came leaves it unknown',
    settings,
    secrets,
    message,
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown', reason: 'timeout' },
  },
  {
    name: 'a receiver that refuses the event ends the delivery',
    settings,
    secrets,
    message,
    reply: { status: 422, body: '{"error":"unknown order"}' },
    outcome: {
      kind: 'message_rejected',
      httpStatus: 422,
      providerMessage: '{"error":"unknown order"}',
    },
  },
  {
    name: 'an endpoint that is gone refuses the integration',
    settings,
    secrets,
    message,
    reply: { status: 410 },
    outcome: { kind: 'integration_rejected', reason: 'gone', httpStatus: 410 },
  },
  {
    name: 'a signature that the receiver does not accept refuses the integration',
    settings,
    secrets,
    message,
    reply: { status: 401 },
    outcome: { kind: 'integration_rejected', httpStatus: 401 },
  },
]
