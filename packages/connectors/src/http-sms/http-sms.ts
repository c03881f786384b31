/**
 * Sends SMS through gateways that take `POST {url}/{id}` with `{id, phone, text}` and say `{code: 0}` when they took it
 * (sources.md part E). They tell nothing later: no receipts, no status query.
 */
import Type, { type Static } from 'typebox'
import type { Outcome } from '@carillon/domain/outcome'
import { defineConnector, type OutboundMessage, type SendContext } from '../define-connector.ts'
import { unreadableSuccess } from '../error-table.ts'
import { plainText, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { parsePhoneAddress } from '../phone-address.ts'
import { readJson } from '../read-json.ts'
import { targetUrlProblem } from '../target-url.ts'
import { httpSmsExamples } from './examples.ts'
import { messageNumber } from './message-number.ts'
import { httpSmsSecrets, httpSmsSettings } from './settings.ts'

type Context = SendContext<Static<typeof httpSmsSettings>, Static<typeof httpSmsSecrets>>

/** No length is documented: our own choice, what Twilio takes too (channels.md section 3); more than ten SMS are no message. */
const maxText = { n: 1_600, unit: 'utf16' } as const

/** "The service may be slow": 5 to 10 s, says the task that it was made for. */
const timeoutMs = 10_000

const gatewayReply = Type.Object({
  code: Type.Integer(),
  message: Type.Optional(Type.String()),
})

/**
 * Only a 2xx with exactly code 0 is a success. Another code has no documented meaning, so it is tried again: the service
 * "may answer wrongly". An answer that says neither may hide a message that was sent.
 */
const readReply = (response: HttpResponse): Outcome | undefined => {
  const said = readJson(gatewayReply, response.body)
  if (response.status < 200 || response.status >= 300) return undefined
  if (said === undefined) return unreadableSuccess(response)
  const words = said.message === undefined ? {} : { providerMessage: said.message }
  if (said.code === 0) return { kind: 'accepted', ids: [] }
  return {
    kind: 'retry',
    scope: 'message',
    reason: 'the gateway did not take the message',
    providerCode: String(said.code),
    ...words,
  }
}

const requestOf = (
  message: OutboundMessage,
  { settings, secrets }: Context,
  sms: { readonly phone: string; readonly text: string },
): HttpRequest => {
  const id = messageNumber(message.deliveryId)
  return {
    method: 'POST',
    url: `${settings.url.replace(/\/+$/, '')}/${id}`,
    headers: {
      authorization: `Bearer ${secrets.token}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    // Written by hand because both numbers are int64: JSON.stringify would need them as inexact numbers.
    body: `{"id":${id},"phone":${sms.phone},"text":${JSON.stringify(sms.text)}}`,
    timeoutMs,
  }
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const to = parsePhoneAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const text = truncate(plainText(message.content).trim(), maxText)
  if (text === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const request = requestOf(message, context, { phone: to.address.slice(1), text })
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: [context.secrets.token],
    read: readReply,
  })
}

export const connector = defineConnector({
  id: 'http-sms',
  name: 'SMS gateway (HTTP)',
  channel: 'sms',
  docs: [
    'Sends SMS through an HTTP gateway that takes POST {url}/{id} with the JSON {"id", "phone", "text"} and a Bearer token,',
    'and answers {"code": 0, "message": "OK"}. You need the gateway’s address and a token. The phone number is sent as an',
    'integer with its country code and without plus. The id is an integer made from the delivery’s id, the same at every',
    'attempt, so that a gateway that remembers ids sends a message once. Only code 0 is success; any other code is tried',
    'again. Texts longer than 1,600 characters are cut. Such gateways report nothing later, and the credentials can’t be',
    'tried without sending.',
  ].join(' '),
  settings: httpSmsSettings,
  secrets: httpSmsSecrets,
  noCorrelation:
    'The gateway’s id is an integer; it is made from the delivery’s id (message-number.ts), which itself does not fit.',
  // Nothing is documented (sources.md part E); the tenant may set a rate on the integration.
  limits: { maxText },
  check: ({ url }) => {
    const detail = targetUrlProblem(url)
    return detail === undefined ? [] : [{ pointer: '/settings/url', detail }]
  },
  parseAddress: parsePhoneAddress,
  send,
  examples: httpSmsExamples,
})
