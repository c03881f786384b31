/**
 * Recorded exchanges with Slack: the Web API's answers (200 with ok: false for errors) and a webhook's plain text
 * (channels.md section 8, openapi/slack_chat_postMessage.json).
 */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { slackSecrets, slackSettings } from './settings.ts'

type SlackExample = Example<Static<typeof slackSettings>, Static<typeof slackSecrets>>

const secrets = { botToken: 'xoxb-test-0123456789' }
const hook = { webhookUrl: 'https://hooks.slack.com/services/T0000000/B0000000/testtesttest' }
const bot = { settings: {}, secrets, message: { to: 'C0123456789' } }
const webhook = { settings: {}, secrets: hook, message: { to: '#ops' } }

const json = (body: object, status = 200, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
})
const refusal = (error: string) => json({ ok: false, error })
const says = (status: number, body: string) => ({ status, body })

const posted = json({
  ok: true,
  channel: 'C0123456789',
  ts: '1763805600.000200',
  message: { type: 'message', text: 'hi', user: 'U012AB3CD', ts: '1763805600.000200' },
})

export const slackExamples: readonly SlackExample[] = [
  {
    ...bot,
    name: 'a bot’s message with a bold title, everything escaped',
    message: {
      to: 'C0123456789',
      content: { title: 'A < B & C', text: '<!channel> order <42>\n& done' },
    },
    request: {
      method: 'POST',
      url: 'https://slack.com/api/chat.postMessage',
      headers: {
        authorization: `Bearer ${secrets.botToken}`,
        'content-type': 'application/json; charset=utf-8',
      },
      body: {
        channel: 'C0123456789',
        text: '*A &lt; B &amp; C*\n&lt;!channel&gt; order &lt;42&gt;\n&amp; done',
        unfurl_links: false,
        unfurl_media: false,
      },
    },
    reply: posted,
    outcome: { kind: 'accepted', ids: ['C0123456789:1763805600.000200'], httpStatus: 200 },
  },
  {
    ...webhook,
    name: 'through an incoming webhook',
    message: { to: '#ops', content: { text: 'hi' } },
    request: { method: 'POST', url: hook.webhookUrl, body: { text: 'hi' } },
    reply: says(200, 'ok'),
    outcome: { kind: 'accepted', ids: [] },
  },
  {
    ...bot,
    name: 'too fast: the wait that Slack names',
    reply: json({ ok: false, error: 'ratelimited' }, 429, { 'retry-after': '30' }),
    outcome: {
      kind: 'retry',
      scope: 'recipient',
      afterMs: 30_000,
      httpStatus: 429,
      providerCode: 'ratelimited',
    },
  },
  {
    ...bot,
    name: 'too fast, without a number',
    reply: refusal('rate_limited'),
    outcome: { kind: 'retry', scope: 'recipient', afterMs: 60_000 },
  },
  {
    ...bot,
    name: 'no such channel: a refusal with status 200',
    reply: refusal('channel_not_found'),
    outcome: {
      kind: 'recipient_rejected',
      httpStatus: 200,
      providerCode: 'channel_not_found',
    },
  },
  {
    ...bot,
    name: 'the bot is not in the channel',
    reply: refusal('not_in_channel'),
    outcome: { kind: 'recipient_rejected', reason: 'not in the channel' },
  },
  {
    ...bot,
    name: 'an archived channel',
    reply: refusal('is_archived'),
    outcome: { kind: 'recipient_rejected', reason: 'archived' },
  },
  {
    ...bot,
    name: 'too long',
    reply: refusal('msg_too_long'),
    outcome: { kind: 'message_rejected', reason: 'too long' },
  },
  {
    ...bot,
    name: 'an error that is not in the table',
    reply: refusal('invalid_arg_name'),
    outcome: { kind: 'message_rejected', providerCode: 'invalid_arg_name' },
  },
  {
    ...bot,
    name: 'a refused token',
    reply: refusal('invalid_auth'),
    outcome: { kind: 'integration_rejected', reason: 'token' },
  },
  {
    ...bot,
    name: 'Slack failed: it may have been posted',
    reply: refusal('fatal_error'),
    outcome: { kind: 'unknown', providerCode: 'fatal_error' },
  },
  {
    ...bot,
    name: 'Slack is not available',
    reply: refusal('service_unavailable'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...webhook,
    name: 'a webhook that was removed',
    reply: says(404, 'no_service'),
    outcome: { kind: 'integration_rejected', providerCode: 'no_service' },
  },
  {
    ...webhook,
    name: 'a webhook whose channel is archived',
    reply: says(410, 'channel_is_archived'),
    outcome: { kind: 'recipient_rejected', httpStatus: 410 },
  },
  {
    ...webhook,
    name: 'a webhook that can’t read the message',
    reply: says(400, 'invalid_payload'),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...bot,
    name: 'no connection',
    reply: { failure: 'not_sent' },
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...bot,
    name: 'no answer: it may have been posted',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
