/**
 * Sends e-mail through Resend's API; the delivery's id is the idempotency key. Facts: channels.md section 9,
 * openapi/resend_emails.json. What became of a mail comes to our hook: `read-notice.ts`.
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
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { apiMail, mailboxText, parseRecipient, senderProblems } from '../mail-parts.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { standardSignature, standardToleranceMs } from '../verify-standard-signature.ts'
import { resendErrors } from './error-map.ts'
import { resendExamples, resendHookExamples } from './examples.ts'
import { readResendNotice } from './read-notice.ts'
import { resendApi, resendSecrets, resendSettings } from './settings.ts'

type Context = SendContext<Static<typeof resendSettings>, Static<typeof resendSecrets>>

const headersOf = ({ secrets }: Pick<Context, 'secrets'>) => ({
  authorization: `Bearer ${secrets.apiKey}`,
  accept: 'application/json',
})

const sentReply = Type.Object({ id: Type.String({ minLength: 1 }) })
const errorReply = Type.Object({ name: Type.String(), message: Type.String() })

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const sent = response.status === 200 ? readJson(sentReply, response.body) : undefined
    if (sent !== undefined) return { kind: 'accepted', ids: [sent.id] }
    const error = readJson(errorReply, response.body)
    if (error === undefined) return unreadableSuccess(response)
    const said = { code: error.name, words: error.message }
    return outcomeOfTable(resendErrors, said, { response, now })
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const made = apiMail(message, settings)
  if (!made.ok) return made.outcome
  const { from, to, replyTo, subject, text, html, headers } = made.mail
  const request: HttpRequest = {
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, resendApi)}/emails`,
    headers: {
      ...headersOf(context),
      'content-type': 'application/json',
      // Kept for 24 hours: the same request again gives the first one's answer and sends nothing [RS].
      'idempotency-key': message.deliveryId,
    },
    body: JSON.stringify({
      from: mailboxText(from),
      to: [to],
      ...(replyTo === undefined ? {} : { reply_to: mailboxText(replyTo) }),
      subject,
      text,
      html,
      headers,
      // Echoed in the webhook's notices.
      tags: [{ name: 'delivery_id', value: message.deliveryId }],
    }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.apiKey, secrets.webhookSecret],
    read: readReply(context),
  })
}

const domainsReply = Type.Object({ data: Type.Array(Type.Object({ name: Type.String() })) })

/** Reads the list of domains. A key that may only send is told so, which proves that it is one. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { settings, secrets, now } = context
  const url = `${baseUrlOf(settings.baseUrl, resendApi)}/domains`
  const request = { method: 'GET', url, headers: headersOf(context) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.apiKey, secrets.webhookSecret],
    read: readReply(context),
    stranger: 'not an answer of Resend',
    proof: ({ status, body }) => {
      if (readJson(errorReply, body)?.name === 'restricted_api_key') return 'a key for sending only'
      const domains = status === 200 ? readJson(domainsReply, body)?.data : undefined
      return domains?.map(({ name }) => name).join(', ')
    },
  })
}

export const connector = defineConnector({
  id: 'resend',
  name: 'Resend',
  channel: 'email',
  docs: [
    'Sends e-mail through Resend, with a text and an HTML body. You need an API key that may send and a verified domain for',
    'the sender. The delivery’s id is the idempotency key: within 24 hours a mail that had to be sent again arrives once.',
    'To learn what became of the mails, add a webhook in Resend that points to the integration’s hook, and store its signing',
    'secret: bounces and complaints then end up on the suppression list. See https://resend.com/docs/api-reference/emails.',
  ].join(' '),
  settings: resendSettings,
  secrets: resendSecrets,
  limits: {
    // 5 requests a second for a whole team; an older copy of the page says 2 [RS].
    rates: [{ scope: 'integration', n: 5, perMs: 1_000 }],
  },
  check: (settings) => [...baseUrlProblems(settings), ...senderProblems(settings)],
  parseAddress: parseRecipient,
  send,
  verify,
  receipts: {
    setUp:
      'In Resend under Webhooks add the hook’s URL with all events email.*, and store the signing secret (whsec_…) as webhookSecret.',
    parse: (request, { secrets, now }) =>
      readResendNotice(request, { secret: secrets.webhookSecret, now }),
    proof: {
      headers: ['svix-id', 'svix-timestamp', 'svix-signature'],
      toleranceMs: standardToleranceMs,
    },
    sign: ({ body }, { secrets, now }) =>
      standardSignature(body, { secret: secrets.webhookSecret, prefix: 'svix', id: 'msg_1', now }),
    examples: resendHookExamples,
  },
  examples: resendExamples,
})
