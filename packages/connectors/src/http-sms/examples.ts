/**
 * Recorded exchanges with the gateway (sources.md part E). They are the conformance suite's material and the reference
 * page's.
 */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { httpSmsSecrets, httpSmsSettings } from './settings.ts'

type HttpSmsExample = Example<Static<typeof httpSmsSettings>, Static<typeof httpSmsSecrets>>

const settings = { url: 'https://sms.example.org/v1/send' }
const secrets = { token: 'eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJmYWJyaXF1ZSJ9.test' }
const base = { settings, secrets, message: { to: '+79001234567' } }

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

export const httpSmsExamples: readonly HttpSmsExample[] = [
  {
    ...base,
    name: 'taken: code 0',
    message: { to: '+7 900 123-45-67', content: { text: 'Order 42 is "paid"' } },
    request: {
      method: 'POST',
      url: 'https://sms.example.org/v1/send/9032526132526526941',
      headers: {
        authorization: `Bearer ${secrets.token}`,
        'content-type': 'application/json',
      },
      body: { phone: 79_001_234_567, text: 'Order 42 is "paid"' },
    },
    reply: json(200, { code: 0, message: 'OK' }),
    outcome: { kind: 'accepted', ids: [], httpStatus: 200 },
  },
  {
    ...base,
    name: 'another code is no success, whatever the status says',
    reply: json(200, { code: 1, message: 'try later' }),
    outcome: {
      kind: 'retry',
      scope: 'message',
      providerCode: '1',
      providerMessage: 'try later',
    },
  },
  {
    ...base,
    name: 'a page instead of an answer: the message may have been sent',
    reply: { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' },
    outcome: { kind: 'unknown', reason: 'may have been sent' },
  },
  {
    ...base,
    name: 'the gateway does not take the message',
    reply: json(400, { message: 'bad phone' }),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'the token is refused or has expired',
    reply: json(401, { message: 'token expired' }),
    outcome: { kind: 'integration_rejected', httpStatus: 401 },
  },
  {
    ...base,
    name: 'too fast',
    reply: { status: 429, headers: { 'retry-after': '30' } },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 30_000 },
  },
  {
    ...base,
    name: 'the gateway is down',
    reply: { status: 503 },
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'no connection',
    reply: { failure: 'not_sent' },
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'no answer: it may have been sent',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
