/**
 * Sends e-mail through Mailgun's API. Facts: channels.md section 9. What became of a mail comes to our hook:
 * `read-event.ts`.
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
import {
  apiMail,
  mailboxText,
  parseRecipient,
  senderProblems,
  type ApiMail,
} from '../mail-parts.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { mailgunErrors } from './error-map.ts'
import { mailgunExamples, mailgunHookExamples } from './examples.ts'
import { bareMessageId, readMailgunEvent } from './read-event.ts'
import { mailgunApi, mailgunSecrets, mailgunSettings } from './settings.ts'

type Context = SendContext<Static<typeof mailgunSettings>, Static<typeof mailgunSecrets>>
type Access = Pick<Context, 'settings' | 'secrets'>

/** HTTP Basic with the user "api". */
const credentials = ({ secrets }: Pick<Access, 'secrets'>): string => `api:${secrets.apiKey}`

const headersOf = (access: Pick<Access, 'secrets'>) => ({
  authorization: `Basic ${Buffer.from(credentials(access)).toString('base64')}`,
  accept: 'application/json',
})

const confidential = ({ secrets }: Pick<Access, 'secrets'>) => [
  credentials({ secrets }),
  secrets.apiKey,
  secrets.webhookSigningKey,
  secrets.hookToken,
]

const urlOf = ({ settings }: Pick<Access, 'settings'>, path: string): string =>
  `${baseUrlOf(settings.baseUrl, mailgunApi)}/v3${path}`

const queuedReply = Type.Object({ id: Type.String({ minLength: 1 }), message: Type.String() })
const errorReply = Type.Object({ message: Type.String() })

/** What any wrong path answers, with status 200 [MG]. */
const wrongAddress = /Mailgun Magnificent API/i

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const { status, body } = response
    if (wrongAddress.test(body)) {
      return { kind: 'integration_rejected', reason: 'baseUrl is not the address of the API' }
    }
    if (status >= 200 && status < 300) {
      const id = bareMessageId(readJson(queuedReply, body)?.id)
      return id === undefined ? unreadableSuccess(response) : { kind: 'accepted', ids: [id] }
    }
    const words = readJson(errorReply, body)?.message
    if (words !== undefined && status >= 400 && status < 429) {
      const outcome = outcomeOfTable(mailgunErrors, { words }, { response, now })
      if (outcome !== undefined) return outcome
    }
    // The domain is a part of the path.
    return status === 404
      ? { kind: 'integration_rejected', reason: 'there is no such domain' }
      : undefined
  }

const formOf = (mail: ApiMail, deliveryId: string, testMode: boolean): string => {
  const headers = Object.entries(mail.headers).map(([name, value]): readonly [string, string] => [
    `h:${name}`,
    value,
  ])
  return new URLSearchParams({
    from: mailboxText(mail.from),
    to: mail.to,
    ...(mail.replyTo === undefined ? {} : { 'h:Reply-To': mailboxText(mail.replyTo) }),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    ...Object.fromEntries(headers),
    // Echoed in every event as a user variable.
    'v:delivery_id': deliveryId,
    ...(testMode ? { 'o:testmode': 'yes' } : {}),
  }).toString()
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, now } = context
  const made = apiMail(message, settings)
  if (!made.ok) return made.outcome
  const request: HttpRequest = {
    method: 'POST',
    url: urlOf(context, `/${settings.domain}/messages`),
    headers: { ...headersOf(context), 'content-type': 'application/x-www-form-urlencoded' },
    body: formOf(made.mail, message.deliveryId, settings.testMode === true),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: confidential(context),
    read: readReply(context),
  })
}

const domainReply = Type.Object({
  domain: Type.Object({ name: Type.String(), state: Type.String() }),
})

/** Reads the domain. A key that may only send is refused here, although it is a good one. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const url = urlOf(context, `/domains/${context.settings.domain}`)
  const request = { method: 'GET', url, headers: headersOf(context) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: confidential(context),
    read: readReply(context),
    stranger: 'not an answer of Mailgun',
    proof: ({ status, body }) => {
      const domain = status === 200 ? readJson(domainReply, body)?.domain : undefined
      return domain === undefined ? undefined : `${domain.name} is ${domain.state}`
    },
  })
}

export const connector = defineConnector({
  id: 'mailgun',
  name: 'Mailgun',
  channel: 'email',
  docs: [
    'Sends e-mail through Mailgun, with a text and an HTML body. You need a verified sending domain and an API key; domains in',
    'the EU region set baseUrl to https://api.eu.mailgun.net. To learn what became of the mails, add webhooks that point to the',
    'integration’s hook with ?token= and the hook token at its end, and store the webhook signing key: bounces, complaints and',
    'unsubscriptions then end up on the suppression list. Testing the credentials reads the domain, which a key that may only',
    'send can’t do. Mailgun has no idempotency key: after a timeout a mail may arrive twice.',
    'See https://documentation.mailgun.com/docs/mailgun/api-reference/.',
  ].join(' '),
  settings: mailgunSettings,
  secrets: mailgunSecrets,
  generateSecrets: newHookToken,
  // No rate is documented; 429 is answered with a pause [MG].
  limits: {},
  check: (settings) => [...baseUrlProblems(settings), ...senderProblems(settings)],
  parseAddress: parseRecipient,
  send,
  verify,
  receipts: {
    setUp:
      'In Mailgun under Webhooks add the hook’s URL with ?token=<hookToken> at its end for the events delivered, permanent failure, temporary failure, complained and unsubscribed; store the HTTP webhook signing key as webhookSigningKey.',
    parse: (request, { secrets }) =>
      readMailgunEvent(request, {
        signingKey: secrets.webhookSigningKey,
        token: secrets.hookToken,
      }),
    proof: {
      query: ['token'],
      unsignedBody: 'Mailgun’s signature, inside the body, covers a time and a random text only',
    },
    examples: mailgunHookExamples,
  },
  examples: mailgunExamples,
})
