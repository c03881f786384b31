/**
 * Reads Twilio's status callbacks into receipts (channels.md section 3). Messages that people send to the account's numbers
 * may come to the same URL and are no receipts.
 */
import type { ReceiptKind } from '@carillon/domain/receipt'
import type { Static } from 'typebox'
import { receiptDelivery, receiptId, receiptReason } from '../receipt-fields.ts'
import type { HookAnswer, HookRequest, Receipt } from '../receipts.ts'
import { twilioErrors } from './error-map.ts'
import type { twilioSecrets } from './settings.ts'
import { isTwiliosCall, twilioParams } from './signature.ts'

/** The parameter that we put into the callback URL: Twilio signs the URL, so it may be believed. */
export const deliveryParameter = 'delivery'

/** `MessageStatus` by [TWO]. Not in it: what says no more than that the message was accepted. */
const kindOfStatus: ReadonlyMap<string, ReceiptKind> = new Map([
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'bounced'],
  ['failed', 'bounced'],
  ['canceled', 'bounced'],
  // † Of a message in parts: the rest is still to come.
  ['partially_delivered', 'delayed'],
])

/** Answers a call of the hook. Total: whatever the bytes are. */
export const readTwilioCall = (
  request: HookRequest,
  { authToken = '' }: Partial<Static<typeof twilioSecrets>>,
): HookAnswer => {
  if (authToken === '' || !isTwiliosCall(request, authToken)) {
    return {
      ok: false,
      reason: 'unauthenticated',
      detail:
        'X-Twilio-Signature is missing or does not fit; is CARILLON_PUBLIC_URL the address that Twilio calls?',
    }
  }
  const fields = new Map<string, string>()
  for (const [name, value] of twilioParams(request)) {
    // The signature does not say which of two came first, nor how often each came.
    if (fields.has(name) && fields.get(name) !== value) {
      return { ok: false, reason: 'malformed', detail: 'a parameter has two values' }
    }
    fields.set(name, value)
  }
  const receipt = receiptOf(request, fields)
  return { ok: true, receipts: receipt === undefined ? [] : [receipt] }
}

const receiptOf = (
  request: HookRequest,
  fields: ReadonlyMap<string, string>,
): Receipt | undefined => {
  const status = fields.get('MessageStatus') ?? ''
  const kind = kindOfStatus.get(status)
  const providerId = receiptId(fields.get('MessageSid'))
  if (kind === undefined || providerId === undefined) return undefined
  return {
    kind,
    ...receiptDelivery(request.query[deliveryParameter]),
    providerId,
    noticeId: status,
    ...(kind === 'bounced' ? failureOf(status, fields.get('ErrorCode') ?? '') : {}),
  }
}

/** A message that ended is not tried again by anybody: of the table's verdict only the suppression counts. */
const failureOf = (status: string, code: string): Pick<Receipt, 'reason' | 'suppress'> => {
  const row = twilioErrors.find(({ codes }) => codes?.includes(code))
  const { outcome } = row ?? {}
  const suppress = outcome?.kind === 'recipient_rejected' ? outcome.suppress : undefined
  return {
    ...receiptReason(status, code, outcome?.reason),
    ...(suppress === undefined ? {} : { suppress }),
  }
}
