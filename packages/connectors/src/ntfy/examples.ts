/** Recorded exchanges with an ntfy server (channels.md section 8: [NTF]). The conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { ntfySecrets, ntfySettings } from './settings.ts'

type NtfyExample = Example<Static<typeof ntfySettings>, Static<typeof ntfySecrets>>

const secrets = { token: 'tk_TEST0123456789abcdefghijklm' }
const base = { settings: {}, secrets, message: { to: 'ops_alerts' } }

const json = (status: number, body: object) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const refusal = (http: number, code: number, error: string) =>
  json(http, { code, http, error, link: 'https://ntfy.sh/docs/publish/' })

export const ntfyExamples: readonly NtfyExample[] = [
  {
    ...base,
    name: 'a message with a title',
    message: { to: 'ops_alerts', content: { title: 'Disk\nfull', text: 'df says: 99 %' } },
    request: {
      method: 'POST',
      url: 'https://ntfy.sh/',
      headers: { authorization: `Bearer ${secrets.token}` },
      body: {
        topic: 'ops_alerts',
        title: 'Disk full',
        message: 'df says: 99 %',
        sequence_id: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
      },
    },
    reply: json(200, {
      id: 'hwQ2YpKdmg',
      time: 1_763_805_600,
      event: 'message',
      topic: 'ops_alerts',
      message: 'df says: 99 %',
    }),
    outcome: { kind: 'accepted', ids: ['hwQ2YpKdmg'], httpStatus: 200 },
  },
  {
    settings: { priority: 5, tags: ['warning'], baseUrl: 'https://ntfy.example.org/' },
    secrets: {},
    message: { to: 'open-topic' },
    name: 'urgent, to an open topic of a server of one’s own',
    request: { url: 'https://ntfy.example.org/', body: { priority: 5, tags: ['warning'] } },
    reply: json(200, { id: 'abc', event: 'message', topic: 'open-topic' }),
    outcome: { kind: 'accepted', ids: ['abc'] },
  },
  {
    ...base,
    name: 'too many requests',
    reply: refusal(429, 42_901, 'limit reached: too many requests, please be nice'),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 60_000,
      providerCode: '42901',
    },
  },
  {
    ...base,
    name: 'the daily quota is used up',
    reply: refusal(429, 42_908, 'limit reached: too many messages'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 3_600_000 },
  },
  {
    ...base,
    name: 'a topic that the server does not allow',
    reply: refusal(400, 40_010, 'invalid request: topic name is disallowed'),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid' },
  },
  {
    ...base,
    name: 'too large',
    reply: refusal(413, 41_303, 'JSON body too large'),
    outcome: { kind: 'message_rejected', reason: 'too large' },
  },
  {
    ...base,
    name: 'a refused token',
    reply: refusal(401, 40_101, 'unauthorized'),
    outcome: { kind: 'integration_rejected', reason: 'token' },
  },
  {
    ...base,
    name: 'a protected topic',
    reply: refusal(403, 40_301, 'forbidden'),
    outcome: { kind: 'integration_rejected', providerCode: '40301' },
  },
  {
    ...base,
    name: 'the server failed',
    reply: refusal(500, 50_001, 'internal server error'),
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
    name: 'no answer: it may have been published',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
