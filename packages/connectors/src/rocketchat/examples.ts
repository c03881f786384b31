/** Recorded exchanges with a Rocket.Chat server (openapi/rocketchat_chat.json). The conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { rocketchatSecrets, rocketchatSettings } from './settings.ts'

type RocketchatExample = Example<
  Static<typeof rocketchatSettings>,
  Static<typeof rocketchatSecrets>
>

const settings = { baseUrl: 'https://chat.example.org', userId: 'rbAXPnMktTFbNpwtJ' }
const secrets = { authToken: 'TEST_RScctEHSmLGZGywfIhWyRpyofhKOiMoU' }
const base = { settings, secrets, message: { to: 'GENERAL' } }
const deliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const refusal = (error: string, status = 400) => json(status, { success: false, error })

export const rocketchatExamples: readonly RocketchatExample[] = [
  {
    ...base,
    name: 'a message with a bold title that calls nobody; its id is the delivery’s',
    message: { to: 'GENERAL', content: { title: 'Paid', text: '@all order <42>' } },
    request: {
      method: 'POST',
      url: 'https://chat.example.org/api/v1/chat.sendMessage',
      headers: { 'x-auth-token': secrets.authToken, 'x-user-id': settings.userId },
      body: { message: { _id: deliveryId, rid: 'GENERAL', msg: '*Paid*\n@\u200Ball order <42>' } },
    },
    reply: json(200, {
      message: { rid: 'GENERAL', msg: 'x', ts: '2026-11-22T10:00:00.000Z', _id: deliveryId },
      success: true,
    }),
    outcome: { kind: 'accepted', ids: [deliveryId], httpStatus: 200 },
  },
  {
    ...base,
    name: 'a second attempt of a message that had got through',
    reply: refusal('E11000 duplicate key error collection: rocketchat_message'),
    outcome: { kind: 'accepted', ids: [deliveryId] },
  },
  {
    ...base,
    name: 'no such room',
    reply: refusal('error-invalid-room'),
    outcome: { kind: 'recipient_rejected', providerMessage: 'error-invalid-room' },
  },
  {
    ...base,
    name: 'a room where the user may not write',
    reply: refusal('error-not-allowed'),
    outcome: { kind: 'recipient_rejected', reason: 'may not write' },
  },
  {
    ...base,
    name: 'a message that the server can’t read',
    reply: json(400, {
      success: false,
      error: 'The "message" parameter must be provided. [error-invalid-params]',
      errorType: 'error-invalid-params',
    }),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a refused token',
    reply: json(401, { status: 'error', message: 'You must be logged in to do this.' }),
    outcome: { kind: 'integration_rejected', httpStatus: 401 },
  },
  {
    ...base,
    name: 'too fast',
    reply: refusal('Please slow down. [error-too-many-requests]', 429),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000 },
  },
  {
    ...base,
    name: 'the server failed',
    reply: { status: 502 },
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
    name: 'no answer: the same id makes it safe to send again',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
