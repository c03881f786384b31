/**
 * Reads calls of Meta's webhook: the challenge when the tenant subscribes, and the statuses of messages that we sent
 * (channels.md section 2). What people write to us comes to the same hook and is no receipt.
 */
import type { ReceiptKind } from '@carillon/domain/receipt'
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import { sameText } from '../hook-token.ts'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'
import { whatsappErrors } from './error-map.ts'
import { hubSignature, hubSignatureHeader } from './hub-signature.ts'
import type { whatsappSecrets } from './settings.ts'

type Secrets = Partial<Static<typeof whatsappSecrets>>

/** Undefined: nothing that we did not know when the message was accepted. Statuses that are not here are left alone. */
const kindOfStatus: ReadonlyMap<string, ReceiptKind | undefined> = new Map([
  ['sent', undefined],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['failed', 'bounced'],
])

/** Meta batches notices, and adds fields: each level is read by itself, so that one that is odd takes no other with it. */
const payload = Type.Object({ entry: Type.Array(Type.Unknown()) })
const entry = Type.Object({ changes: Type.Array(Type.Unknown()) })
const change = Type.Object({ value: Type.Object({ statuses: Type.Array(Type.Unknown()) }) })
const status = Type.Object({
  id: Type.String(),
  status: Type.String(),
  timestamp: Type.Optional(Type.String()),
  biz_opaque_callback_data: Type.Optional(Type.String()),
  errors: Type.Optional(Type.Array(Type.Unknown())),
})
const statusError = Type.Object({
  code: Type.Integer(),
  title: Type.Optional(Type.String()),
  error_data: Type.Optional(Type.Object({ details: Type.Optional(Type.String()) })),
})

const unauthenticated = (detail: string): HookAnswer => ({
  ok: false,
  reason: 'unauthenticated',
  detail,
})

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readWhatsappCall = (request: HookRequest, secrets: Secrets): HookAnswer => {
  if (request.method === 'GET') return answerChallenge(request, secrets)
  const { appSecret = '' } = secrets
  if (appSecret === '') return unauthenticated('the integration has no app secret')
  const given = request.headers[hubSignatureHeader] ?? ''
  if (!sameText(given, hubSignature(appSecret, request.body))) {
    return unauthenticated('X-Hub-Signature-256 is missing or wrong')
  }
  const read = readJson(payload, Buffer.from(request.body).toString())
  if (read === undefined) {
    return { ok: false, reason: 'malformed', detail: 'not a webhook payload with entries' }
  }
  const receipts = read.entry
    .flatMap((each) => (Check(entry, each) ? each.changes : []))
    .flatMap((each) => (Check(change, each) ? each.value.statuses : []))
    .flatMap(receiptOf)
  return { ok: true, receipts }
}

/** Meta asks once, when the hook is entered in its console, and expects the bare challenge [MWH]. */
const answerChallenge = ({ query }: HookRequest, { verifyToken = '' }: Secrets): HookAnswer => {
  if (verifyToken === '') return unauthenticated('the integration has no verify token')
  if (!sameText(query['hub.verify_token'] ?? '', verifyToken)) {
    return unauthenticated('hub.verify_token is missing or wrong')
  }
  const challenge = query['hub.challenge'] ?? ''
  // Meta's challenges are numbers; nothing that a browser could take for a page is said back.
  if (query['hub.mode'] !== 'subscribe' || !/^[\w.-]{1,256}$/.test(challenge)) {
    return { ok: false, reason: 'malformed', detail: 'not a subscription with a challenge' }
  }
  return {
    ok: true,
    receipts: [],
    reply: { status: 200, contentType: 'text/plain', body: challenge },
  }
}

const receiptOf = (given: unknown): readonly Receipt[] => {
  if (!Check(status, given)) return []
  const kind = kindOfStatus.get(given.status)
  const providerId = receiptId(given.id)
  if (kind === undefined || providerId === undefined) return []
  return [
    {
      kind,
      ...receiptDelivery(given.biz_opaque_callback_data),
      providerId,
      // A message gets each status once: the same one again is Meta's repetition, maybe with another time.
      noticeId: given.status,
      ...receiptAt(secondsOf(given.timestamp) * 1_000),
      ...(kind === 'bounced' ? failureOf(given.errors ?? []) : {}),
    },
  ]
}

const secondsOf = (text: string | undefined): number =>
  /^\d{1,12}$/.test(text ?? '') ? Number(text) : Number.NaN

const failureOf = (errors: readonly unknown[]): Pick<Receipt, 'reason' | 'suppress'> => {
  const error = errors.find((each) => Check(statusError, each))
  if (!Check(statusError, error)) return {}
  const { code, title, error_data } = error
  const suppress = suppressOf(code)
  return {
    ...receiptReason(String(code), title, error_data?.details),
    ...(suppress === undefined ? {} : { suppress }),
  }
}

/** The same table as for answers: what ends a person there ends them here. */
const suppressOf = (code: number): Receipt['suppress'] => {
  const row = whatsappErrors.find(
    ({ codes, subcode }) => subcode === undefined && codes.includes(code),
  )
  return row?.outcome.kind === 'recipient_rejected' ? row.outcome.suppress : undefined
}
