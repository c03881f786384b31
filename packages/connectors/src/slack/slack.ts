/**
 * Sends to Slack channels and people, with a bot token (`chat.postMessage`) or through an incoming webhook. Facts:
 * channels.md section 8. Receives nothing: Slack has no delivery receipts.
 */
import Type, { type Static } from 'typebox'
import type { Content } from '@carillon/domain/content'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlOf, baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfTable, unreadableSuccess } from '../error-table.ts'
import { cleanText, singleLine, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { targetUrlProblem } from '../target-url.ts'
import { verificationOf } from '../verification-of.ts'
import { slackApiErrors, slackWebhookErrors } from './error-map.ts'
import { slackExamples } from './examples.ts'
import { slackApi, slackSecrets, slackSettings } from './settings.ts'

type Settings = Static<typeof slackSettings>
type Secrets = Static<typeof slackSecrets>
type Context = SendContext<Settings, Secrets>

/** "4,000 advised" of 40,000 (channels.md section 8 †). Counted before escaping, which makes five of one at most. */
const maxText = { n: 4_000, unit: 'utf16' } as const
/** Our own choice: a heading longer than this is not one, and must leave room for the text. */
const maxTitle = { n: 256, unit: 'utf16' } as const

/** mrkdwn knows three entities: with these escaped, no text becomes a link, a mention or <!channel>. */
const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The title in bold above the text, in at most 4,000 characters before escaping. */
const formatText = (content: Content): string => {
  const title = truncate(singleLine(content.title ?? ''), maxTitle)
  const text = truncate(cleanText(content.text).trim(), {
    ...maxText,
    n: maxText.n - title.length - 1,
  })
  // An asterisk inside would end the bold.
  const heading = title === '' || title.includes('*') ? title : `*${title}*`
  return escapeMrkdwn(`${heading}\n${text}`.trim())
}

/** Ids as Slack writes them (channel, group, direct message, person), or #name. Slack takes either. */
const channelId = /^[CGDUW][A-Z0-9]{6,20}$/
const channelName = /^#[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}$/u

const parseAddress = (to: string) => {
  const address = to.trim()
  if (channelId.test(address)) return { ok: true, address } as const
  if (channelName.test(address)) return { ok: true, address: address.toLowerCase() } as const
  return {
    ok: false,
    reason: 'A Slack channel is an id such as C0123456789, or its #name.',
  } as const
}

const apiRequest = (
  { settings, secrets }: Pick<Context, 'settings' | 'secrets'>,
  method: string,
  body: object,
) =>
  ({
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, slackApi)}/${method}`,
    headers: {
      authorization: `Bearer ${secrets.botToken ?? ''}`,
      'content-type': 'application/json; charset=utf-8',
      accept: 'application/json',
    },
    body: JSON.stringify(body),
  }) as const satisfies HttpRequest

const requestOf = (channel: string, text: string, context: Context): HttpRequest => {
  const { settings, secrets } = context
  const unfurl = settings.unfurl ?? false
  const words = { text, unfurl_links: unfurl, unfurl_media: unfurl }
  if (secrets.webhookUrl === undefined) {
    return apiRequest(context, 'chat.postMessage', { channel, ...words })
  }
  return {
    method: 'POST',
    url: secrets.webhookUrl,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(words),
  }
}

const postedReply = Type.Object({
  ok: Type.Literal(true),
  channel: Type.String(),
  ts: Type.String(),
})
const errorReply = Type.Object({ ok: Type.Literal(false), error: Type.String() })

/** The id of a posted message is `<channel>:<ts>`: timestamps are unique inside their channel only. */
const readApiReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const posted = readJson(postedReply, response.body)
    if (posted !== undefined) return { kind: 'accepted', ids: [`${posted.channel}:${posted.ts}`] }
    const error = readJson(errorReply, response.body)?.error
    return error === undefined
      ? unreadableSuccess(response)
      : outcomeOfTable(slackApiErrors, { code: error }, { response, now })
  }

/** A webhook says "ok", or the error's name, as plain text. */
const readWebhookReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const code = response.body.trim()
    if (response.status === 200 && code === 'ok') return { kind: 'accepted', ids: [] }
    if (!/^[a-z_]{1,64}$/.test(code)) return unreadableSuccess(response)
    return (
      outcomeOfTable(slackWebhookErrors, { code }, { response, now }) ?? unreadableSuccess(response)
    )
  }

/** Also the path of the webhook, which is what a server may repeat of its URL. */
const confidential = ({ botToken, webhookUrl }: Secrets) => [
  botToken,
  webhookUrl,
  webhookUrl?.replace(/^https?:\/\/[^/]*/i, ''),
]

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const to = parseAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const text = formatText(message.content)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const read = context.secrets.webhookUrl === undefined ? readApiReply : readWebhookReply
  const request = requestOf(to.address, text, context)
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: confidential(context.secrets),
    read: read(context),
  })
}

const check = (settings: Settings, { botToken, webhookUrl }: Partial<Secrets>) => {
  const urlProblem = webhookUrl === undefined ? undefined : targetUrlProblem(webhookUrl)
  return [
    ...baseUrlProblems(settings),
    ...(urlProblem === undefined ? [] : [{ pointer: '/secrets/webhookUrl', detail: urlProblem }]),
    ...((botToken === undefined) === (webhookUrl === undefined)
      ? [{ pointer: '/secrets/botToken', detail: 'Give either a bot token or a webhook’s URL.' }]
      : []),
  ]
}

const testReply = Type.Object({
  ok: Type.Literal(true),
  team: Type.Optional(Type.String()),
  user: Type.Optional(Type.String()),
})

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  if (context.secrets.webhookUrl !== undefined) {
    return { ok: true, detail: 'A webhook can’t be tried without writing to its channel.' }
  }
  const reply = await context.http.request(apiRequest(context, 'auth.test', {}), context.signal)
  return verificationOf(reply, {
    now: context.now,
    secrets: confidential(context.secrets),
    read: readApiReply(context),
    stranger: 'not an answer of Slack’s Web API',
    proof: ({ body }) => {
      const me = readJson(testReply, body)
      return me === undefined ? undefined : [me.user, me.team].filter(Boolean).join(', ')
    },
  })
}

export const connector = defineConnector({
  id: 'slack',
  name: 'Slack',
  channel: 'chat',
  docs: [
    'Sends messages to Slack channels and people. Create an app with the scope chat:write, install it in the workspace, store',
    'its bot token (xoxb-…) and invite the bot into the channels; the recipient is the id of a channel or person, or #name.',
    'Or store the URL of an incoming webhook instead: it writes to the one channel that was chosen in Slack, whatever the',
    'recipient says. The title is bold; &, < and > are escaped, so that no text becomes a mention. Texts longer than 4,000',
    'characters are cut. Slack has no delivery receipts and no idempotency key: after a timeout a message may arrive twice.',
    'A channel takes about one message a second. See https://api.slack.com/methods/chat.postMessage.',
  ].join(' '),
  settings: slackSettings,
  secrets: slackSecrets,
  noCorrelation: 'chat.postMessage and webhooks have no field for an id of ours.',
  limits: {
    // 1 a second per channel, short bursts [SLR].
    rates: [{ scope: 'recipient', n: 1, perMs: 1_000, burst: 3 }],
    maxText,
  },
  check,
  parseAddress,
  send,
  verify,
  examples: slackExamples,
})
