/**
 * Sends SMS through Twilio's Messages resource. Facts: channels.md section 3. What becomes of a message comes later to our
 * hook (`read-callback.ts`).
 */
import Type, { type Static } from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlOf, baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { plainText } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpResponse } from '../http-port.ts'
import { parsePhoneAddress } from '../phone-address.ts'
import { readJson } from '../read-json.ts'
import { cutSms, fitSegments } from '../sms-text.ts'
import { verificationOf } from '../verification-of.ts'
import { twilioExamples } from './examples.ts'
import { twilioHookExamples } from './hook-examples.ts'
import { deliveryParameter, readTwilioCall } from './read-callback.ts'
import { readTwilioReply } from './read-reply.ts'
import { twilioApi, twilioSecrets, twilioSettings } from './settings.ts'
import { twilioParams, twilioSignature, twilioSignatureHeader } from './signature.ts'

type Settings = Static<typeof twilioSettings>
type Secrets = Static<typeof twilioSecrets>
type Context = SendContext<Settings, Secrets>
type Access = Pick<Context, 'settings' | 'secrets'>

/** `Body` takes 1,600 characters [TWO]; counted as UTF-16, the stricter reading. */
const maxText = { n: 1_600, unit: 'utf16' } as const
/** Twilio's default and longest `ValidityPeriod`, in seconds; it advises against 5 and less [TWO]. */
const longestValidity = 36_000
const shortestValidity = 6

const accountUrl = ({ settings }: Access): string =>
  `${baseUrlOf(settings.baseUrl, twilioApi)}/2010-04-01/Accounts/${settings.accountSid}`

const credentials = ({ settings, secrets }: Access): string =>
  Buffer.from(`${settings.accountSid}:${secrets.authToken}`).toString('base64')

const headersOf = (access: Access) => ({
  authorization: `Basic ${credentials(access)}`,
  accept: 'application/json',
})

/** The hook with the delivery's id, which comes back in a signed URL. Twilio refuses hosts with underscores [TWO]. */
const callbackOf = (hookUrl: string | undefined, deliveryId: string): string | undefined => {
  if (hookUrl === undefined || !URL.canParse(hookUrl)) return undefined
  const url = new URL(hookUrl)
  if (url.hostname.includes('_')) return undefined
  url.searchParams.set(deliveryParameter, deliveryId)
  return url.href
}

/** How long Twilio may keep it in its queue: until our deadline, when that is sooner than its own. */
const validityOf = (sendUntil: Instant | undefined, now: Instant): string | undefined => {
  if (sendUntil === undefined) return undefined
  const seconds = Math.floor((sendUntil - now) / 1_000)
  return seconds >= longestValidity ? undefined : String(Math.max(seconds, shortestValidity))
}

const textOf = ({ content }: OutboundMessage, { maxSegments }: Settings): string => {
  const text = cutSms(plainText(content).trim(), maxText.n)
  return maxSegments === undefined ? text : fitSegments(text, maxSegments)
}

const formOf = (message: OutboundMessage, to: string, body: string, context: Context): string => {
  const { settings, hookUrl, sendUntil, now } = context
  const fields: Readonly<Record<string, string | undefined>> = {
    To: to,
    From: settings.from,
    MessagingServiceSid: settings.messagingServiceSid,
    Body: body,
    StatusCallback: callbackOf(hookUrl, message.deliveryId),
    ValidityPeriod: validityOf(sendUntil, now),
  }
  const given = Object.entries(fields).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  )
  return new URLSearchParams(given).toString()
}

const readingOf = (context: Pick<Context, 'settings' | 'secrets' | 'now'>) => ({
  now: context.now,
  secrets: [context.secrets.authToken, credentials(context)],
  read: (response: HttpResponse) => readTwilioReply(response, context.now),
})

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const to = parsePhoneAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const text = textOf(message, context.settings)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const reply = await context.http.request(
    {
      method: 'POST',
      url: `${accountUrl(context)}/Messages.json`,
      headers: { ...headersOf(context), 'content-type': 'application/x-www-form-urlencoded' },
      body: formOf(message, to.address, text, context),
    },
    context.signal,
  )
  return outcomeOfReply(reply, readingOf(context))
}

const accountReply = Type.Object({
  sid: Type.String(),
  friendly_name: Type.Optional(Type.String()),
  status: Type.Literal('active'),
})
const refusedReply = Type.Object({ code: Type.Literal(20_008) })

/** Test credentials may ask for nothing but messages: code 20008 says that they are right [TWT]. */
const proofOf = (response: HttpResponse): string | undefined => {
  const account = readJson(accountReply, response.body)
  if (account !== undefined) return account.friendly_name ?? account.sid
  return readJson(refusedReply, response.body) === undefined
    ? undefined
    : 'test credentials: nothing is really sent'
}

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const request = { method: 'GET', url: `${accountUrl(context)}.json` } as const
  const reply = await context.http.request(
    { ...request, headers: headersOf(context) },
    context.signal,
  )
  return verificationOf(reply, {
    ...readingOf(context),
    proof: proofOf,
    stranger: 'not the answer of an active Twilio account',
  })
}

const check = (settings: Settings) => [
  ...baseUrlProblems(settings),
  ...(settings.from === undefined && settings.messagingServiceSid === undefined
    ? [{ pointer: '/settings/from', detail: 'Name a sender, or give messagingServiceSid.' }]
    : []),
]

export const connector = defineConnector({
  id: 'twilio',
  name: 'Twilio SMS',
  channel: 'sms',
  docs: [
    'Sends SMS through Twilio. You need an account’s SID and auth token, and a sender: a number, short code or',
    'alphanumeric name of the account, or a messaging service. Texts longer than 1,600 characters are cut, or sooner with',
    'maxSegments. Twilio queues by itself, up to 10 hours or until the delivery’s deadline. With CARILLON_PUBLIC_URL set,',
    'each message names our hook for its status, and receipts come without any set-up at Twilio. Twilio has no idempotency',
    'key: after a timeout a message may arrive twice. Numbers that answered STOP are suppressed.',
    'See https://www.twilio.com/docs/messaging/api/message-resource.',
  ].join(' '),
  settings: twilioSettings,
  secrets: twilioSecrets,
  // No rate: Twilio queues by sender, 1 to 100 segments a second [TWQ]; what overflows is answered with 21611 or 20429.
  limits: { maxText },
  check,
  parseAddress: parsePhoneAddress,
  send,
  verify,
  receipts: {
    setUp:
      'Nothing at Twilio: every message names the hook. CARILLON_PUBLIC_URL must be the address that Twilio reaches, because it is part of what Twilio signs.',
    parse: (request, { secrets }) => readTwilioCall(request, secrets),
    proof: { headers: [twilioSignatureHeader], query: [deliveryParameter] },
    sign: (request, { secrets }) => ({
      [twilioSignatureHeader]: twilioSignature(
        secrets.authToken ?? '',
        request.url,
        twilioParams(request),
      ),
    }),
    examples: twilioHookExamples,
  },
  examples: twilioExamples,
})
