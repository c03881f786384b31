/** Recorded exchanges with a Gotify server (openapi/gotify_message.json). The conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { gotifySecrets, gotifySettings } from './settings.ts'

type GotifyExample = Example<Static<typeof gotifySettings>, Static<typeof gotifySecrets>>

const settings = { baseUrl: 'https://gotify.example.org' }
const secrets = { appToken: 'A_TEST_token.0123' }
const base = { settings, secrets, message: { to: 'phone' } }

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const refusal = (errorCode: number, error: string, errorDescription: string) =>
  json(errorCode, { error, errorCode, errorDescription })

export const gotifyExamples: readonly GotifyExample[] = [
  {
    ...base,
    name: 'a message with a title, shown as plain text',
    settings: { ...settings, priority: 8 },
    message: { to: 'phone', content: { title: 'Backup', text: '**Done** in <5> min' } },
    request: {
      method: 'POST',
      url: 'https://gotify.example.org/message',
      headers: { 'x-gotify-key': secrets.appToken },
      body: {
        title: 'Backup',
        message: '**Done** in <5> min',
        priority: 8,
        extras: {
          'client::display': { contentType: 'text/plain' },
          'carillon::delivery': { id: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p' },
        },
      },
    },
    reply: json(200, { id: 25, appid: 5, message: 'x', date: '2026-11-22T10:00:00Z' }),
    outcome: { kind: 'accepted', ids: ['25'], httpStatus: 200 },
  },
  {
    ...base,
    name: 'a refused token',
    reply: refusal(401, 'Unauthorized', 'you need to provide a valid access token'),
    outcome: { kind: 'integration_rejected', reason: 'token', providerCode: '401' },
  },
  {
    ...base,
    name: 'a token that is no application’s',
    reply: refusal(403, 'Forbidden', 'you are not allowed to access this api'),
    outcome: { kind: 'integration_rejected', providerCode: '403' },
  },
  {
    ...base,
    name: 'a message that Gotify can’t read',
    reply: refusal(400, 'Bad Request', 'Field message is required'),
    outcome: { kind: 'message_rejected', providerMessage: 'Field message is required' },
  },
  {
    ...base,
    name: 'too fast for a proxy in front of the server',
    reply: { status: 429, headers: { 'retry-after': '10' } },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 10_000 },
  },
  {
    ...base,
    name: 'the server failed',
    reply: refusal(500, 'Internal Server Error', 'database is locked'),
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
