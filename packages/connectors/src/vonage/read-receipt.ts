/**
 * Reads Vonage's delivery receipts (DLR), which come as GET, as a form or as JSON. Their optional signature is not used:
 * the token in the callback's URL is the proof. Facts: channels.md section 10 [VO].
 */
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import { refusedByToken } from '../hook-token.ts'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'

/** `accepted` (the carrier has it) and `unknown` are no news. */
const kindOfStatus: ReadonlyMap<string, Receipt['kind']> = new Map([
  ['delivered', 'delivered'],
  ['expired', 'bounced'],
  ['failed', 'bounced'],
  ['rejected', 'bounced'],
  ['buffered', 'delayed'],
])

const text = Type.Optional(Type.String())
const dlr = Type.Object({
  messageId: Type.String(),
  status: Type.String(),
  'err-code': text,
  'client-ref': text,
  'message-timestamp': text,
})
type Dlr = Static<typeof dlr>

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readVonageReceipt = (request: HookRequest, token: string | undefined): HookAnswer => {
  const refused = refusedByToken(request, token)
  if (refused !== undefined) return refused
  const read = fieldsOf(request)
  return Check(dlr, read)
    ? { ok: true, receipts: receiptOf(read) }
    : { ok: false, reason: 'malformed', detail: 'not a delivery receipt of Vonage' }
}

const fieldsOf = ({ method, query, headers, body }: HookRequest): unknown => {
  if (method === 'GET') return query
  const said = Buffer.from(body).toString()
  return headers['content-type']?.includes('json') === true
    ? readJson(Type.Object({}), said)
    : Object.fromEntries(new URLSearchParams(said))
}

const receiptOf = (read: Dlr): readonly Receipt[] => {
  const kind = kindOfStatus.get(read.status)
  const providerId = receiptId(read.messageId)
  // Each part of a long message has an id and receipts of its own.
  const noticeId = receiptId(`${read.messageId}:${read.status}`)
  if (kind === undefined || providerId === undefined || noticeId === undefined) return []
  const code = read['err-code'] ?? '0'
  return [
    {
      kind,
      ...receiptDelivery(read['client-ref']),
      providerId,
      noticeId,
      ...receiptAt(utc(read['message-timestamp'])),
      ...(kind === 'delivered' ? {} : receiptReason(read.status, `error ${code}`)),
    },
  ]
}

/** "2026-11-22 09:59:58", in UTC. */
const utc = (text = ''): number =>
  /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)
    ? Date.parse(`${text.replace(' ', 'T')}Z`)
    : Number.NaN
