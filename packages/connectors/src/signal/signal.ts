/**
 * Sends Signal messages through a signal-cli-rest-api of one's own. Facts: channels.md section 8, openapi/signal_send.json.
 * Receives nothing: receipts would need a connection that stays open.
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
  outcomeOfTable,
  recipientFault,
  slowDown,
  unreadableSuccess,
  type ErrorRow,
} from '../error-table.ts'
import { plainText, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { parsePhoneAddress } from '../phone-address.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { signalExamples } from './examples.ts'
import { signalSecrets, signalSettings } from './settings.ts'

type Context = SendContext<Static<typeof signalSettings>, Static<typeof signalSecrets>>

/** No limit is documented; our own choice, about two screens of a phone. */
const maxText = { n: 4_000, unit: 'utf16' } as const

/** Errors are sentences of signal-cli, so these are guesses that suppress nobody [SIG]; rows marked † are not in the sources. */
const signalErrors: readonly ErrorRow[] = [
  {
    says: /unregistered user|not registered.*recipient|UnregisteredUserException/i,
    outcome: recipientFault('the number is not on Signal'),
  },
  {
    says: /challenge|captcha|proof required/i,
    outcome: integrationFault('Signal wants a captcha to be solved for the number'),
  },
  // †
  {
    says: /user .* is not registered|account .* (?:not registered|does not exist)/i,
    outcome: integrationFault('the number that writes is not registered'),
  },
  // †
  {
    says: /rate limit|RateLimitException/i,
    outcome: slowDown('Signal asks to slow down', 'integration', 10 * 60_000),
  },
]

/** † Groups are named by "group." and base64, as the API lists them. */
const groupId = /^group\.[A-Za-z0-9+/]{8,200}={0,2}$/

const parseAddress = (to: string) => {
  const group = to.trim()
  return groupId.test(group) ? ({ ok: true, address: group } as const) : parsePhoneAddress(to)
}

const urlOf = ({ settings }: Pick<Context, 'settings'>, path: string): string =>
  `${baseUrlOf(settings.baseUrl, settings.baseUrl)}${path}`

const sentReply = Type.Object({ timestamp: Type.String({ minLength: 1 }) })
const errorReply = Type.Object({
  error: Type.String(),
  challenge_tokens: Type.Optional(Type.Array(Type.String())),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const sent = readJson(sentReply, response.body)
    if (response.status === 201 && sent !== undefined) {
      return { kind: 'accepted', ids: [sent.timestamp] }
    }
    const error = readJson(errorReply, response.body)
    if (error === undefined) return unreadableSuccess(response)
    const isChallenged = (error.challenge_tokens ?? []).length > 0
    const words = isChallenged ? `challenge: ${error.error}` : error.error
    return outcomeOfTable(signalErrors, { words }, { response, now })
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, now } = context
  const to = parseAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const text = truncate(plainText(message.content).trim(), maxText)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const request: HttpRequest = {
    method: 'POST',
    url: urlOf(context, '/v2/send'),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    // One recipient a call: a bad one makes the whole call fail [SIG]. "normal" leaves asterisks alone.
    body: JSON.stringify({
      message: text,
      number: settings.number,
      recipients: [to.address],
      text_mode: 'normal',
    }),
    // signal-cli answers after the servers have, which takes seconds for a group.
    timeoutMs: 30_000,
  }
  const reply = await context.http.request(request, context.signal)
  return outcomeOfReply(reply, { now, read: readReply(context) })
}

/** † `GET /v1/accounts` lists the registered numbers. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const request = { method: 'GET', url: urlOf(context, '/v1/accounts') } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    read: readReply(context),
    stranger: 'the number is not registered there, or this is no signal-cli-rest-api',
    proof: ({ status, body }) => {
      const numbers = status === 200 ? readJson(Type.Array(Type.String()), body) : undefined
      return numbers?.includes(context.settings.number) === true ? '' : undefined
    },
  })
}

export const connector = defineConnector({
  id: 'signal',
  name: 'Signal',
  channel: 'chat',
  docs: [
    'Sends Signal messages through a signal-cli-rest-api of yours (https://github.com/bbernhard/signal-cli-rest-api), where a',
    'number has been registered or linked. That server asks for no credentials: keep it in a private network and allow its',
    'address for outgoing requests. The recipient is a phone number with its country code, or a group’s id (group.…). Texts',
    'longer than 4,000 characters are cut. Signal has no idempotency key: after a timeout a message may arrive twice; there are',
    'no delivery receipts.',
  ].join(' '),
  settings: signalSettings,
  secrets: signalSecrets,
  noCorrelation: 'The API has no field for an id of ours; a message is known by its timestamp.',
  // Signal's servers limit by themselves, and name no numbers [SIG]. signal-cli works on one message at a time.
  limits: { maxText, concurrency: 1 },
  check: baseUrlProblems,
  parseAddress,
  send,
  verify,
  examples: signalExamples,
})
