/**
 * Sends to a Discord channel through its webhook ("execute webhook", with `wait=true`: without it a lost message looks
 * like a sent one). Facts: channels.md section 8. Receives nothing: Discord has no delivery receipts.
 */
import Type, { type Static } from 'typebox'
import type { Outcome } from '@carillon/domain/outcome'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfTable, slowDown, unreadableSuccess } from '../error-table.ts'
import { outcomeOfReply, parseRetryAfter } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { labelAddress } from '../label-address.ts'
import { readJson } from '../read-json.ts'
import { targetUrlProblem } from '../target-url.ts'
import { verificationOf } from '../verification-of.ts'
import { discordErrors } from './error-map.ts'
import { discordExamples } from './examples.ts'
import { discordText, maxText } from './markdown.ts'
import { discordSecrets, discordSettings } from './settings.ts'

type Settings = Static<typeof discordSettings>
type Secrets = Static<typeof discordSecrets>
type Context = SendContext<Settings, Secrets>

/** Message flag SUPPRESS_EMBEDS. */
const suppressEmbeds = 4

const postedReply = Type.Object({ id: Type.String({ pattern: '^[0-9]+$' }) })
const limitReply = Type.Object({
  retry_after: Type.Number({ minimum: 0 }),
  message: Type.Optional(Type.String()),
})
const errorReply = Type.Object({ code: Type.Integer(), message: Type.String() })

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const { status, body } = response
    if (status >= 200 && status < 300) {
      const posted = readJson(postedReply, body)
      return posted === undefined
        ? unreadableSuccess(response)
        : { kind: 'accepted', ids: [posted.id] }
    }
    const limited = status === 429 ? readJson(limitReply, body) : undefined
    if (limited !== undefined) {
      // Seconds with a fraction; a bucket is one webhook's, and the global one is everybody's at this address.
      const afterMs = parseRetryAfter(String(limited.retry_after), now)
      return {
        ...slowDown('Discord asks to slow down', 'integration', afterMs),
        ...(limited.message === undefined ? {} : { providerMessage: limited.message }),
      }
    }
    const error = readJson(errorReply, body)
    if (error === undefined) return notFound(response)
    const said = { code: String(error.code), words: error.message }
    return outcomeOfTable(discordErrors, said, { response, now }) ?? notFound(response)
  }

/** The URL is all that identifies the webhook: a 404 without a known code is about it, not about the message. */
const notFound = ({ status }: HttpResponse): Outcome | undefined =>
  status === 404 ? { kind: 'integration_rejected', reason: 'there is no such webhook' } : undefined

/** Also the token alone, which is what a server may repeat of the URL. */
const confidential = ({ webhookUrl }: Secrets) => [webhookUrl, webhookUrl.replace(/^.*\//, '')]

/** Discord shows the URL without a version, which means the oldest one that still answers; the facts are of version 10. */
const versioned = (webhookUrl: string): string =>
  webhookUrl.replace(/\/api\/webhooks\/(?=\d+\/[^/]+$)/, '/api/v10/webhooks/')

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const content = discordText(message.content)
  if (content === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const thread = settings.threadId === undefined ? '' : `&thread_id=${settings.threadId}`
  const request: HttpRequest = {
    method: 'POST',
    url: `${versioned(secrets.webhookUrl)}?wait=true${thread}`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      content,
      ...(settings.username === undefined ? {} : { username: settings.username }),
      // No text may wake a server's thousands of members.
      allowed_mentions: { parse: [] },
      ...(settings.suppressEmbeds === true ? { flags: suppressEmbeds } : {}),
    }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: confidential(secrets),
    read: readReply(context),
  })
}

const webhookReply = Type.Object({ id: Type.String(), name: Type.Optional(Type.String()) })

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const request = { method: 'GET', url: versioned(context.secrets.webhookUrl) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: confidential(context.secrets),
    read: readReply(context),
    stranger: 'not an answer of Discord',
    proof: ({ status, body }) => {
      const webhook = status === 200 ? readJson(webhookReply, body) : undefined
      return webhook === undefined ? undefined : (webhook.name ?? '')
    },
  })
}

export const connector = defineConnector({
  id: 'discord',
  name: 'Discord',
  channel: 'chat',
  docs: [
    'Sends messages to a Discord channel through a webhook: open the channel’s settings, Integrations, Webhooks, make one and',
    'store its URL. The recipient of a route is a label, because the webhook decides where it writes; for a thread or a forum',
    'set the thread’s id. All markup in the text is escaped and nobody is mentioned; links stay links. Texts longer than',
    '2,000 characters are cut. Discord has no delivery receipts and no idempotency key: after a timeout a message may arrive',
    'twice. See https://discord.com/developers/docs/resources/webhook#execute-webhook.',
  ].join(' '),
  settings: discordSettings,
  secrets: discordSecrets,
  noCorrelation: 'Executing a webhook has no field for an id of ours (nonce exists for bots only).',
  // Buckets are announced in headers and differ; 50 a second is the global limit [DIS].
  limits: { rates: [{ scope: 'integration', n: 50, perMs: 1_000 }], maxText, concurrency: 4 },
  check: (_, { webhookUrl }) => {
    const detail = webhookUrl === undefined ? undefined : targetUrlProblem(webhookUrl)
    return detail === undefined ? [] : [{ pointer: '/secrets/webhookUrl', detail }]
  },
  parseAddress: (to) => labelAddress(to, 'channel'),
  send,
  verify,
  examples: discordExamples,
})
