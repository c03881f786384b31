/**
 * Sends e-mail through SendGrid's v3 API. Facts: channels.md section 9. What became of a mail comes to our hook:
 * `read-events.ts`.
 */
import Type, { type Static } from 'typebox'
import { addMs, type Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlOf, baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfTable, slowDown } from '../error-table.ts'
import { outcomeOfReply, retryAfterCapMs } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { apiMail, parseRecipient, senderProblems } from '../mail-parts.ts'
import { readJson } from '../read-json.ts'
import type { MailAddress } from '../smtp-port.ts'
import { verificationOf } from '../verification-of.ts'
import { sendgridErrors } from './error-map.ts'
import { sendgridExamples, sendgridHookExamples } from './examples.ts'
import { readSendgridEvents, signatureHeader, timestampHeader } from './read-events.ts'
import { sendgridApi, sendgridSecrets, sendgridSettings } from './settings.ts'

type Context = SendContext<Static<typeof sendgridSettings>, Static<typeof sendgridSecrets>>

const headersOf = ({ secrets }: Pick<Context, 'secrets'>) => ({
  authorization: `Bearer ${secrets.apiKey}`,
  accept: 'application/json',
})

const party = ({ name, address }: MailAddress) => ({
  email: address,
  ...(name === undefined ? {} : { name }),
})

const errorReply = Type.Object({
  errors: Type.Array(
    Type.Object({
      message: Type.String(),
      field: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    }),
    { minItems: 1 },
  ),
})

/** 202 without a body; the id stands in a header (†), and notices carry it with a tail. */
const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const { status, headers } = response
    if (status === 202) {
      const id = headers['x-message-id']
      return { kind: 'accepted', ids: id === undefined ? [] : [id] }
    }
    if (status === 429) return limited(headers, now)
    const [error] = readJson(errorReply, response.body)?.errors ?? []
    if (error === undefined) return undefined
    const words = `${error.field ?? 'error'}: ${error.message}`
    return outcomeOfTable(sendgridErrors, { words }, { response, now })
  }

/** † `X-RateLimit-Reset` is the second (Unix time) at which there is room again; Retry-After comes before it. */
const limited = (headers: HttpResponse['headers'], now: Instant): Outcome | undefined => {
  const reset = headers['x-ratelimit-reset'] ?? ''
  if (headers['retry-after'] !== undefined || !/^\d{1,12}$/.test(reset)) return undefined
  const waitMs = Number(reset) * 1_000 - addMs(now, 0)
  const afterMs = Math.min(Math.max(waitMs, 1_000), retryAfterCapMs)
  return slowDown('SendGrid asks to slow down', 'integration', afterMs)
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const made = apiMail(message, settings)
  if (!made.ok) return made.outcome
  const { from, to, replyTo, subject, text, html, headers } = made.mail
  const request: HttpRequest = {
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, sendgridApi)}/v3/mail/send`,
    headers: { ...headersOf(context), 'content-type': 'application/json' },
    body: JSON.stringify({
      personalizations: [
        // Echoed as a member of every event.
        { to: [{ email: to }], custom_args: { delivery_id: message.deliveryId } },
      ],
      from: party(from),
      ...(replyTo === undefined ? {} : { reply_to: party(replyTo) }),
      subject,
      // The plain part must come first.
      content: [
        { type: 'text/plain', value: text },
        { type: 'text/html', value: html },
      ],
      headers,
    }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: [secrets.apiKey],
    read: readReply(context),
  })
}

const scopesReply = Type.Object({ scopes: Type.Array(Type.String()) })

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const url = `${baseUrlOf(context.settings.baseUrl, sendgridApi)}/v3/scopes`
  const request = { method: 'GET', url, headers: headersOf(context) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: [context.secrets.apiKey],
    read: readReply(context),
    stranger: 'the key may not send (scope mail.send), or this is not SendGrid',
    proof: ({ status, body }) => {
      const scopes = status === 200 ? readJson(scopesReply, body)?.scopes : undefined
      return scopes?.includes('mail.send') === true ? '' : undefined
    },
  })
}

export const connector = defineConnector({
  id: 'sendgrid',
  name: 'SendGrid',
  channel: 'email',
  docs: [
    'Sends e-mail through Twilio SendGrid, with a text and an HTML body. You need an API key with the permission Mail Send and',
    'a verified sender or domain; accounts in the EU set baseUrl to https://api.eu.sendgrid.com. To learn what became of the',
    'mails, add a signed event webhook that points to the integration’s hook and store its verification key: bounces,',
    'complaints and unsubscriptions then end up on the suppression list. SendGrid has no idempotency key: after a timeout a',
    'mail may arrive twice. See https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send.',
  ].join(' '),
  settings: sendgridSettings,
  secrets: sendgridSecrets,
  // No general rate is documented; 429 carries the wait [SGO].
  limits: {},
  check: (settings) => [...baseUrlProblems(settings), ...senderProblems(settings)],
  parseAddress: parseRecipient,
  send,
  verify,
  receipts: {
    setUp:
      'In SendGrid under Mail Settings, Event Webhooks, add the hook’s URL with delivery and engagement events, switch on the signature, and store the verification key as webhookPublicKey.',
    parse: (request, { secrets }) => readSendgridEvents(request, secrets.webhookPublicKey),
    // The time is signed, too, but batches are sent again for a day; a repeated one is known by its events' ids.
    proof: { headers: [signatureHeader, timestampHeader] },
    examples: sendgridHookExamples,
  },
  examples: sendgridExamples,
})
