/**
 * Recorded exchanges with Discord's webhooks (channels.md section 8, openapi/discord_execute_webhook.json). They are the
 * conformance suite's material and the reference page's.
 */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { discordSecrets, discordSettings } from './settings.ts'

type DiscordExample = Example<Static<typeof discordSettings>, Static<typeof discordSecrets>>

const secrets = {
  webhookUrl: 'https://discord.com/api/webhooks/1234567890123/TEST-token_abcdef',
}
/** Discord shows the URL without the version that is called. */
const versioned = 'https://discord.com/api/v10/webhooks/1234567890123/TEST-token_abcdef'
const base = { settings: {}, secrets, message: { to: 'ops' } }

const json = (status: number, body: object, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const refusal = (status: number, code: number, message: string) => json(status, { code, message })

export const discordExamples: readonly DiscordExample[] = [
  {
    ...base,
    name: 'a message with a bold title, markup escaped, nobody mentioned',
    message: {
      to: 'ops',
      content: { title: 'Order *42*', text: '@everyone **paid**: https://shop.example/a_b_c' },
    },
    request: {
      method: 'POST',
      url: `${versioned}?wait=true`,
      headers: { 'content-type': 'application/json' },
      body: {
        content: '**Order \\*42\\***\n\\@everyone \\*\\*paid\\*\\*: https://shop.example/a_b_c',
        allowed_mentions: { parse: [] },
      },
    },
    reply: json(200, { id: '1099999999999999999', channel_id: '1', content: 'hi' }),
    outcome: { kind: 'accepted', ids: ['1099999999999999999'], httpStatus: 200 },
  },
  {
    ...base,
    name: 'to a thread, under a name of one’s own, without previews',
    settings: { username: 'Shop', threadId: '42', suppressEmbeds: true },
    request: {
      url: `${versioned}?wait=true&thread_id=42`,
      body: { username: 'Shop', flags: 4 },
    },
    reply: json(200, { id: '2' }),
    outcome: { kind: 'accepted', ids: ['2'] },
  },
  {
    ...base,
    name: 'too fast: the wait that Discord names, with its fraction',
    reply: json(
      429,
      { message: 'You are being rate limited.', retry_after: 64.57, global: false },
      { 'retry-after': '65', 'x-ratelimit-bucket': 'abcd1234' },
    ),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 64_570,
      providerMessage: 'You are being rate limited.',
    },
  },
  {
    ...base,
    name: 'too fast for Cloudflare, in front of Discord',
    reply: { status: 429, headers: { 'retry-after': '600' }, body: '<h1>1015</h1>' },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 600_000 },
  },
  {
    ...base,
    name: 'the webhook was deleted',
    reply: refusal(404, 10_015, 'Unknown Webhook'),
    outcome: { kind: 'integration_rejected', providerCode: '10015', httpStatus: 404 },
  },
  {
    ...base,
    name: 'a wrong token',
    reply: refusal(401, 50_027, 'Invalid Webhook Token'),
    outcome: { kind: 'integration_rejected', reason: 'token' },
  },
  {
    ...base,
    name: 'a forum without a thread',
    reply: refusal(400, 220_001, 'Webhooks posted to forum channels must have a thread_name'),
    outcome: { kind: 'integration_rejected', reason: 'thread' },
  },
  {
    ...base,
    name: 'a message that Discord can’t read',
    reply: refusal(400, 50_035, 'Invalid Form Body'),
    outcome: { kind: 'message_rejected', providerMessage: 'Invalid Form Body' },
  },
  {
    ...base,
    name: 'a message that is too large',
    reply: refusal(413, 40_005, 'Request entity too large'),
    outcome: { kind: 'message_rejected', reason: 'too large' },
  },
  {
    ...base,
    name: 'Discord failed',
    reply: { status: 502, body: '<h1>Bad Gateway</h1>' },
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
    name: 'no answer: it may have been posted',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
