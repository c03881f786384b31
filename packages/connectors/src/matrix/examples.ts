/** Recorded exchanges with a homeserver (openapi/matrix_room_send.json, common error codes). The conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { matrixSecrets, matrixSettings } from './settings.ts'

type MatrixExample = Example<Static<typeof matrixSettings>, Static<typeof matrixSecrets>>

const settings = { baseUrl: 'https://matrix.example.org' }
const secrets = { accessToken: 'syt_TEST_token_0123456789' }
const base = { settings, secrets, message: { to: '!636q39766251:example.com' } }
const path = '/_matrix/client/v3/rooms/!636q39766251%3Aexample.com/send/m.room.message'

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const refusal = (status: number, errcode: string, more: object = {}) =>
  json(status, { errcode, error: 'No', ...more })

export const matrixExamples: readonly MatrixExample[] = [
  {
    ...base,
    name: 'a message with a bold title; the delivery’s id is the transaction id',
    message: { ...base.message, content: { title: 'A & B', text: 'Order <42>\nis paid' } },
    request: {
      method: 'PUT',
      url: `https://matrix.example.org${path}/dlv_01k6wq3z5h7n9b2d4f6g8j0m1p`,
      headers: { authorization: `Bearer ${secrets.accessToken}` },
      body: {
        msgtype: 'm.text',
        body: 'A & B\n\nOrder <42>\nis paid',
        format: 'org.matrix.custom.html',
        formatted_body: '<strong>A &amp; B</strong><br><br>Order &lt;42&gt;<br>is paid',
      },
    },
    reply: json(200, { event_id: '$YUwRidLecu:example.com' }),
    outcome: { kind: 'accepted', ids: ['$YUwRidLecu:example.com'], httpStatus: 200 },
  },
  {
    ...base,
    name: 'a quiet notice without a title',
    settings: { ...settings, quiet: true },
    message: { ...base.message, content: { text: 'hi' } },
    request: { body: { msgtype: 'm.notice', body: 'hi' } },
    reply: json(200, { event_id: '$2' }),
    outcome: { kind: 'accepted', ids: ['$2'] },
  },
  {
    ...base,
    name: 'too fast: the wait that the homeserver names',
    reply: refusal(429, 'M_LIMIT_EXCEEDED', { retry_after_ms: 2_345 }),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 2_345,
      providerCode: 'M_LIMIT_EXCEEDED',
    },
  },
  {
    ...base,
    name: 'too fast, without a number',
    reply: refusal(429, 'M_LIMIT_EXCEEDED'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000 },
  },
  {
    ...base,
    name: 'not in the room',
    reply: refusal(403, 'M_FORBIDDEN'),
    outcome: { kind: 'recipient_rejected', httpStatus: 403 },
  },
  {
    ...base,
    name: 'too large',
    reply: refusal(413, 'M_TOO_LARGE'),
    outcome: { kind: 'message_rejected', reason: 'too large' },
  },
  {
    ...base,
    name: 'a refused token',
    reply: refusal(401, 'M_UNKNOWN_TOKEN'),
    outcome: { kind: 'integration_rejected', reason: 'token' },
  },
  {
    ...base,
    name: 'no homeserver there',
    reply: refusal(404, 'M_UNRECOGNIZED'),
    outcome: { kind: 'integration_rejected', reason: 'baseUrl' },
  },
  {
    ...base,
    name: 'the homeserver failed',
    reply: refusal(500, 'M_UNKNOWN'),
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
    name: 'no answer: the same transaction id makes it safe to send again',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
