/** Recorded exchanges with Postmark (channels.md section 9, openapi/postmark_email.json) and calls of its webhooks. */
import type { Static } from 'typebox'
import { instant } from '@carillon/domain/clock'
import type { Example } from '../define-connector.ts'
import { jsonReply, mailDeliveryId, mailMessage, mailSettings } from '../mail-api-example.ts'
import type { HookExample } from '../receipts.ts'
import type { postmarkSecrets, postmarkSettings } from './settings.ts'

type Settings = Static<typeof postmarkSettings>
type Secrets = Static<typeof postmarkSecrets>

const secrets = { serverToken: '11111111-2222-3333-4444-555555555555' }
const base = { settings: mailSettings, secrets, message: { to: 'anna@example.net' } }
const messageId = '0a129aee-e1cd-480d-b08d-4f48548ff48d'

const refusal = (ErrorCode: number, Message: string, status = 422) =>
  jsonReply(status, { ErrorCode, Message })

const inactive =
  'You tried to send to a recipient that has been marked as inactive. Found inactive addresses: anna@example.net.'

export const postmarkExamples: readonly Example<Settings, Secrets>[] = [
  {
    ...base,
    name: 'a mail with a text and an HTML body',
    settings: { ...mailSettings, messageStream: 'outbound' },
    message: mailMessage,
    request: {
      method: 'POST',
      url: 'https://api.postmarkapp.com/email',
      headers: { 'x-postmark-server-token': secrets.serverToken },
      body: {
        From: '"Shop \\"24\\"" <shop@example.org>',
        To: 'anna@example.net',
        ReplyTo: 'help@example.org',
        Subject: 'Order <42>',
        TextBody: 'Order paid\n\n12 < 13',
        HtmlBody: '<p>Paid</p>',
        Headers: [
          { Name: 'X-Carillon-Delivery', Value: mailDeliveryId },
          { Name: 'Auto-Submitted', Value: 'auto-generated' },
        ],
        Metadata: { delivery_id: mailDeliveryId },
        MessageStream: 'outbound',
      },
    },
    reply: jsonReply(200, {
      To: 'anna@example.net',
      SubmittedAt: '2026-11-22T10:00:00.1234567Z',
      MessageID: messageId,
      ErrorCode: 0,
      Message: 'OK',
    }),
    outcome: { kind: 'accepted', ids: [messageId], httpStatus: 200 },
  },
  {
    ...base,
    name: 'an inactive recipient ends up on the suppression list',
    reply: refusal(406, inactive),
    outcome: {
      kind: 'recipient_rejected',
      suppress: 'blocked',
      providerCode: '406',
      providerMessage: inactive,
    },
  },
  {
    ...base,
    name: 'an inactive recipient behind a success',
    reply: jsonReply(200, {
      MessageID: messageId,
      ErrorCode: 0,
      Message: 'Message OK, but will not deliver to these inactive addresses: anna@example.net.',
    }),
    outcome: { kind: 'recipient_rejected', suppress: 'blocked' },
  },
  {
    ...base,
    name: 'an address that Postmark refuses',
    reply: refusal(300, "Error parsing 'To': Illegal email domain 'example.net'."),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid' },
  },
  {
    ...base,
    name: 'a message that Postmark can’t read',
    reply: refusal(300, 'Invalid metadata content.'),
    outcome: { kind: 'message_rejected', providerCode: '300' },
  },
  {
    ...base,
    name: 'a sender without a signature',
    reply: refusal(400, 'The From address is not a Sender Signature on your account.'),
    outcome: { kind: 'integration_rejected', reason: 'sender' },
  },
  {
    ...base,
    name: 'a refused token',
    reply: refusal(10, 'The Server Token you provided is not valid.', 401),
    outcome: { kind: 'integration_rejected', reason: 'token', httpStatus: 401 },
  },
  {
    ...base,
    name: 'no credits left',
    reply: refusal(405, 'Not allowed to send. You ran out of credits.'),
    outcome: { kind: 'integration_rejected', reason: 'credits' },
  },
  {
    ...base,
    name: 'too fast',
    reply: refusal(429, 'Rate limit exceeded', 429),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000 },
  },
  {
    ...base,
    name: 'too large',
    reply: { status: 413, body: 'Payload Too Large' },
    outcome: { kind: 'message_rejected', httpStatus: 413 },
  },
  {
    ...base,
    name: 'Postmark failed',
    reply: { status: 500 },
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
    name: 'no answer: it may have been sent',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]

const hookSecrets = { ...secrets, hookToken: 'TEST_hook_token_0123456789abcdef' }

const call = (body: object) => ({
  settings: mailSettings,
  secrets: hookSecrets,
  request: {
    url: `https://carillon.example.org/hooks/int_1?token=${hookSecrets.hookToken}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      MessageID: messageId,
      Metadata: { delivery_id: mailDeliveryId },
      ...body,
    }),
  },
})

const same = { providerId: messageId, deliveryId: mailDeliveryId }

export const postmarkHookExamples: readonly HookExample<Settings, Secrets>[] = [
  {
    ...call({
      RecordType: 'Delivery',
      Recipient: 'anna@example.net',
      DeliveredAt: '2026-11-22T09:59:58Z',
      Details: '250 2.0.0 OK',
    }),
    name: 'delivered',
    answer: {
      ok: true,
      receipts: [
        {
          ...same,
          kind: 'delivered',
          noticeId: 'Delivery:2026-11-22T09:59:58Z',
          reason: '250 2.0.0 OK',
          at: instant(Date.UTC(2026, 10, 22, 9, 59, 58)),
        },
      ],
    },
  },
  {
    ...call({
      RecordType: 'Bounce',
      ID: 4_323_372_036_854_775_000,
      Type: 'HardBounce',
      TypeCode: 1,
      Details: '550 5.1.1 no such user',
      BouncedAt: '2026-11-22T09:59:58Z',
    }),
    name: 'a hard bounce suppresses the address',
    answer: {
      ok: true,
      receipts: [
        {
          ...same,
          kind: 'bounced',
          suppress: 'invalid',
          reason: 'HardBounce: 550 5.1.1 no such user',
        },
      ],
    },
  },
  {
    ...call({ RecordType: 'Bounce', ID: 42, Type: 'SoftBounce', Details: 'mailbox full' }),
    name: 'a soft bounce does not',
    answer: { ok: true, receipts: [{ ...same, kind: 'bounced', noticeId: 'Bounce:42' }] },
  },
  {
    ...call({ RecordType: 'Bounce', ID: 43, Type: 'Transient' }),
    name: 'still trying',
    answer: { ok: true, receipts: [{ ...same, kind: 'delayed' }] },
  },
  {
    ...call({ RecordType: 'SpamComplaint', ID: 44, Type: 'SpamComplaint' }),
    name: 'a complaint',
    answer: { ok: true, receipts: [{ ...same, kind: 'complained', suppress: 'complained' }] },
  },
  {
    ...call({
      RecordType: 'SubscriptionChange',
      ChangedAt: '2026-11-22T09:59:58Z',
      SuppressSending: true,
      SuppressionReason: 'ManualSuppression',
    }),
    name: 'unsubscribed',
    answer: { ok: true, receipts: [{ ...same, kind: 'unsubscribed', suppress: 'unsubscribed' }] },
  },
  {
    ...call({ RecordType: 'SubscriptionChange', SuppressSending: false, SuppressionReason: null }),
    name: 'subscribed again is no receipt',
    answer: { ok: true, receipts: [] },
  },
  {
    ...call({ RecordType: 'Bounce', ID: 45, Type: 'AutoResponder' }),
    name: 'a holiday notice is no receipt',
    answer: { ok: true, receipts: [] },
  },
]
