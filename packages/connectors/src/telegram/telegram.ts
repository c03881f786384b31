/**
 * Sends to Telegram chats through the Bot API (`sendMessage`). Facts: channels.md section 1. Receives nothing: Telegram
 * has no delivery receipts.
 */
import Type, { type Static } from 'typebox'
import type { Content } from '@carillon/domain/content'
import type { Outcome } from '@carillon/domain/outcome'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { cleanText, singleLine, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { targetUrlProblem } from '../target-url.ts'
import { telegramExamples } from './examples.ts'
import { readTelegramReply } from './read-reply.ts'
import { telegramSecrets, telegramSettings } from './settings.ts'

type Settings = Static<typeof telegramSettings>
type Secrets = Static<typeof telegramSecrets>
type Context = SendContext<Settings, Secrets>

/** sendMessage takes 1-4096 characters after the markup is taken out [TGS]; counted as UTF-16, the stricter reading. */
const maxText = { n: 4096, unit: 'utf16' } as const
/** Our own choice: a heading longer than this is not one, and must leave room for the text. */
const maxTitle = { n: 256, unit: 'utf16' } as const

/** Only these three: channels.md section 1 [TGE]. The shared `escapeHtml` writes entities that are not documented there. */
const escapeMarkup = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/**
 * The message in at most 4,096 characters. A longer one is CUT, with an ellipsis: split into two messages it would be two
 * exchanges with one outcome, and a failure of the second would send the first again.
 * The markup can't fail: it is at most one <b> around escaped text.
 */
const formatText = (content: Content, parseMode: 'HTML' | 'none'): string => {
  const title = truncate(singleLine(content.title ?? ''), maxTitle)
  const gap = title === '' ? '' : '\n\n'
  const room = { ...maxText, n: maxText.n - title.length - gap.length }
  const text = truncate(cleanText(content.text).trim(), room)
  if (parseMode === 'none') return `${title}${gap}${text}`.trim()
  const heading = title === '' ? '' : `<b>${escapeMarkup(title)}</b>`
  return `${heading}${gap}${escapeMarkup(text)}`.trim()
}

/** The token is a part of the path: whatever the port reports about this URL must go through `redact`. */
const request = (context: Pick<Context, 'settings' | 'secrets'>, method: string, body: object) => {
  const base = (context.settings.baseUrl ?? 'https://api.telegram.org').replace(/\/+$/, '')
  // A token contains a colon, which is allowed in a path; all else that could change the path is encoded.
  const token = encodeURIComponent(context.secrets.botToken).replaceAll('%3A', ':')
  return {
    method: 'POST',
    url: `${base}/bot${token}/${method}`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
  } as const satisfies HttpRequest
}

const numericChat = /^-?[1-9]\d{0,15}$/
/** † Telegram's user names: 4-32 letters, digits and underscores, a letter first. */
const namedChat = /^@[A-Za-z]\w{3,31}$/

const parseAddress = (to: string) => {
  const address = to.trim()
  const fine = numericChat.test(address)
    ? Number.isSafeInteger(Number(address))
    : namedChat.test(address)
  if (fine) return { ok: true, address } as const
  return {
    ok: false,
    reason: 'A Telegram chat is a number (negative for groups) or @name of a public channel.',
  } as const
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const parsed = parseAddress(message.to)
  if (!parsed.ok) return { kind: 'recipient_rejected', reason: parsed.reason }
  const parseMode = settings.parseMode ?? 'HTML'
  const text = formatText(message.content, parseMode)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const body = {
    chat_id: numericChat.test(parsed.address) ? Number(parsed.address) : parsed.address,
    text,
    ...(parseMode === 'HTML' ? { parse_mode: 'HTML' } : {}),
    ...(settings.disablePreview === true ? { link_preview_options: { is_disabled: true } } : {}),
    ...(settings.silent === true ? { disable_notification: true } : {}),
  }
  const reply = await context.http.request(request(context, 'sendMessage', body), context.signal)
  return outcomeOfReply(reply, {
    now,
    secrets: [secrets.botToken],
    read: (response) => readTelegramReply(response, now),
  })
}

const meReply = Type.Object({
  ok: Type.Literal(true),
  result: Type.Object({ username: Type.Optional(Type.String()) }),
})

const check = ({ baseUrl }: Settings) => {
  const detail = baseUrl === undefined ? undefined : targetUrlProblem(baseUrl)
  return detail === undefined ? [] : [{ pointer: '/settings/baseUrl', detail }]
}

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { now, secrets } = context
  const reply = await context.http.request(request(context, 'getMe', {}), context.signal)
  const me = reply.kind === 'response' ? readJson(meReply, reply.body) : undefined
  if (me !== undefined) {
    const name = me.result.username
    return { ok: true, ...(name === undefined ? {} : { detail: `@${name}` }) }
  }
  const outcome = outcomeOfReply(reply, {
    now,
    secrets: [secrets.botToken],
    read: (response) => readTelegramReply(response, now),
  })
  const error = outcome.kind === 'accepted' ? 'not an answer of a Bot API server' : outcome.reason
  const detail = outcome.providerMessage
  return { ok: false, error, ...(detail === undefined ? {} : { detail }) }
}

export const connector = defineConnector({
  id: 'telegram',
  name: 'Telegram',
  channel: 'telegram',
  docs: [
    'Sends messages to Telegram users, groups and channels through a bot.',
    'Create a bot with @BotFather and store its token. A person must have started the bot, and a group or channel must',
    'have it as a member, before it may write there. The recipient is a chat id (negative for groups) or @name of a',
    'public channel. Texts longer than 4,096 characters are cut. Telegram has no delivery receipts and no idempotency',
    'key: after a timeout a message may arrive twice. A group takes about 20 messages a minute; what is faster is',
    'answered with a wait, which is kept. See https://core.telegram.org/bots/api#sendmessage.',
  ].join(' '),
  settings: telegramSettings,
  secrets: telegramSecrets,
  noCorrelation: 'sendMessage has no field for an id of ours (Bot API 10.1).',
  limits: {
    // About 30 messages a second overall and 1 a second per chat; soft, the real ones are in the 429s [TGF] [GRM].
    rates: [
      { scope: 'integration', n: 30, perMs: 1_000 },
      { scope: 'recipient', n: 1, perMs: 1_000 },
    ],
    maxText,
  },
  check,
  parseAddress,
  send,
  verify,
  examples: telegramExamples,
})
