/** Recorded exchanges with Resend (channels.md section 9, openapi/resend_emails.json) and calls of its webhook. */
import type { Static } from 'typebox'
import { instant } from '@carillon/domain/clock'
import type { Example } from '../define-connector.ts'
import { jsonReply, mailDeliveryId, mailMessage, mailSettings } from '../mail-api-example.ts'
import type { HookExample } from '../receipts.ts'
import { standardSignature } from '../verify-standard-signature.ts'
import type { resendSecrets, resendSettings } from './settings.ts'

type Settings = Static<typeof resendSettings>
type Secrets = Static<typeof resendSecrets>

const secrets = { apiKey: 're_TEST_0123456789' }
const base = { settings: mailSettings, secrets, message: { to: 'anna@example.net' } }

const refusal = (statusCode: number, name: string, message = 'No', headers = {}) =>
  jsonReply(statusCode, { statusCode, name, message }, headers)

export const resendExamples: readonly Example<Settings, Secrets>[] = [
  {
    ...base,
    name: 'a mail with a text and an HTML body; the delivery’s id is the idempotency key',
    message: mailMessage,
    request: {
      method: 'POST',
      url: 'https://api.resend.com/emails',
      headers: {
        authorization: `Bearer ${secrets.apiKey}`,
        'idempotency-key': mailDeliveryId,
      },
      body: {
        from: '"Shop \\"24\\"" <shop@example.org>',
        to: ['anna@example.net'],
        reply_to: 'help@example.org',
        subject: 'Order <42>',
        text: 'Order paid\n\n12 < 13',
        html: '<p>Paid</p>',
        headers: { 'X-Carillon-Delivery': mailDeliveryId, 'Auto-Submitted': 'auto-generated' },
        tags: [{ name: 'delivery_id', value: mailDeliveryId }],
      },
    },
    reply: jsonReply(200, { id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' }),
    outcome: {
      kind: 'accepted',
      ids: ['49a3999c-0ce1-4ea6-ab68-afcd6dc2e794'],
      httpStatus: 200,
    },
  },
  {
    ...base,
    name: 'too fast: the wait that Resend names',
    reply: refusal(429, 'rate_limit_exceeded', 'Too many requests', { 'retry-after': '2' }),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 2_000,
      providerCode: 'rate_limit_exceeded',
    },
  },
  {
    ...base,
    name: 'the day’s quota is used up',
    reply: refusal(429, 'daily_quota_exceeded'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 3_600_000 },
  },
  {
    ...base,
    name: 'a field that Resend can’t read',
    reply: refusal(400, 'validation_error', 'Invalid `subject` field.'),
    outcome: { kind: 'message_rejected', providerMessage: 'Invalid `subject` field.' },
  },
  {
    ...base,
    name: 'an address that Resend refuses',
    reply: refusal(422, 'validation_error', 'Invalid `to` field. The email address needs to …'),
    outcome: { kind: 'recipient_rejected', httpStatus: 422 },
  },
  {
    ...base,
    name: 'the sender’s domain is not verified',
    reply: refusal(403, 'validation_error', 'The example.org domain is not verified.'),
    outcome: { kind: 'integration_rejected', reason: 'not verified' },
  },
  {
    ...base,
    name: 'a refused key',
    reply: refusal(403, 'invalid_api_key', 'API key is invalid'),
    outcome: { kind: 'integration_rejected', reason: 'API key' },
  },
  {
    ...base,
    name: 'an earlier attempt is still being handled',
    reply: refusal(409, 'concurrent_idempotent_requests'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'Resend failed',
    reply: refusal(500, 'application_error'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'no connection',
    reply: { failure: 'not_sent' },
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'no answer: the same key makes it safe to send again',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]

const hookSecrets = { ...secrets, webhookSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
const emailId = '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794'
/** The suite's time. */
const now = instant(Date.UTC(2026, 10, 22, 10))

const call = (type: string, data: object = {}) => {
  const body = JSON.stringify({
    type,
    created_at: '2026-11-22T09:59:58.500Z',
    data: {
      email_id: emailId,
      to: ['anna@example.net'],
      tags: [{ name: 'delivery_id', value: mailDeliveryId }],
      ...data,
    },
  })
  const secret = hookSecrets.webhookSecret
  const given = { secret, prefix: 'svix', id: 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj', now }
  const headers = standardSignature(Buffer.from(body), given)
  return { settings: mailSettings, secrets: hookSecrets, request: { headers, body } }
}

const same = { providerId: emailId, deliveryId: mailDeliveryId }

export const resendHookExamples: readonly HookExample<Settings, Secrets>[] = [
  {
    ...call('email.delivered'),
    name: 'delivered',
    answer: {
      ok: true,
      receipts: [
        {
          ...same,
          kind: 'delivered',
          noticeId: 'msg_2Lh9KRb0pzN4LePd3XiA4v12Axj',
          at: instant(Date.UTC(2026, 10, 22, 9, 59, 58, 500)),
        },
      ],
    },
  },
  {
    ...call('email.bounced', {
      bounce: { type: 'Permanent', subType: 'General', message: 'The mailbox does not exist.' },
    }),
    name: 'a permanent bounce suppresses the address',
    answer: {
      ok: true,
      receipts: [
        {
          ...same,
          kind: 'bounced',
          suppress: 'invalid',
          reason: 'General: The mailbox does not exist.',
        },
      ],
    },
  },
  {
    ...call('email.bounced', {
      tags: { delivery_id: mailDeliveryId },
      bounce: { type: 'Transient', subType: 'MailboxFull', message: 'The inbox is full.' },
    }),
    name: 'a bounce that is not permanent, with tags as older notices have them',
    answer: {
      ok: true,
      receipts: [{ ...same, kind: 'bounced', reason: 'MailboxFull: The inbox is full.' }],
    },
  },
  {
    ...call('email.complained'),
    name: 'a complaint',
    answer: { ok: true, receipts: [{ ...same, kind: 'complained', suppress: 'complained' }] },
  },
  {
    ...call('email.delivery_delayed'),
    name: 'delayed',
    answer: { ok: true, receipts: [{ ...same, kind: 'delayed' }] },
  },
  {
    ...call('email.opened', { tags: undefined }),
    name: 'opened, by a mail without our tag',
    answer: { ok: true, receipts: [{ kind: 'read', providerId: emailId }] },
  },
  {
    ...call('contact.created'),
    name: 'a notice that is no receipt',
    answer: { ok: true, receipts: [] },
  },
]
