/**
 * Sends e-mail through Postmark's API. Facts: channels.md section 9, openapi/postmark_email.json. What became of a mail
 * comes to our hook: `read-notice.ts`.
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
import { newHookToken } from '../hook-token.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { apiMail, mailboxText, parseRecipient, senderProblems } from '../mail-parts.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { inactiveRecipient, postmarkErrors } from './error-map.ts'
import { postmarkExamples, postmarkHookExamples } from './examples.ts'
import { readPostmarkNotice } from './read-notice.ts'
import { postmarkApi, postmarkSecrets, postmarkSettings } from './settings.ts'

type Context = SendContext<Static<typeof postmarkSettings>, Static<typeof postmarkSecrets>>

const headersOf = ({ secrets }: Pick<Context, 'secrets'>) => ({
  'x-postmark-server-token': secrets.serverToken,
  accept: 'application/json',
})

const anyReply = Type.Object({
  ErrorCode: Type.Integer(),
  Message: Type.String(),
  MessageID: Type.Optional(Type.String({ minLength: 1 })),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const said = readJson(anyReply, response.body)
    if (said === undefined) return unreadableSuccess(response)
    const words = { providerCode: String(said.ErrorCode), providerMessage: said.Message }
    if (said.ErrorCode !== 0) {
      const error = { code: String(said.ErrorCode), words: said.Message }
      return outcomeOfTable(postmarkErrors, error, { response, now })
    }
    // "Message OK, but will not deliver to these inactive addresses: …": ours has one address only.
    if (/inactive addresses/i.test(said.Message)) return { ...inactiveRecipient, ...words }
    if (said.MessageID === undefined) return unreadableSuccess(response)
    return { kind: 'accepted', ids: [said.MessageID] }
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const made = apiMail(message, settings)
  if (!made.ok) return made.outcome
  const { from, to, replyTo, subject, text, html, headers } = made.mail
  const request: HttpRequest = {
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, postmarkApi)}/email`,
    headers: { ...headersOf(context), 'content-type': 'application/json' },
    body: JSON.stringify({
      From: mailboxText(from),
      To: to,
      ...(replyTo === undefined ? {} : { ReplyTo: mailboxText(replyTo) }),
      Subject: subject,
      TextBody: text,
      HtmlBody: html,
      Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
      // Echoed in every notice.
      Metadata: { delivery_id: message.deliveryId },
      ...(settings.messageStream === undefined ? {} : { MessageStream: settings.messageStream }),
    }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.serverToken, secrets.hookToken],
    read: readReply(context),
  })
}

const serverReply = Type.Object({ ID: Type.Integer(), Name: Type.String() })

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { settings, secrets, now } = context
  const url = `${baseUrlOf(settings.baseUrl, postmarkApi)}/server`
  const request = { method: 'GET', url, headers: headersOf(context) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.serverToken, secrets.hookToken],
    read: readReply(context),
    stranger: 'not an answer of Postmark',
    proof: ({ status, body }) => (status === 200 ? readJson(serverReply, body)?.Name : undefined),
  })
}

export const connector = defineConnector({
  id: 'postmark',
  name: 'Postmark',
  channel: 'email',
  docs: [
    'Sends e-mail through Postmark, with a text and an HTML body. You need the token of a Postmark server and a confirmed',
    'sender signature or domain; campaigns belong into a broadcast stream. To learn what became of the mails, add webhooks that',
    'point to the integration’s hook with ?token= and the hook token at its end (Postmark signs nothing): bounces, complaints',
    'and unsubscriptions then end up on the suppression list. Addresses that Postmark calls inactive end up there, too.',
    'Postmark has no idempotency key: after a timeout a mail may arrive twice.',
    'See https://postmarkapp.com/developer/api/email-api.',
  ].join(' '),
  settings: postmarkSettings,
  secrets: postmarkSecrets,
  generateSecrets: newHookToken,
  // No rates are documented [PM]; 429 is answered with a pause.
  limits: {},
  check: (settings) => [...baseUrlProblems(settings), ...senderProblems(settings)],
  parseAddress: parseRecipient,
  send,
  verify,
  receipts: {
    setUp:
      'In Postmark open the message stream, Webhooks, add the hook’s URL with ?token=<hookToken> at its end, and choose Delivery, Bounce, Spam Complaint and Subscription Change.',
    parse: (request, { secrets }) => readPostmarkNotice(request, secrets.hookToken),
    proof: { query: ['token'], unsignedBody: 'Postmark signs nothing (channels.md section 9)' },
    examples: postmarkHookExamples,
  },
  examples: postmarkExamples,
})
