/** Recorded exchanges of the HTTP connector, run by the conformance suite and shown in the reference. */
import type { Example } from '../define-connector.ts'
import type { HttpSecrets, HttpSettings } from './settings.ts'

const settings: HttpSettings = {
  method: 'PUT',
  url: 'https://erp.example.org/api/orders/{{ event.id }}/status?by={{ to }}',
  headers: { 'X-Event-Type': '{{ event.type }}' },
  body: '{"customer":"{{ data.customer }}","total":{{ data.total }},"note":"{{ content.text }}"}',
}
const secrets: HttpSecrets = { token: 'erp-token-0123456789' }
const message = { to: 'back office' }

export const httpExamples: readonly Example<HttpSettings, HttpSecrets>[] = [
  {
    name: 'a templated update is accepted',
    settings,
    secrets,
    message,
    request: {
      method: 'PUT',
      url: 'https://erp.example.org/api/orders/42/status?by=back%20office',
      headers: {
        authorization: 'Bearer erp-token-0123456789',
        'content-type': 'application/json',
        'idempotency-key': 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
        'x-event-type': 'order.paid',
      },
      body: { customer: 'Zoë', total: 12.5, note: 'Order 42: 12.50 EUR' },
    },
    reply: { status: 200, body: '{"id":42}' },
    outcome: { kind: 'accepted', ids: [], httpStatus: 200 },
  },
  {
    name: 'without a body template the event itself is sent',
    settings: { method: 'POST', url: 'https://flows.example.org/start' },
    secrets: {},
    message,
    request: {
      method: 'POST',
      body: {
        type: 'order.paid',
        timestamp: '2026-11-22T09:59:58.000Z',
        data: { total: 12.5, customer: 'Zoë' },
      },
    },
    reply: { status: 202 },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'a form with a token in a header of its own',
    settings: {
      method: 'POST',
      url: 'https://erp.example.org/notes',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'customer={{ data.customer }}&note={{ content.text }}',
      tokenHeader: 'X-Api-Key',
    },
    secrets,
    message,
    request: {
      headers: { 'x-api-key': 'erp-token-0123456789' },
      body: { customer: 'Zoë', note: 'Order 42: 12.50 EUR' },
    },
    reply: { status: 201 },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'what exists already counts as success where the settings say so',
    settings: { ...settings, successStatuses: [409] },
    secrets,
    message,
    reply: { status: 409, body: 'already there' },
    outcome: { kind: 'accepted', httpStatus: 409 },
  },
  {
    name: 'a document that is locked is tried again where the settings say so',
    settings: { ...settings, retryStatuses: [423] },
    secrets,
    message,
    reply: { status: 423, body: 'locked' },
    outcome: { kind: 'retry', scope: 'message', httpStatus: 423 },
  },
  {
    name: 'a key of one’s own, for an API that knows changes by it',
    settings: { ...settings, idempotencyKey: '{{ event.id }}' },
    secrets,
    message,
    request: {
      headers: {
        'idempotency-key': '42',
        'x-carillon-delivery': 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
      },
    },
    reply: { status: 200 },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'an API that is down for a while says for how long',
    settings,
    secrets,
    message,
    reply: { status: 503, headers: { 'retry-after': '120' } },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 120_000 },
  },
  {
    name: 'an API that can not be reached is tried again',
    settings,
    secrets,
    message,
    reply: { failure: 'not_sent' },
    outcome: { kind: 'retry', scope: 'message', reason: 'connection refused' },
  },
  {
    name: 'an update that the API refuses ends the delivery',
    settings,
    secrets,
    message,
    reply: { status: 404, body: 'no such order' },
    outcome: { kind: 'message_rejected', httpStatus: 404, providerMessage: 'no such order' },
  },
  {
    name: 'a token that the API refuses refuses the integration',
    settings,
    secrets,
    message,
    reply: { status: 403, body: 'token erp-token-0123456789 expired' },
    outcome: {
      kind: 'integration_rejected',
      httpStatus: 403,
      providerMessage: 'token [redacted] expired',
    },
  },
]
