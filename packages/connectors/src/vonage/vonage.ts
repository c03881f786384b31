/**
 * Sends SMS through Vonage's SMS API, whose answer is HTTP 200 whatever happened. Facts: channels.md section 10. What became
 * of a message comes to our hook: `read-receipt.ts`.
 */
import Type, { type Static } from 'typebox'
import { addMs } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlOf, baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfTable, unreadableSuccess } from '../error-table.ts'
import { plainText } from '../format.ts'
import { newHookToken } from '../hook-token.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { parsePhoneAddress } from '../phone-address.ts'
import { readJson } from '../read-json.ts'
import { fitSegments, isGsmText } from '../sms-text.ts'
import { verificationOf } from '../verification-of.ts'
import { vonageErrors } from './error-map.ts'
import { vonageExamples, vonageHookExamples } from './examples.ts'
import { readVonageReceipt } from './read-receipt.ts'
import { vonageApi, vonageSecrets, vonageSettings } from './settings.ts'

type Context = SendContext<Static<typeof vonageSettings>, Static<typeof vonageSecrets>>

/** Our own choice: ten SMS, which is as long as Twilio's longest text (channels.md section 3). */
const maxSegments = 10

/** What `ttl` may be, in ms [VO]. */
const ttlRange = { min: 20_000, max: 604_800_000 } as const

const confidential = ({ secrets }: Pick<Context, 'secrets'>) => [
  secrets.apiSecret,
  secrets.hookToken,
]

/** Where receipts of this message go; nowhere without a public address of ours or a token. */
const callbackOf = ({ hookUrl, secrets }: Context): Readonly<Record<string, string>> =>
  hookUrl === undefined || secrets.hookToken === undefined
    ? {}
    : { callback: `${hookUrl}?token=${secrets.hookToken}` }

const ttlOf = ({ sendUntil, now }: Context): Readonly<Record<string, string>> => {
  if (sendUntil === undefined) return {}
  const leftMs = Math.floor(sendUntil - addMs(now, 0))
  return { ttl: String(Math.min(Math.max(leftMs, ttlRange.min), ttlRange.max)) }
}

const part = Type.Object({
  status: Type.String(),
  'message-id': Type.Optional(Type.String()),
  'error-text': Type.Optional(Type.String()),
})
const sentReply = Type.Object({ messages: Type.Array(part, { minItems: 1 }) })

/**
 * Every part of a long message has a status of its own. When some were taken the message counts as sent: a second attempt
 * would send those again. The words then say how many were not.
 */
const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    // Bad credentials are answered without the list.
    const parts =
      readJson(sentReply, response.body)?.messages ??
      [readJson(part, response.body)].flatMap(present)
    const [failed] = parts.filter(({ status }) => status !== '0')
    const taken = parts.filter(({ status }) => status === '0')
    if (taken.length > 0) {
      const ids = taken.flatMap((each) => present(each['message-id']))
      const lost = parts.length - taken.length
      const words = lost === 0 ? {} : { providerMessage: `${lost} of ${parts.length} parts failed` }
      return { kind: 'accepted', ids, ...words }
    }
    if (failed === undefined) return unreadableSuccess(response)
    const text = failed['error-text']
    const said = { code: failed.status, ...(text === undefined ? {} : { words: text }) }
    return outcomeOfTable(vonageErrors, said, { response, now }) ?? unknownStatus(said)
  }

const present = <T>(value: T | undefined): readonly T[] => (value === undefined ? [] : [value])

const unknownStatus = ({
  code,
  words,
}: {
  readonly code: string
  readonly words?: string
}): Outcome => ({
  kind: 'message_rejected',
  reason: 'Vonage does not take the message',
  providerCode: code,
  ...(words === undefined ? {} : { providerMessage: words }),
})

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const to = parsePhoneAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const text = fitSegments(plainText(message.content).trim(), maxSegments)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const request: HttpRequest = {
    method: 'POST',
    url: `${baseUrlOf(settings.baseUrl, vonageApi)}/sms/json`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({
      api_key: settings.apiKey,
      api_secret: secrets.apiSecret,
      from: settings.from,
      to: to.address.slice(1),
      type: isGsmText(text) ? 'text' : 'unicode',
      text,
      // Echoed in the receipts.
      'client-ref': message.deliveryId,
      ...callbackOf(context),
      ...ttlOf(context),
    }).toString(),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now,
    secrets: confidential(context),
    read: readReply(context),
  })
}

const balanceReply = Type.Object({ value: Type.Number() })

/** † Reads the account's balance. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { settings, secrets, now } = context
  const user = Buffer.from(`${settings.apiKey}:${secrets.apiSecret}`).toString('base64')
  const request = {
    method: 'GET',
    url: `${baseUrlOf(settings.baseUrl, vonageApi)}/account/get-balance`,
    headers: { authorization: `Basic ${user}`, accept: 'application/json' },
  } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now,
    secrets: [user, ...confidential(context)],
    read: readReply(context),
    stranger: 'not an answer of Vonage',
    proof: ({ status, body }) => {
      const balance = status === 200 ? readJson(balanceReply, body)?.value : undefined
      return balance === undefined ? undefined : `balance ${balance}`
    },
  })
}

export const connector = defineConnector({
  id: 'vonage',
  name: 'Vonage SMS',
  channel: 'sms',
  docs: [
    'Sends SMS through Vonage (formerly Nexmo). You need the API key and secret of the account and a sender: a number of yours,',
    'or a name where the country allows one. Texts in the GSM alphabet are cut at 1,530 characters, all others at 670 (ten SMS',
    'each). When Carillon has a public address (CARILLON_PUBLIC_URL), every message names the integration’s hook for its delivery',
    'receipts; nothing has to be entered at Vonage. There is no idempotency key: after a timeout an SMS may arrive twice.',
    'See https://developer.vonage.com/en/api/sms.',
  ].join(' '),
  settings: vonageSettings,
  secrets: vonageSecrets,
  generateSecrets: newHookToken,
  limits: {
    // † 30 a second for an account; numbers of some countries take 1. Status 1 is answered with a pause.
    rates: [{ scope: 'integration', n: 30, perMs: 1_000 }],
    // 153 septets in each part of a long SMS.
    maxText: { n: maxSegments * 153, unit: 'gsm7' },
  },
  check: baseUrlProblems,
  parseAddress: parsePhoneAddress,
  send,
  verify,
  receipts: {
    setUp:
      'Nothing: every SMS names the hook for its receipts, with the hook token; for messages from elsewhere enter the hook’s URL with ?token=<hookToken> as the account’s webhook for delivery receipts.',
    parse: (request, { secrets }) => readVonageReceipt(request, secrets.hookToken),
    proof: {
      query: ['token'],
      unsignedBody:
        'Vonage signs receipts of SMS only for accounts that asked for it (channels.md section 10)',
    },
    examples: vonageHookExamples,
  },
  examples: vonageExamples,
})
