/**
 * Sends to a Google Chat space through its webhook; the delivery's id is the request's. Facts: channels.md section 8,
 * openapi/google_chat_messages.json. Receives nothing: Google Chat has no delivery receipts.
 */
import Type, { type Static } from 'typebox'
import type { Content } from '@carillon/domain/content'
import type { Outcome } from '@carillon/domain/outcome'
import { defineConnector, type OutboundMessage, type SendContext } from '../define-connector.ts'
import {
  integrationFault,
  messageFault,
  outcomeOfTable,
  slowDown,
  tryAgain,
  unreadableSuccess,
  type ErrorRow,
} from '../error-table.ts'
import { cleanText, singleLine, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { labelAddress } from '../label-address.ts'
import { readJson } from '../read-json.ts'
import { targetUrlProblem } from '../target-url.ts'
import { googleChatExamples } from './examples.ts'
import { googleChatSecrets, googleChatSettings } from './settings.ts'

type Secrets = Static<typeof googleChatSecrets>
type Context = SendContext<Static<typeof googleChatSettings>, Secrets>

/** † 4,096 characters; counted as UTF-16, the stricter reading [GC]. */
const maxText = { n: 4_096, unit: 'utf16' } as const
/** Our own choice: a heading longer than this is not one. */
const maxTitle = { n: 256, unit: 'utf16' } as const

/** Google's canonical error codes (`error.status`), by the classes of channels.md section 8. */
const googleChatErrors: readonly ErrorRow[] = [
  { codes: ['RESOURCE_EXHAUSTED'], outcome: slowDown('Google Chat asks to slow down') },
  {
    codes: ['PERMISSION_DENIED', 'UNAUTHENTICATED', 'NOT_FOUND'],
    outcome: integrationFault('the webhook or its space does not exist any more'),
  },
  {
    codes: ['INVALID_ARGUMENT', 'FAILED_PRECONDITION', 'OUT_OF_RANGE'],
    outcome: messageFault('Google Chat can’t read the message'),
  },
  {
    codes: ['INTERNAL', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'ABORTED'],
    outcome: tryAgain('Google Chat failed'),
  },
]

/** `<users/all>` and `<url|text>` are markup without an escape: an invisible space behind the bracket makes them text. */
const muted = (text: string): string => text.replaceAll(/<(?=[A-Za-z])/g, '<\u200B')

const formatText = ({ title: heading, text: body }: Content): string => {
  const title = truncate(singleLine(heading ?? ''), maxTitle)
  // An asterisk inside would end the bold.
  const bold = title === '' || title.includes('*') ? title : `*${title}*`
  const text = muted(`${bold}\n${truncate(cleanText(body).trim(), maxText)}`.trim())
  return truncate(text, maxText)
}

const postedReply = Type.Object({ name: Type.String({ minLength: 1 }) })
const errorReply = Type.Object({
  error: Type.Object({ status: Type.String(), message: Type.String() }),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const posted = response.status === 200 ? readJson(postedReply, response.body) : undefined
    if (posted !== undefined) return { kind: 'accepted', ids: [posted.name] }
    const error = readJson(errorReply, response.body)?.error
    if (error === undefined) return unreadableSuccess(response)
    const said = { code: error.status, words: error.message }
    return outcomeOfTable(googleChatErrors, said, { response, now })
  }

/** Also each part of the query, which is what a server may repeat of the URL. */
const confidential = ({ webhookUrl }: Secrets) => [
  webhookUrl,
  ...(URL.canParse(webhookUrl) ? new URL(webhookUrl).searchParams.values() : []),
]

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { secrets, now } = context
  const text = formatText(message.content)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const request: HttpRequest = {
    method: 'POST',
    // The same request id again gives the message that was made then, and no second one [GC].
    url: `${secrets.webhookUrl}&requestId=${message.deliveryId}`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ text }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: confidential(secrets),
    read: readReply(context),
  })
}

export const connector = defineConnector({
  id: 'google-chat',
  name: 'Google Chat',
  channel: 'chat',
  docs: [
    'Sends messages to a Google Chat space through a webhook: open the space’s settings, Apps and integrations, Webhooks, make',
    'one and store its URL. The recipient of a route is a label, because the webhook decides where it writes. The title is bold,',
    'nobody is mentioned; texts longer than 4,096 characters are cut. The delivery’s id is the request’s: a message that had to be',
    'sent again arrives once. A space takes about one message a second from all its apps together. There are no delivery',
    'receipts, and a webhook can’t be tried without writing to the space.',
    'See https://developers.google.com/workspace/chat/quickstart/webhooks.',
  ].join(' '),
  settings: googleChatSettings,
  secrets: googleChatSecrets,
  limits: {
    // 60 writes a minute per space, shared by all apps [GC].
    rates: [{ scope: 'integration', n: 1, perMs: 1_000 }],
    maxText,
  },
  check: (_, { webhookUrl }) => {
    const detail = webhookUrl === undefined ? undefined : targetUrlProblem(webhookUrl)
    return detail === undefined ? [] : [{ pointer: '/secrets/webhookUrl', detail }]
  },
  parseAddress: (to) => labelAddress(to, 'space'),
  send,
  examples: googleChatExamples,
})
