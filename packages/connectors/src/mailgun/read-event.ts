/**
 * Reads calls of Mailgun's webhooks. Mailgun signs a time and a random text, not what it says, so that a signature seen
 * once would vouch for anything: the token in the URL is required as well. Facts: channels.md section 9 [ANY],
 * vectors/provider-callback-signatures.json.
 */
import { createHmac } from 'node:crypto'
import Type, { type Static } from 'typebox'
import type { SuppressReason } from '@carillon/domain/outcome'
import { refusedByToken, sameText } from '../hook-token.ts'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'

const text = Type.Optional(Type.String())

const notice = Type.Object({
  signature: Type.Object({
    timestamp: Type.String(),
    token: Type.String(),
    signature: Type.String(),
  }),
  'event-data': Type.Object({
    event: Type.String(),
    id: text,
    timestamp: Type.Optional(Type.Number()),
    severity: text,
    reason: text,
    message: Type.Optional(
      Type.Object({ headers: Type.Optional(Type.Object({ 'message-id': text })) }),
    ),
    'user-variables': Type.Optional(Type.Object({ delivery_id: text })),
    'delivery-status': Type.Optional(
      Type.Object({
        code: Type.Optional(Type.Union([Type.Number(), Type.String()])),
        'enhanced-code': text,
        message: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
      }),
    ),
    reject: Type.Optional(Type.Object({ reason: text, description: text })),
  }),
})
type EventData = Static<typeof notice>['event-data']

/** `failed` depends on its severity; `accepted` says nothing new. */
const kindOfEvent: ReadonlyMap<string, Receipt['kind']> = new Map([
  ['delivered', 'delivered'],
  ['rejected', 'bounced'],
  ['complained', 'complained'],
  ['unsubscribed', 'unsubscribed'],
  ['opened', 'read'],
  ['clicked', 'read'],
])

/** `reason` of what Mailgun did not even try. */
const suppressOfReason: ReadonlyMap<string, SuppressReason> = new Map([
  ['suppress-bounce', 'invalid'],
  ['suppress-unsubscribe', 'unsubscribed'],
  ['suppress-complaint', 'complained'],
])

type Keys = { readonly signingKey: string | undefined; readonly token: string | undefined }

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readMailgunEvent = (request: HookRequest, keys: Keys): HookAnswer => {
  const refused = refusedByToken(request, keys.token)
  if (refused !== undefined) return refused
  const { signingKey = '' } = keys
  if (signingKey === '') return unauthenticated('the integration has no webhook signing key')
  const read = readJson(notice, Buffer.from(request.body).toString())
  if (read === undefined) {
    return { ok: false, reason: 'malformed', detail: 'not an event of Mailgun' }
  }
  const { timestamp, token, signature } = read.signature
  if (!sameText(signature, mailgunSignature(signingKey, timestamp, token))) {
    return unauthenticated('the signature is wrong')
  }
  return { ok: true, receipts: receiptOf(read['event-data']) }
}

const unauthenticated = (detail: string): HookAnswer => ({
  ok: false,
  reason: 'unauthenticated',
  detail,
})

/** Hex HMAC-SHA256 over the timestamp (seconds, as text) and the token. */
export const mailgunSignature = (signingKey: string, timestamp: string, token: string): string =>
  createHmac('sha256', signingKey).update(`${timestamp}${token}`).digest('hex')

/** A Message-ID without its brackets: answers have them, events don't. */
export const bareMessageId = (id: string | undefined): string | undefined =>
  receiptId(id?.replaceAll(/^<|>$/g, ''))

const receiptOf = (data: EventData): readonly Receipt[] => {
  const kind = kindOf(data)
  const providerId = bareMessageId(data.message?.headers?.['message-id'])
  const ids = {
    ...receiptDelivery(data['user-variables']?.delivery_id),
    ...(providerId === undefined ? {} : { providerId }),
  }
  // Unique within a day, says Mailgun, which is enough among the events of one message.
  const noticeId = receiptId(`${data.event}:${data.id ?? data.timestamp ?? ''}`)
  if (kind === undefined || noticeId === undefined || Object.keys(ids).length === 0) return []
  const suppress = suppressOf(kind, data)
  return [
    {
      kind,
      ...ids,
      noticeId,
      ...receiptAt((data.timestamp ?? Number.NaN) * 1_000),
      ...wordsOf(data),
      ...(suppress === undefined ? {} : { suppress }),
    },
  ]
}

const kindOf = ({ event, severity }: EventData): Receipt['kind'] | undefined => {
  if (event !== 'failed') return kindOfEvent.get(event)
  return severity === 'temporary' ? 'delayed' : 'bounced'
}

const wordsOf = (data: EventData): Pick<Receipt, 'reason'> => {
  const status = data['delivery-status'] ?? {}
  const said = [status.message, status.description, data.reject?.reason].find(
    (words) => words !== undefined && words !== null && words !== '',
  )
  return receiptReason(data.reason, said ?? undefined)
}

const suppressOf = (kind: Receipt['kind'], data: EventData): SuppressReason | undefined => {
  if (kind === 'complained') return 'complained'
  if (kind === 'unsubscribed') return 'unsubscribed'
  if (kind !== 'bounced') return undefined
  const { reason = '' } = data
  const enhanced = data['delivery-status']?.['enhanced-code'] ?? ''
  // A hard bounce may be about the content, too: only the codes that are about the mailbox count.
  if (reason === 'bounce' && enhanced.startsWith('5.1.')) return 'invalid'
  return suppressOfReason.get(reason)
}
