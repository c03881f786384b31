/**
 * Publishes to ntfy topics (push messages to phones and browsers), on ntfy.sh or a server of one's own. Facts: channels.md
 * section 8. Receives nothing: ntfy has no delivery receipts.
 */
import Type, { type Static } from 'typebox'
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
import { verificationOf } from '../verification-of.ts'
import { ntfyErrors } from './error-map.ts'
import { ntfyExamples } from './examples.ts'
import { ntfySecrets, ntfyServer, ntfySettings } from './settings.ts'

type Context = SendContext<Static<typeof ntfySettings>, Static<typeof ntfySecrets>>

/** 4,096 bytes; a longer message becomes an attachment, which is not what anybody wants to read [NTF]. */
const maxText = { n: 4_096, unit: 'utf8bytes' } as const
/** Our own choice: no phone shows more of a title. */
const maxTitle = { n: 250, unit: 'utf16' } as const

/** As the server's own routes have it [NTF]. */
const topic = /^[-_A-Za-z0-9]{1,64}$/

const parseAddress = (to: string) => {
  const address = to.trim()
  if (topic.test(address)) return { ok: true, address } as const
  return {
    ok: false,
    reason: 'An ntfy topic has 1 to 64 letters, digits, _ and -, such as ops_alerts.',
  } as const
}

const headersOf = ({ secrets }: Pick<Context, 'secrets'>) => ({
  accept: 'application/json',
  ...(secrets.token === undefined ? {} : { authorization: `Bearer ${secrets.token}` }),
})

const requestOf = (message: OutboundMessage, topic: string, context: Context): HttpRequest => {
  const { settings } = context
  const title = truncate(singleLine(message.content.title ?? ''), maxTitle)
  const text = truncate(cleanText(message.content.text).trim(), maxText)
  return {
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, ntfyServer)}/`,
    headers: { ...headersOf(context), 'content-type': 'application/json' },
    body: JSON.stringify({
      topic,
      ...(title === '' ? {} : { title }),
      // An empty message would be shown as "triggered".
      message: text === '' ? title : text,
      ...(settings.priority === undefined ? {} : { priority: settings.priority }),
      ...(settings.tags === undefined ? {} : { tags: settings.tags }),
      // † Since 2.16 a message with the same sequence id takes the place of the earlier one; older servers ignore it.
      sequence_id: message.deliveryId,
    }),
  }
}

const publishedReply = Type.Object({ id: Type.String({ minLength: 1 }), topic: Type.String() })
const errorReply = Type.Object({
  code: Type.Integer(),
  http: Type.Integer(),
  error: Type.String(),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const published = readJson(publishedReply, response.body)
    if (published !== undefined) return { kind: 'accepted', ids: [published.id] }
    const error = readJson(errorReply, response.body)
    if (error === undefined) return unreadableSuccess(response)
    const said = { code: String(error.code), words: error.error }
    return outcomeOfTable(ntfyErrors, said, { response, now })
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const to = parseAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const { title, text } = message.content
  if (singleLine(`${title ?? ''}${text}`) === '') {
    return { kind: 'message_rejected', reason: 'the message is empty' }
  }
  const request = requestOf(message, to.address, context)
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: [context.secrets.token],
    read: readReply(context),
  })
}

const accountReply = Type.Object({
  username: Type.Optional(Type.String()),
  role: Type.Optional(Type.String()),
  limits: Type.Optional(Type.Object({})),
})

/** † `GET /v1/account` says who the token belongs to ("*" for nobody in particular). */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const url = `${baseUrlOf(context.settings.baseUrl, ntfyServer)}/v1/account`
  const request = { method: 'GET', url, headers: headersOf(context) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: [context.secrets.token],
    read: readReply(context),
    stranger: 'not an answer of an ntfy server',
    proof: ({ status, body }) => {
      const account = status === 200 ? readJson(accountReply, body) : undefined
      return account?.username === undefined ? undefined : account.username
    },
  })
}

export const connector = defineConnector({
  id: 'ntfy',
  name: 'ntfy',
  channel: 'push',
  docs: [
    'Publishes push messages to ntfy topics, on ntfy.sh or on a server of your own (baseUrl). The recipient is the name of a',
    'topic; whoever knows the name of an open topic can read it, so choose one that can’t be guessed or use an access token.',
    'Texts longer than 4,096 bytes are cut. ntfy has no delivery receipts. Servers from version 2.16 on show a message that',
    'had to be sent twice once, because both carry the delivery’s id; on older ones it may arrive twice after a timeout.',
    'ntfy.sh takes 60 messages at once and then one in 5 seconds, 250 a day. See https://docs.ntfy.sh/publish/.',
  ].join(' '),
  settings: ntfySettings,
  secrets: ntfySecrets,
  limits: {
    // Burst 60, then one in 5 s: the server's defaults [NTF].
    rates: [{ scope: 'integration', n: 1, perMs: 5_000, burst: 60 }],
    maxText,
  },
  check: baseUrlProblems,
  parseAddress,
  send,
  verify,
  examples: ntfyExamples,
})
