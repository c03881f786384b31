/**
 * Reads calls of SendGrid's event webhook: batches of events, signed with ECDSA over the timestamp and the raw body.
 * Facts: channels.md section 9, vectors/provider-callback-signatures.json.
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import type { SuppressReason } from '@carillon/domain/outcome'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'

export const signatureHeader = 'x-twilio-email-event-webhook-signature'
export const timestampHeader = 'x-twilio-email-event-webhook-timestamp'

/** Other events (`processed`, `group_resubscribe`) say nothing new about a delivery. */
const kindOfEvent: ReadonlyMap<string, Receipt['kind']> = new Map([
  ['delivered', 'delivered'],
  ['deferred', 'delayed'],
  ['bounce', 'bounced'],
  ['dropped', 'bounced'],
  ['spamreport', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  ['group_unsubscribe', 'unsubscribed'],
  ['open', 'read'],
  ['click', 'read'],
])

/** Why SendGrid dropped a mail without trying, by its words in lower case [ANY]. */
const suppressOfDrop: ReadonlyMap<string, SuppressReason> = new Map([
  ['invalid', 'invalid'],
  ['bounced address', 'invalid'],
  ['unsubscribed address', 'unsubscribed'],
  ['spam reporting address', 'complained'],
])

const event = Type.Object({
  event: Type.String(),
  sg_event_id: Type.String(),
  sg_message_id: Type.Optional(Type.String()),
  delivery_id: Type.Optional(Type.String()),
  timestamp: Type.Optional(Type.Number()),
  type: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  response: Type.Optional(Type.String()),
  sg_machine_open: Type.Optional(Type.Boolean()),
})
type SendgridEvent = Static<typeof event>

/** Answers a call of the hook; `publicKey` is SPKI in base64. Total: whatever the bytes are. */
export const readSendgridEvents = (
  request: HookRequest,
  publicKey: string | undefined,
): HookAnswer => {
  const key = keyOf(publicKey ?? '')
  if (key === undefined) return unauthenticated('the integration has no verification key')
  if (!isSigned(request, key)) return unauthenticated('the signature is missing or wrong')
  const batch = readJson(Type.Array(Type.Unknown()), Buffer.from(request.body).toString())
  if (batch === undefined) {
    return { ok: false, reason: 'malformed', detail: 'not a list of events' }
  }
  return {
    ok: true,
    receipts: batch.flatMap((each) => (Check(event, each) ? receiptOf(each) : [])),
  }
}

const unauthenticated = (detail: string): HookAnswer => ({
  ok: false,
  reason: 'unauthenticated',
  detail,
})

const keyOf = (base64: string): KeyObject | undefined => {
  try {
    return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
  } catch (error) {
    // OpenSSL's refusal of a key that is none: it verifies nothing.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** Node's decoder skips what is not base64: only the one spelling of a signature may count. */
const strictBase64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const isSigned = ({ headers, body }: HookRequest, key: KeyObject): boolean => {
  const signature = headers[signatureHeader] ?? ''
  if (!strictBase64.test(signature)) return false
  const signed = Buffer.concat([Buffer.from(headers[timestampHeader] ?? ''), body])
  return verify('sha256', signed, key, Buffer.from(signature, 'base64'))
}

const receiptOf = (given: SendgridEvent): readonly Receipt[] => {
  const kind = kindOfEvent.get(given.event)
  const noticeId = receiptId(given.sg_event_id)
  // What follows the message's own id names the machines that it went through.
  const providerId = receiptId(given.sg_message_id?.replace(/\.(?:filter|recv).*$/, ''))
  const ids = {
    ...receiptDelivery(given.delivery_id),
    ...(providerId === undefined ? {} : { providerId }),
  }
  if (kind === undefined || noticeId === undefined || Object.keys(ids).length === 0) return []
  // Apple's proxies open every mail: nobody has seen it.
  if (given.sg_machine_open === true) return []
  const suppress = suppressOf(given)
  return [
    {
      kind,
      ...ids,
      noticeId,
      ...receiptAt((given.timestamp ?? Number.NaN) * 1_000),
      ...(kind === 'read' ? {} : receiptReason(given.status, given.reason ?? given.response)),
      ...(suppress === undefined ? {} : { suppress }),
    },
  ]
}

const suppressOf = (given: SendgridEvent): SuppressReason | undefined => {
  switch (given.event) {
    case 'spamreport':
      return 'complained'
    case 'unsubscribe':
    case 'group_unsubscribe':
      return 'unsubscribed'
    case 'dropped':
      return suppressOfDrop.get((given.reason ?? given.type ?? '').toLowerCase())
    case 'bounce':
      // "blocked" is about the mail or the sender; a full mailbox (5.2.2) is a bounce, too, and passes.
      return given.type !== 'blocked' && /^5\.(?:1\.|0\.0$)|^$/.test(given.status ?? '')
        ? 'invalid'
        : undefined
    default:
      return undefined
  }
}
