/**
 * Sends e-mail through Amazon SES (API v2, SendEmail, simple content). Facts: channels.md section 9,
 * openapi/aws_sesv2_send.json. What became of a mail comes to our hook: `read-notice.ts`.
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
import type { MailAddress } from '../smtp-port.ts'
import { verificationOf } from '../verification-of.ts'
import { encodedWord } from './encoded-word.ts'
import { sesErrors } from './error-map.ts'
import { sesExamples, sesHookExamples } from './examples.ts'
import { readSesNotice } from './read-notice.ts'
import { sesSecrets, sesSettings } from './settings.ts'
import { sigV4Headers } from '../sigv4.ts'

type Context = SendContext<Static<typeof sesSettings>, Static<typeof sesSecrets>>

const signedRequest = (
  { settings, secrets, now }: Pick<Context, 'settings' | 'secrets' | 'now'>,
  method: 'GET' | 'POST',
  path: string,
  body = '',
) => {
  const { region } = settings
  const base = baseUrlOf(settings.baseUrl, `https://email.${region}.amazonaws.com`)
  const url = `${base}${path}`
  const { accessKeyId, secretAccessKey, sessionToken } = secrets
  const headers = sigV4Headers({
    method,
    url,
    headers: { 'content-type': 'application/json' },
    body,
    region,
    service: 'ses',
    accessKeyId,
    secretAccessKey,
    sessionToken,
    now,
  })
  return { method, url, headers, ...(body === '' ? {} : { body }) } as const satisfies HttpRequest
}

/** Also the signature of this request and its parts, which a server may repeat. */
const confidential = (
  { accessKeyId, secretAccessKey, sessionToken, hookToken }: Context['secrets'],
  { headers = {} }: HttpRequest,
) => {
  const authorization = headers['authorization'] ?? ''
  const parts = [authorization, ...authorization.split(' ').slice(1)]
  return [accessKeyId, secretAccessKey, sessionToken, hookToken, ...parts]
}

const sentReply = Type.Object({ MessageId: Type.String({ minLength: 1 }) })
const errorReply = Type.Object({
  __type: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  Message: Type.Optional(Type.String()),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const sent = readJson(sentReply, response.body)
    if (response.status === 200 && sent !== undefined) {
      return { kind: 'accepted', ids: [sent.MessageId] }
    }
    if (response.status < 300) return unreadableSuccess(response)
    const error = readJson(errorReply, response.body) ?? {}
    // "MessageRejected:http://internal.amazon.com/…" in the header, "com.amazonaws…#MessageRejected" in the body.
    const named = response.headers['x-amzn-errortype'] ?? error.__type ?? ''
    const code = /^(?:.*#)?([A-Za-z]{1,80})/.exec(named)?.[1]
    if (code === undefined) return undefined
    const words = error.message ?? error.Message
    const said = { code, ...(words === undefined ? {} : { words }) }
    return outcomeOfTable(sesErrors, said, { response, now })
  }

/** SES takes ASCII only in an address field: a name beyond it becomes encoded words (RFC 2047). */
const mailbox = (party: MailAddress): string =>
  /^[\x20-\x7e]*$/.test(party.name ?? '')
    ? mailboxText(party)
    : `${encodedWord(party.name ?? '')} <${party.address}>`

const part = (Data: string) => ({ Data, Charset: 'UTF-8' })

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const made = apiMail(message, settings)
  if (!made.ok) return made.outcome
  const { from, to, replyTo, subject, text, html, headers } = made.mail
  const body = JSON.stringify({
    FromEmailAddress: mailbox(from),
    Destination: { ToAddresses: [to] },
    ...(replyTo === undefined ? {} : { ReplyToAddresses: [mailbox(replyTo)] }),
    Content: {
      Simple: {
        Subject: part(subject),
        Body: { Text: part(text), Html: part(html) },
        Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
      },
    },
    // Echoed in every event of a configuration set.
    EmailTags: [{ Name: 'delivery_id', Value: message.deliveryId }],
    ...(settings.configurationSet === undefined
      ? {}
      : { ConfigurationSetName: settings.configurationSet }),
  })
  const request = signedRequest(context, 'POST', '/v2/email/outbound-emails', body)
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: confidential(secrets, request),
    read: readReply(context),
  })
}

const accountReply = Type.Object({
  SendingEnabled: Type.Literal(true),
  ProductionAccessEnabled: Type.Optional(Type.Boolean()),
  SendQuota: Type.Optional(
    Type.Object({ Max24HourSend: Type.Number(), MaxSendRate: Type.Number() }),
  ),
})

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const request = signedRequest(context, 'GET', '/v2/email/account')
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: confidential(context.secrets, request),
    read: readReply(context),
    stranger: 'sending is disabled for the account, or this is not SES',
    proof: ({ status, body }) => {
      const account = status === 200 ? readJson(accountReply, body) : undefined
      if (account === undefined) return undefined
      const { Max24HourSend: day, MaxSendRate: rate } = account.SendQuota ?? {}
      return [
        ...(account.ProductionAccessEnabled === false ? ['in the sandbox'] : []),
        ...(day === undefined ? [] : [`${day} mails in 24 hours, ${rate} a second`]),
      ].join(', ')
    },
  })
}

export const connector = defineConnector({
  id: 'ses',
  name: 'Amazon SES',
  channel: 'email',
  docs: [
    'Sends e-mail through Amazon SES (API v2), with a text and an HTML body. You need a region, a verified sender or domain,',
    'and the access key of an IAM user that may ses:SendEmail; in the sandbox the recipients must be verified, too. To learn',
    'what became of the mails, give a configuration set an event destination on EventBridge, and there a rule whose target is an',
    'API destination: the integration’s hook with ?token= and the hook token at its end. Events that come through SNS are read,',
    'too, but its subscription must be confirmed by hand. Permanent bounces and complaints end up on the suppression list. SES',
    'has no idempotency key: after a timeout a mail may arrive twice.',
    'See https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html.',
  ].join(' '),
  settings: sesSettings,
  secrets: sesSecrets,
  generateSecrets: newHookToken,
  // The rate is the account's own (1 a second in the sandbox, 14 and more outside [SESM]): SES says when it is too much.
  limits: {},
  check: (settings) => [...baseUrlProblems(settings), ...senderProblems(settings)],
  parseAddress: parseRecipient,
  send,
  verify,
  receipts: {
    setUp:
      'In AWS give the configuration set an event destination on EventBridge, and make a rule for aws.ses whose target is an API destination with the hook’s URL and ?token=<hookToken> at its end.',
    parse: (request, { secrets }) => readSesNotice(request, secrets.hookToken),
    proof: {
      query: ['token'],
      unsignedBody:
        'EventBridge signs nothing, and a signature of SNS can only be checked with a certificate from the network',
    },
    examples: sesHookExamples,
  },
  examples: sesExamples,
})
