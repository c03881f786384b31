/** Recorded exchanges with a signal-cli-rest-api (openapi/signal_send.json). The conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { signalSecrets, signalSettings } from './settings.ts'

type SignalExample = Example<Static<typeof signalSettings>, Static<typeof signalSecrets>>

const settings = { baseUrl: 'https://signal.example.org', number: '+390612345678' }
const base = { settings, secrets: {}, message: { to: '+393331234567' } }

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const refusal = (error: string, more: object = {}) =>
  json(400, { error, account: settings.number, ...more })

export const signalExamples: readonly SignalExample[] = [
  {
    ...base,
    name: 'a message, without styles',
    message: { to: '+39 333 123 4567', content: { title: 'Paid', text: 'Order **42**' } },
    request: {
      method: 'POST',
      url: 'https://signal.example.org/v2/send',
      body: {
        message: 'Paid\n\nOrder **42**',
        number: '+390612345678',
        recipients: ['+393331234567'],
        text_mode: 'normal',
      },
    },
    reply: json(201, { timestamp: '1795341600123' }),
    outcome: { kind: 'accepted', ids: ['1795341600123'], httpStatus: 201 },
  },
  {
    ...base,
    name: 'to a group',
    message: { to: 'group.T0pNd2ZLbWpUVTVhZw==' },
    request: { body: { recipients: ['group.T0pNd2ZLbWpUVTVhZw=='] } },
    reply: json(201, { timestamp: '1795341600124' }),
    outcome: { kind: 'accepted', ids: ['1795341600124'] },
  },
  {
    ...base,
    name: 'a number that is not on Signal',
    reply: refusal('Failed to send message: Unregistered user "+393331234567"'),
    outcome: { kind: 'recipient_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a captcha is to be solved',
    reply: refusal('CAPTCHA proof required', { challenge_tokens: ['11111111-2222'] }),
    outcome: { kind: 'integration_rejected', reason: 'captcha' },
  },
  {
    ...base,
    name: 'another error of signal-cli',
    reply: refusal('Invalid attachment'),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'too fast',
    reply: refusal('Failed to send message: Rate limit exceeded'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 600_000 },
  },
  {
    ...base,
    name: 'the server failed',
    reply: { status: 500 },
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
