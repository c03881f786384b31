/**
 * Sends push messages through a Gotify server of one's own. Facts: channels.md section 8, openapi/gotify_message.json.
 * Receives nothing: Gotify has no delivery receipts.
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
import {
  integrationFault,
  messageFault,
  outcomeOfTable,
  unreadableSuccess,
  type ErrorRow,
} from '../error-table.ts'
import { cleanText, singleLine, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { labelAddress } from '../label-address.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { gotifyExamples } from './examples.ts'
import { gotifySecrets, gotifySettings } from './settings.ts'

type Context = SendContext<Static<typeof gotifySettings>, Static<typeof gotifySecrets>>

/** Gotify documents no limit; these are our own: what a phone's notification can hold. */
const maxText = { n: 10_000, unit: 'utf16' } as const
const maxTitle = { n: 250, unit: 'utf16' } as const

/** `errorCode` is the HTTP status again [GOT]. */
const gotifyErrors: readonly ErrorRow[] = [
  { codes: ['401'], outcome: integrationFault('the application token is refused') },
  { codes: ['403'], outcome: integrationFault('the token is no application’s') },
  { codes: ['400'], outcome: messageFault('Gotify can’t read the message') },
  // † A wrong baseUrl: the server has no other path that could be missing.
  { codes: ['404'], outcome: integrationFault('there is no Gotify server at baseUrl') },
]

const requestOf = ({ settings, secrets }: Pick<Context, 'settings' | 'secrets'>, body: object) =>
  ({
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, settings.baseUrl)}/message`,
    headers: {
      'x-gotify-key': secrets.appToken,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify(body),
  }) as const satisfies HttpRequest

const postedReply = Type.Object({ id: Type.Integer(), appid: Type.Integer() })
const errorReply = Type.Object({
  error: Type.String(),
  errorCode: Type.Integer(),
  errorDescription: Type.String(),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const posted = readJson(postedReply, response.body)
    if (posted !== undefined) return { kind: 'accepted', ids: [String(posted.id)] }
    const error = readJson(errorReply, response.body)
    if (error === undefined) return unreadableSuccess(response)
    const said = { code: String(error.errorCode), words: error.errorDescription }
    return outcomeOfTable(gotifyErrors, said, { response, now })
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const title = truncate(singleLine(message.content.title ?? ''), maxTitle)
  const text = truncate(cleanText(message.content.text).trim(), maxText)
  if (title === '' && text === '') {
    return { kind: 'message_rejected', reason: 'the message is empty' }
  }
  const request = requestOf(context, {
    ...(title === '' ? {} : { title }),
    message: text === '' ? title : text,
    ...(settings.priority === undefined ? {} : { priority: settings.priority }),
    extras: {
      // Nothing of the text may be taken for markup.
      'client::display': { contentType: 'text/plain' },
      'carillon::delivery': { id: message.deliveryId },
    },
  })
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.appToken],
    read: readReply(context),
  })
}

/** An application's token can do nothing but send. A message without its required text is refused with 400 after the token was accepted. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const reply = await context.http.request(requestOf(context, {}), context.signal)
  return verificationOf(reply, {
    now: context.now,
    secrets: [context.secrets.appToken],
    read: readReply(context),
    stranger: 'not an answer of a Gotify server',
    proof: ({ body }) => (readJson(errorReply, body)?.errorCode === 400 ? '' : undefined),
  })
}

export const connector = defineConnector({
  id: 'gotify',
  name: 'Gotify',
  channel: 'push',
  docs: [
    'Sends push messages through a Gotify server of yours. Make an application in Gotify and store its token; everybody who',
    'is logged in as its owner gets the messages, so the recipient of a route is a label. The text is shown as it is, without',
    'Markdown. Gotify has no delivery receipts and no idempotency key: after a timeout a message may arrive twice; both carry',
    'the delivery’s id in the extra carillon::delivery. See https://gotify.net/api-docs.',
  ].join(' '),
  settings: gotifySettings,
  secrets: gotifySecrets,
  // No rates are documented [GOT]; the tenant may set one on the integration.
  limits: { maxText },
  check: baseUrlProblems,
  parseAddress: (to) => labelAddress(to, 'gotify'),
  send,
  verify,
  examples: gotifyExamples,
})
