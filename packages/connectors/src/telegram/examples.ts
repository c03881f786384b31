/**
 * Recorded exchanges with the Bot API: bodies as the server writes them (channels.md section 1, openapi/telegram.json).
 * They are the conformance suite's material and the reference page's.
 */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { telegramSecrets, telegramSettings } from './settings.ts'

type TelegramExample = Example<Static<typeof telegramSettings>, Static<typeof telegramSecrets>>

const secrets = { botToken: '123456:TEST-abcdefghijklmnopqrstuvwxyz01234' }
const url = `https://api.telegram.org/bot${secrets.botToken}/sendMessage`
const toAnna = { to: '79001234' }
const toGroup = { to: '-1001234' }

/** An answer of the server to a refused request: the HTTP status is the error code. */
const refusal = (code: number, description: string, parameters?: object) => ({
  status: code,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    ok: false,
    error_code: code,
    description,
    ...(parameters === undefined ? {} : { parameters }),
  }),
})

const accepted = (chatId: number, messageId: number) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    ok: true,
    result: { message_id: messageId, date: 1_763_805_600, chat: { id: chatId, type: 'private' } },
  }),
})

export const telegramExamples: readonly TelegramExample[] = [
  {
    name: 'a message with a bold title, everything escaped',
    settings: {},
    secrets,
    message: { ...toAnna, content: { title: 'A < B & C', text: 'Order <42> is "paid"\n& done' } },
    request: {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json' },
      body: {
        chat_id: 79_001_234,
        text: '<b>A &lt; B &amp; C</b>\n\nOrder &lt;42&gt; is "paid"\n&amp; done',
        parse_mode: 'HTML',
      },
    },
    reply: accepted(79_001_234, 42),
    outcome: { kind: 'accepted', ids: ['79001234:42'], httpStatus: 200 },
  },
  {
    name: 'plain text, silent and without a preview, to a public channel on a server of one’s own',
    settings: {
      parseMode: 'none',
      silent: true,
      disablePreview: true,
      baseUrl: 'https://telegram.example.org/',
    },
    secrets,
    message: { to: '@ops_news', content: { title: 'Paid', text: 'Order <42>' } },
    request: {
      method: 'POST',
      url: `https://telegram.example.org/bot${secrets.botToken}/sendMessage`,
      body: {
        chat_id: '@ops_news',
        text: 'Paid\n\nOrder <42>',
        link_preview_options: { is_disabled: true },
        disable_notification: true,
      },
    },
    reply: accepted(-1_001_234, 0),
    outcome: { kind: 'accepted', ids: ['-1001234:0'] },
  },
  {
    name: 'too fast: the wait that Telegram names, for this chat',
    settings: {},
    secrets,
    message: toGroup,
    reply: refusal(429, 'Too Many Requests: retry after 5', { retry_after: 5 }),
    outcome: {
      kind: 'retry',
      scope: 'recipient',
      afterMs: 5_000,
      httpStatus: 429,
      providerCode: '429',
      providerMessage: 'Too Many Requests: retry after 5',
    },
  },
  {
    name: 'too fast, without a number',
    settings: {},
    secrets,
    message: toGroup,
    reply: refusal(429, 'Too Many Requests'),
    outcome: { kind: 'retry', scope: 'recipient', afterMs: 60_000 },
  },
  {
    name: 'the group has become a supergroup',
    settings: {},
    secrets,
    message: toGroup,
    reply: refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
      migrate_to_chat_id: -1_001_987_654_321,
    }),
    outcome: { kind: 'moved', address: '-1001987654321' },
  },
  {
    name: 'no such chat',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(400, 'Bad Request: chat not found'),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid', httpStatus: 400 },
  },
  {
    name: 'blocked by the user',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(403, 'Forbidden: bot was blocked by the user'),
    outcome: { kind: 'recipient_rejected', suppress: 'blocked', providerCode: '403' },
  },
  {
    name: 'the user has deleted the account',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(403, 'Forbidden: user is deactivated'),
    outcome: { kind: 'recipient_rejected', suppress: 'gone' },
  },
  {
    name: 'removed from the group',
    settings: {},
    secrets,
    message: toGroup,
    reply: refusal(403, 'Forbidden: bot was kicked from the supergroup chat'),
    outcome: { kind: 'recipient_rejected', suppress: 'blocked' },
  },
  {
    name: 'not enough rights in the chat: nobody is suppressed, an administrator can give them',
    settings: {},
    secrets,
    message: toGroup,
    reply: refusal(400, 'Bad Request: not enough rights to send text messages to the chat'),
    outcome: { kind: 'recipient_rejected', reason: 'may not write' },
  },
  {
    name: 'markup that Telegram can’t read',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(400, "Bad Request: can't parse entities: unsupported start tag"),
    outcome: { kind: 'message_rejected', reason: 'markup' },
  },
  {
    name: 'another bad request',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(400, 'Bad Request: something new'),
    outcome: { kind: 'message_rejected', providerMessage: 'Bad Request: something new' },
  },
  {
    name: 'bad credentials',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(401, 'Unauthorized'),
    outcome: { kind: 'integration_rejected', reason: 'token', httpStatus: 401 },
  },
  {
    name: 'malformed token',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(404, 'Not Found'),
    outcome: { kind: 'integration_rejected', reason: 'token' },
  },
  {
    name: 'the server restarts',
    settings: {},
    secrets,
    message: toAnna,
    reply: refusal(500, 'Internal Server Error: restart'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    name: 'a gateway’s page instead of an answer',
    settings: {},
    secrets,
    message: toAnna,
    reply: { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' },
    outcome: { kind: 'retry' },
  },
  {
    name: 'no connection',
    settings: {},
    secrets,
    message: toAnna,
    reply: { failure: 'not_sent' },
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    name: 'no answer: it may have been sent',
    settings: {},
    secrets,
    message: toAnna,
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
