/**
 * Reads calls of Resend's webhook (`email.*`), signed as Svix does. They do not name the recipient of a mail to several,
 * which ours never are. Facts: channels.md section 9, resend.com/docs/webhooks.
 */
import Type from 'typebox'
import { Check } from 'typebox/value'
import type { Instant } from '@carillon/domain/clock'
import { readJson } from '../read-json.ts'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'
import { standardSignatureProblem } from '../verify-standard-signature.ts'

/** Other types (`email.sent`, `contact.created` …) say nothing about a delivery that was not known. */
const kindOfType: ReadonlyMap<string, Receipt['kind']> = new Map([
  ['email.delivered', 'delivered'],
  ['email.delivery_delayed', 'delayed'],
  ['email.bounced', 'bounced'],
  ['email.failed', 'bounced'],
  ['email.suppressed', 'bounced'],
  ['email.complained', 'complained'],
  ['email.opened', 'read'],
  ['email.clicked', 'read'],
])

const notice = Type.Object({
  type: Type.String(),
  created_at: Type.Optional(Type.String()),
  data: Type.Object({
    email_id: Type.Optional(Type.String()),
    tags: Type.Optional(Type.Unknown()),
    bounce: Type.Optional(Type.Unknown()),
    failed: Type.Optional(Type.Unknown()),
  }),
})
const explained = Type.Object({
  type: Type.Optional(Type.String()),
  subType: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
})
const tagList = Type.Array(Type.Object({ name: Type.String(), value: Type.String() }))
const tagMap = Type.Object({ delivery_id: Type.String() })

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readResendNotice = (
  request: HookRequest,
  given: { readonly secret: string | undefined; readonly now: Instant },
): HookAnswer => {
  const problem = standardSignatureProblem(request, { ...given, prefix: 'svix' })
  if (problem !== undefined) return { ok: false, reason: 'unauthenticated', detail: problem }
  const read = readJson(notice, Buffer.from(request.body).toString())
  if (read === undefined)
    return { ok: false, reason: 'malformed', detail: 'not a notice of Resend' }
  const kind = kindOfType.get(read.type)
  const providerId = receiptId(read.data.email_id)
  const noticeId = receiptId(request.headers['svix-id'])
  if (kind === undefined || providerId === undefined || noticeId === undefined) {
    return { ok: true, receipts: [] }
  }
  const receipt = {
    kind,
    ...receiptDelivery(deliveryTag(read.data.tags)),
    providerId,
    noticeId,
    ...receiptAt(Date.parse(read.created_at ?? '')),
    ...(kind === 'complained' ? { suppress: 'complained' as const } : {}),
    ...(kind === 'bounced' ? bounceOf(read.type, read.data.bounce ?? read.data.failed) : {}),
  }
  return { ok: true, receipts: [receipt] }
}

/** Tags come back as a list of pairs, in older notices as a map. */
const deliveryTag = (tags: unknown): string | undefined => {
  if (Check(tagList, tags)) return tags.find(({ name }) => name === 'delivery_id')?.value
  return Check(tagMap, tags) ? tags.delivery_id : undefined
}

/** Only what Resend calls permanent, and what it suppresses itself, keeps others from writing there. */
const bounceOf = (type: string, given: unknown): Pick<Receipt, 'reason' | 'suppress'> => {
  const said = Check(explained, given) ? given : {}
  const reason = receiptReason(said.subType, said.message ?? said.reason)
  if (type === 'email.suppressed') return { ...reason, suppress: 'blocked' }
  if (type !== 'email.bounced' || said.type !== 'Permanent') return reason
  return { ...reason, suppress: said.subType === 'Suppressed' ? 'blocked' : 'invalid' }
}
