/**
 * Recorded status callbacks of Twilio (channels.md section 3 [TWC]). The signatures were made with OpenSSL over URL and
 * sorted parameters: changing either takes a new one.
 */
import type { Static } from 'typebox'
import type { HookExample } from '../receipts.ts'
import type { twilioSecrets, twilioSettings } from './settings.ts'

type TwilioHook = HookExample<Static<typeof twilioSettings>, Static<typeof twilioSecrets>>

const accountSid = 'AC0123456789abcdef0123456789abcdef'
const sid = 'SM0123456789abcdef0123456789abcdef'
const deliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'
const hook = 'https://carillon.example.org/hooks/int_1'

const base = {
  settings: { accountSid, from: '+15005550006' },
  secrets: { authToken: 'test-auth-token' },
}

const post = (
  signature: string,
  params: Readonly<Record<string, string>>,
  url = `${hook}?delivery=${deliveryId}`,
) => ({
  url,
  headers: {
    'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    'x-twilio-signature': signature,
  },
  body: new URLSearchParams(params).toString(),
})

const status = (status: string, more: Readonly<Record<string, string>> = {}) => ({
  ApiVersion: '2010-04-01',
  MessageStatus: status,
  SmsSid: sid,
  SmsStatus: status,
  To: '+393331234567',
  From: '+15005550006',
  MessageSid: sid,
  AccountSid: accountSid,
  ...more,
})

export const twilioHookExamples: readonly TwilioHook[] = [
  {
    ...base,
    name: 'delivered',
    request: post('jhj8mICcuK8QfhLXW/siAc6I8H8=', status('delivered')),
    answer: {
      ok: true,
      receipts: [{ kind: 'delivered', deliveryId, providerId: sid, noticeId: 'delivered' }],
    },
  },
  {
    ...base,
    name: 'a URL without the delivery, signed with the default port',
    request: post('X4nFTYXDk/3RleGV8X7xGMxNLkM=', status('delivered'), hook),
    answer: { ok: true, receipts: [{ kind: 'delivered', providerId: sid }] },
  },
  {
    ...base,
    name: 'sent says nothing new',
    request: post('H0vJ8KdpxoJifBd6wsgHX2hPkaA=', status('sent')),
    answer: { ok: true, receipts: [] },
  },
  {
    ...base,
    name: 'the handset does not exist',
    request: post('NoLdGAnwksToq/ACQXDlQW+Gl90=', status('undelivered', { ErrorCode: '30005' })),
    answer: {
      ok: true,
      receipts: [
        {
          kind: 'bounced',
          deliveryId,
          reason: 'undelivered: 30005: the number does not exist or can’t receive messages',
          suppress: 'invalid',
        },
      ],
    },
  },
  {
    ...base,
    name: 'blocked by the person or the carrier',
    request: post('AdPG7mUa2oi7P4GjyXY8j0h4U54=', status('undelivered', { ErrorCode: '30004' })),
    answer: { ok: true, receipts: [{ kind: 'bounced', suppress: 'blocked' }] },
  },
  {
    ...base,
    name: 'filtered: the message’s fault, not the person’s',
    request: post('EDLHzTnMRUYgYKjfqVkFfhgFp9g=', status('undelivered', { ErrorCode: '30007' })),
    answer: { ok: true, receipts: [{ kind: 'bounced', deliveryId, noticeId: 'undelivered' }] },
  },
  {
    ...base,
    name: 'the handset was switched off for too long',
    request: post('jNAxolihS/sFg/oDoMZ36aDEh4w=', status('failed', { ErrorCode: '30003' })),
    answer: { ok: true, receipts: [{ kind: 'bounced', noticeId: 'failed' }] },
  },
  {
    ...base,
    name: 'somebody writes to the number',
    request: post(
      '6GdXZ7MldbCMC3A1bV+eLHjEufs=',
      {
        Body: 'STOP',
        NumMedia: '0',
        ApiVersion: '2010-04-01',
        SmsStatus: 'received',
        To: '+15005550006',
        From: '+393331234567',
        MessageSid: sid,
        AccountSid: accountSid,
      },
      hook,
    ),
    answer: { ok: true, receipts: [] },
  },
  {
    ...base,
    name: 'signed with another token',
    request: post('IK+Dwps556ElfBT0I3Rgjkr1wJU=', status('delivered')),
    answer: { ok: false, reason: 'unauthenticated', detail: 'X-Twilio-Signature' },
  },
  {
    ...base,
    name: 'a body that is not covered by the signature',
    request: {
      ...post('jhj8mICcuK8QfhLXW/siAc6I8H8=', status('delivered')),
      headers: {
        'content-type': 'application/json',
        'x-twilio-signature': 'jhj8mICcuK8QfhLXW/siAc6I8H8=',
      },
    },
    answer: { ok: false, reason: 'unauthenticated' },
  },
]
