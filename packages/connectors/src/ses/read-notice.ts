/**
 * Reads SES's sending events from our hook: as EventBridge delivers them, as SNS wraps them, and bare ("raw message
 * delivery"). The token in the URL is the proof; subscriptions of SNS are not confirmed here. Facts: channels.md
 * section 9 [SESM] [ANY].
 */
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import type { SuppressReason } from '@carillon/domain/outcome'
import { refusedByToken } from '../hook-token.ts'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'

/** Other events (Send, Rendering Failure of templates that we don't use) say nothing new. */
const kindOfEvent: ReadonlyMap<string, Receipt['kind']> = new Map([
  ['Delivery', 'delivered'],
  ['DeliveryDelay', 'delayed'],
  ['Bounce', 'bounced'],
  ['Reject', 'bounced'],
  ['Complaint', 'complained'],
  ['Subscription', 'unsubscribed'],
  ['Open', 'read'],
  ['Click', 'read'],
])

/** Subtypes of permanent bounces; other ones (size, content) are the message's fault. */
const suppressOfBounce: ReadonlyMap<string, SuppressReason> = new Map([
  ['General', 'invalid'],
  ['NoEmail', 'invalid'],
  ['Suppressed', 'blocked'],
  ['OnAccountSuppressionList', 'blocked'],
])

const text = Type.Optional(Type.String())
const part = Type.Optional(Type.Unknown())
const sesEvent = Type.Object({
  eventType: text,
  notificationType: text,
  mail: Type.Object({
    messageId: Type.String(),
    tags: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
  bounce: part,
  complaint: part,
  delivery: part,
  deliveryDelay: part,
  reject: part,
  subscription: part,
  open: part,
  click: part,
})
type SesEvent = Static<typeof sesEvent>

const envelope = Type.Object({ Type: Type.String(), Message: Type.String() })
const busEvent = Type.Object({ source: Type.Literal('aws.ses'), detail: Type.Unknown() })

const explained = Type.Object({
  timestamp: text,
  feedbackId: text,
  bounceType: text,
  bounceSubType: text,
  bouncedRecipients: Type.Optional(Type.Array(Type.Object({ diagnosticCode: text }))),
  complaintFeedbackType: text,
  delayType: text,
  reason: text,
  smtpResponse: text,
})
type Explained = Static<typeof explained>

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readSesNotice = (request: HookRequest, token: string | undefined): HookAnswer => {
  const refused = refusedByToken(request, token)
  if (refused !== undefined) return refused
  const body = Buffer.from(request.body).toString()
  const wrapped = readJson(envelope, body)
  // SubscriptionConfirmation and the greeting after it are no events.
  if (wrapped !== undefined && wrapped.Type !== 'Notification') return { ok: true, receipts: [] }
  if (wrapped?.Message.startsWith('Successfully validated SNS topic') === true) {
    return { ok: true, receipts: [] }
  }
  const event = readJson(busEvent, body)?.detail ?? readJson(sesEvent, wrapped?.Message ?? body)
  return Check(sesEvent, event)
    ? { ok: true, receipts: receiptOf(event) }
    : { ok: false, reason: 'malformed', detail: 'not an event of SES' }
}

const receiptOf = (event: SesEvent): readonly Receipt[] => {
  const type = event.eventType ?? event.notificationType ?? ''
  const kind = kindOfEvent.get(type)
  const providerId = receiptId(event.mail.messageId)
  if (kind === undefined || providerId === undefined) return []
  const said = detailOf(event)
  const noticeId = receiptId(`${type}:${said.feedbackId ?? said.timestamp ?? ''}`)
  if (noticeId === undefined) return []
  const suppress = suppressOf(kind, said)
  return [
    {
      kind,
      ...receiptDelivery(deliveryTag(event.mail.tags?.['delivery_id'])),
      providerId,
      noticeId,
      ...receiptAt(Date.parse(said.timestamp ?? '')),
      ...wordsOf(said),
      ...(suppress === undefined ? {} : { suppress }),
    },
  ]
}

const detailOf = (event: SesEvent): Explained => {
  const { bounce, complaint, delivery, deliveryDelay, reject, subscription, open, click } = event
  const detail =
    bounce ?? complaint ?? delivery ?? deliveryDelay ?? reject ?? subscription ?? open ?? click
  return Check(explained, detail) ? detail : {}
}

/** Tags come back as lists. */
const deliveryTag = (values: unknown): string | undefined =>
  Check(Type.Array(Type.String()), values) ? values[0] : undefined

const wordsOf = (said: Explained): Pick<Receipt, 'reason'> =>
  receiptReason(
    said.bounceType,
    said.bounceSubType ?? said.complaintFeedbackType ?? said.delayType ?? said.reason,
    said.bouncedRecipients?.[0]?.diagnosticCode ?? said.smtpResponse,
  )

/** Only permanent bounces count; transient ones are full mailboxes and holidays [SESM]. */
const suppressOf = (kind: Receipt['kind'], said: Explained): SuppressReason | undefined => {
  if (kind === 'complained') return 'complained'
  if (kind === 'unsubscribed') return 'unsubscribed'
  if (kind !== 'bounced' || said.bounceType !== 'Permanent') return undefined
  return suppressOfBounce.get(said.bounceSubType ?? '')
}
