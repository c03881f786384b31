/**
 * Reads calls of Postmark's webhooks (Delivery, Bounce, SpamComplaint, SubscriptionChange, Open, Click). Postmark signs
 * nothing: the token in the URL is the proof. Facts: channels.md section 9 [ANY].
 */
import Type, { type Static } from 'typebox'
import type { SuppressReason } from '@carillon/domain/outcome'
import { refusedByToken } from '../hook-token.ts'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'

type Meaning = { readonly kind: Receipt['kind']; readonly suppress?: SuppressReason }

/** `Type` of bounces and complaints, and `SuppressionReason`. Types that are not here (holiday notices …) are no receipts. */
const meaningOfType: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['HardBounce', { kind: 'bounced', suppress: 'invalid' }],
  ['BadEmailAddress', { kind: 'bounced', suppress: 'invalid' }],
  ['ManuallyDeactivated', { kind: 'bounced', suppress: 'blocked' }],
  ['SoftBounce', { kind: 'bounced' }],
  ['Blocked', { kind: 'bounced' }],
  ['DMARCPolicy', { kind: 'bounced' }],
  ['VirusNotification', { kind: 'bounced' }],
  ['Unconfirmed', { kind: 'bounced' }],
  ['SMTPApiError', { kind: 'bounced' }],
  ['TemplateRenderingFailed', { kind: 'bounced' }],
  ['Transient', { kind: 'delayed' }],
  ['DnsError', { kind: 'delayed' }],
  ['SpamNotification', { kind: 'complained', suppress: 'complained' }],
  ['SpamComplaint', { kind: 'complained', suppress: 'complained' }],
  ['Unsubscribe', { kind: 'unsubscribed', suppress: 'unsubscribed' }],
  ['ManualSuppression', { kind: 'unsubscribed', suppress: 'unsubscribed' }],
])

const meaningOfRecord: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['Delivery', { kind: 'delivered' }],
  ['Open', { kind: 'read' }],
  ['Click', { kind: 'read' }],
])

const text = Type.Optional(Type.String())
const notice = Type.Object({
  RecordType: Type.String(),
  MessageID: text,
  ID: Type.Optional(Type.Number()),
  Type: text,
  SuppressSending: Type.Optional(Type.Boolean()),
  SuppressionReason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  Description: text,
  Details: text,
  DeliveredAt: text,
  BouncedAt: text,
  ReceivedAt: text,
  ChangedAt: text,
  Metadata: Type.Optional(Type.Object({ delivery_id: text })),
})
type Notice = Static<typeof notice>

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readPostmarkNotice = (request: HookRequest, token: string | undefined): HookAnswer => {
  const refused = refusedByToken(request, token)
  if (refused !== undefined) return refused
  const read = readJson(notice, Buffer.from(request.body).toString())
  if (read === undefined) {
    return { ok: false, reason: 'malformed', detail: 'not a notice of Postmark' }
  }
  return { ok: true, receipts: receiptOf(read) }
}

const receiptOf = (read: Notice): readonly Receipt[] => {
  const meaning = meaningOf(read)
  const providerId = receiptId(read.MessageID)
  if (meaning === undefined || providerId === undefined) return []
  const at = read.DeliveredAt ?? read.BouncedAt ?? read.ReceivedAt ?? read.ChangedAt ?? ''
  // Only bounces have an id; of the others a message has one at a time.
  const noticeId = receiptId(`${read.RecordType}:${read.ID ?? at}`)
  if (noticeId === undefined) return []
  return [
    {
      ...meaning,
      ...receiptDelivery(read.Metadata?.delivery_id),
      providerId,
      noticeId,
      ...receiptAt(Date.parse(at)),
      ...(meaning.kind === 'read'
        ? {}
        : receiptReason(
            read.Type ?? read.SuppressionReason ?? undefined,
            read.Details ?? read.Description,
          )),
    },
  ]
}

const meaningOf = (read: Notice): Meaning | undefined => {
  if (read.RecordType === 'SubscriptionChange') {
    // Switched off again (false) is a subscription, which is not ours to undo.
    return read.SuppressSending === true
      ? meaningOfType.get(read.SuppressionReason ?? '')
      : undefined
  }
  if (read.RecordType === 'Bounce' || read.RecordType === 'SpamComplaint') {
    return meaningOfType.get(read.Type ?? read.RecordType)
  }
  return meaningOfRecord.get(read.RecordType)
}
