/**
 * Reads what Azure Event Grid posts to our hook: its validation when the tenant subscribes, delivery reports and, where
 * tracking is on, engagement reports (channels.md section 4 [ACE] [LMK]). The Event Grid schema only, not CloudEvents.
 */
import type { ReceiptKind } from '@carillon/domain/receipt'
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import { refusedByToken } from '../hook-token.ts'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'
import type { AzureSecrets } from './call-azure.ts'
import { deliveryOfOperation } from './operation-id.ts'

const events = Type.Array(Type.Unknown())

const validation = Type.Object({
  eventType: Type.Literal('Microsoft.EventGrid.SubscriptionValidationEvent'),
  data: Type.Object({ validationCode: Type.String() }),
})

const report = Type.Object({
  eventType: Type.Literal('Microsoft.Communication.EmailDeliveryReportReceived'),
  id: Type.Optional(Type.String()),
  eventTime: Type.Optional(Type.String()),
  data: Type.Object({
    messageId: Type.String(),
    status: Type.String(),
    deliveryStatusDetails: Type.Optional(
      Type.Object({ statusMessage: Type.Optional(Type.String()) }),
    ),
    // Both spellings occur [LMK].
    deliveryAttemptTimeStamp: Type.Optional(Type.String()),
    deliveryAttemptTimestamp: Type.Optional(Type.String()),
  }),
})

const engagement = Type.Object({
  eventType: Type.Literal('Microsoft.Communication.EmailEngagementTrackingReportReceived'),
  eventTime: Type.Optional(Type.String()),
  data: Type.Object({
    messageId: Type.String(),
    engagementType: Type.Union([Type.Literal('view'), Type.Literal('click')]),
    userActionTimeStamp: Type.Optional(Type.String()),
  }),
})

type Meaning = { readonly kind: ReceiptKind; readonly suppress?: 'invalid' }

/** Every status of a delivery report is an end. Of those that are not here nothing is made. */
const meaningOfStatus: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['Delivered', { kind: 'delivered' }],
  // A distribution list took it.
  ['Expanded', { kind: 'delivered' }],
  ['Bounced', { kind: 'bounced', suppress: 'invalid' }],
  ['Suppressed', { kind: 'bounced', suppress: 'invalid' }],
  // †
  ['InvalidRecipient', { kind: 'bounced', suppress: 'invalid' }],
  ['Quarantined', { kind: 'bounced' }],
  ['FilteredSpam', { kind: 'bounced' }],
  // Anything from a full mailbox to an unknown user: the server's words tell.
  ['Failed', { kind: 'bounced' }],
])

/** RFC 3463: no such mailbox, no such domain, bad syntax, moved without a new address; 5.1.10 is a null MX (RFC 7505). */
const deadAddress = /\b5\.1\.(?:1|2|3|6|10)\b/

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readEventGridCall = (
  request: HookRequest,
  { hookToken }: Partial<AzureSecrets>,
): HookAnswer => {
  const refused = refusedByToken(request, hookToken)
  if (refused !== undefined) return refused
  const given = readJson(events, Buffer.from(request.body).toString())
  if (given === undefined) {
    return { ok: false, reason: 'malformed', detail: 'not an array of events (Event Grid schema)' }
  }
  const asked = given.find((event) => Check(validation, event))
  if (Check(validation, asked)) return answerValidation(asked.data.validationCode)
  return { ok: true, receipts: given.flatMap(receiptOf) }
}

/** Event Grid sends nothing to a hook that has not repeated its code. */
const answerValidation = (code: string): HookAnswer =>
  /^[\w-]{1,256}$/.test(code)
    ? {
        ok: true,
        receipts: [],
        reply: {
          status: 200,
          contentType: 'application/json',
          body: JSON.stringify({ validationResponse: code }),
        },
      }
    : { ok: false, reason: 'malformed', detail: 'not a validation code of Event Grid' }

const receiptOf = (event: unknown): readonly Receipt[] => {
  if (Check(report, event)) return receiptOfReport(event)
  if (!Check(engagement, event)) return []
  const { messageId, engagementType, userActionTimeStamp } = event.data
  // One receipt for the first look, not one for each.
  return receiptAbout(messageId, {
    kind: 'read',
    noticeId: engagementType,
    ...timeOf(userActionTimeStamp ?? event.eventTime),
  })
}

const receiptOfReport = (event: Static<typeof report>): readonly Receipt[] => {
  const { messageId, status, deliveryStatusDetails: details, ...times } = event.data
  const meaning = meaningOfStatus.get(status)
  if (meaning === undefined) return []
  const words = details?.statusMessage
  const isDead = meaning.kind === 'bounced' && deadAddress.test(words ?? '')
  return receiptAbout(messageId, {
    ...meaning,
    ...(isDead ? { suppress: 'invalid' } : {}),
    noticeId: receiptId(event.id) ?? status,
    ...timeOf(times.deliveryAttemptTimeStamp ?? times.deliveryAttemptTimestamp ?? event.eventTime),
    ...(meaning.kind === 'delivered' && status === 'Delivered' ? {} : receiptReason(status, words)),
  })
}

const receiptAbout = (messageId: string, receipt: Receipt): readonly Receipt[] => {
  const providerId = receiptId(messageId.toLowerCase())
  if (providerId === undefined) return []
  const deliveryId = deliveryOfOperation(providerId)
  return [{ ...receipt, providerId, ...(deliveryId === undefined ? {} : { deliveryId }) }]
}

const timeOf = (text: string | undefined): Pick<Receipt, 'at'> =>
  text === undefined ? {} : receiptAt(Date.parse(text))
