/** Recorded exchanges with Google Chat's webhooks (openapi/google_chat_messages.json). The conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { googleChatSecrets, googleChatSettings } from './settings.ts'

type GoogleChatExample = Example<
  Static<typeof googleChatSettings>,
  Static<typeof googleChatSecrets>
>

const secrets = {
  webhookUrl:
    'https://chat.googleapis.com/v1/spaces/AAAABBBB/messages?key=TEST-key-0123&token=TEST-token-0123',
}
const base = { settings: {}, secrets, message: { to: 'ops' } }

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(body),
})
const refusal = (code: number, status: string, message: string) =>
  json(code, { error: { code, message, status } })

export const googleChatExamples: readonly GoogleChatExample[] = [
  {
    ...base,
    name: 'a message with a bold title that mentions nobody; its request id is the delivery’s',
    message: { to: 'ops', content: { title: 'Paid', text: '<users/all> 1 < 2' } },
    request: {
      method: 'POST',
      url: `${secrets.webhookUrl}&requestId=dlv_01k6wq3z5h7n9b2d4f6g8j0m1p`,
      body: { text: '*Paid*\n<\u200Busers/all> 1 < 2' },
    },
    reply: json(200, { name: 'spaces/AAAABBBB/messages/abc.def', text: 'x' }),
    outcome: { kind: 'accepted', ids: ['spaces/AAAABBBB/messages/abc.def'], httpStatus: 200 },
  },
  {
    ...base,
    name: 'too fast',
    reply: refusal(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded'),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 60_000,
      providerCode: 'RESOURCE_EXHAUSTED',
    },
  },
  {
    ...base,
    name: 'a message that Google Chat can’t read',
    reply: refusal(400, 'INVALID_ARGUMENT', 'Message cannot be empty.'),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'the webhook was removed',
    reply: refusal(404, 'NOT_FOUND', 'Requested entity was not found.'),
    outcome: { kind: 'integration_rejected', httpStatus: 404 },
  },
  {
    ...base,
    name: 'a wrong token',
    reply: refusal(403, 'PERMISSION_DENIED', 'The caller does not have permission'),
    outcome: { kind: 'integration_rejected', httpStatus: 403 },
  },
  {
    ...base,
    name: 'Google Chat failed',
    reply: refusal(503, 'UNAVAILABLE', 'The service is currently unavailable.'),
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
    name: 'no answer: the same request id makes it safe to send again',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
