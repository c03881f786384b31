/** Recorded exchanges with SES (channels.md section 9, openapi/aws_sesv2_send.json) and events for its hook. */
import type { Static } from 'typebox'
import { instant } from '@carillon/domain/clock'
import type { Example } from '../define-connector.ts'
import {
  jsonReply,
  mailDeliveryId,
  mailMessage,
  mailSettings as sender,
} from '../mail-api-example.ts'
import type { HookExample } from '../receipts.ts'
import type { sesSecrets, sesSettings } from './settings.ts'

type Settings = Static<typeof sesSettings>
type Secrets = Static<typeof sesSecrets>

const settings = { ...sender, region: 'eu-south-1' }
const secrets = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const base = { settings, secrets, message: { to: 'anna@example.net' } }
const messageId = '0107019ac3a1b2c3-4d5e6f70-0000-4000-8000-000000000000-000000'

/** AWS names the exception in a header, with a tail that nobody needs. */
const refusal = (status: number, type: string, message: string) =>
  jsonReply(
    status,
    { message },
    { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/com.amazonaws.email/` },
  )

export const sesExamples: readonly Example<Settings, Secrets>[] = [
  {
    ...base,
    name: 'a mail with a text and an HTML body, signed',
    settings: { ...settings, configurationSet: 'carillon' },
    message: mailMessage,
    request: {
      method: 'POST',
      url: 'https://email.eu-south-1.amazonaws.com/v2/email/outbound-emails',
      headers: { 'content-type': 'application/json', 'x-amz-date': '20261122T100000Z' },
      body: {
        FromEmailAddress: '"Shop \\"24\\"" <shop@example.org>',
        Destination: { ToAddresses: ['anna@example.net'] },
        ReplyToAddresses: ['help@example.org'],
        Content: {
          Simple: {
            Subject: { Data: 'Order <42>', Charset: 'UTF-8' },
            Body: {
              Text: { Data: 'Order paid\n\n12 < 13', Charset: 'UTF-8' },
              Html: { Data: '<p>Paid</p>', Charset: 'UTF-8' },
            },
            Headers: [
              { Name: 'X-Carillon-Delivery', Value: mailDeliveryId },
              { Name: 'Auto-Submitted', Value: 'auto-generated' },
            ],
          },
        },
        EmailTags: [{ Name: 'delivery_id', Value: mailDeliveryId }],
        ConfigurationSetName: 'carillon',
      },
    },
    reply: jsonReply(200, { MessageId: messageId }),
    outcome: { kind: 'accepted', ids: [messageId], httpStatus: 200 },
  },
  {
    ...base,
    name: 'with temporary credentials and a name beyond ASCII',
    settings: { ...settings, from: { name: 'Caffè', address: 'shop@example.org' } },
    secrets: { ...secrets, sessionToken: 'TEST-session-token' },
    request: {
      headers: { 'x-amz-security-token': 'TEST-session-token' },
      body: { FromEmailAddress: '=?UTF-8?B?Q2FmZsOo?= <shop@example.org>' },
    },
    reply: jsonReply(200, { MessageId: messageId }),
    outcome: { kind: 'accepted', ids: [messageId] },
  },
  {
    ...base,
    name: 'too many in a second',
    reply: refusal(429, 'TooManyRequestsException', 'Maximum sending rate exceeded.'),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 5_000,
      providerCode: 'TooManyRequestsException',
    },
  },
  {
    ...base,
    name: 'too many in 24 hours',
    reply: refusal(429, 'TooManyRequestsException', 'Daily message quota exceeded.'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 3_600_000 },
  },
  {
    ...base,
    name: 'a message that SES does not take',
    reply: refusal(400, 'MessageRejected', 'Email contains a virus.'),
    outcome: { kind: 'message_rejected', providerMessage: 'Email contains a virus.' },
  },
  {
    ...base,
    name: 'a sender that is not verified, or the sandbox',
    reply: refusal(
      400,
      'MessageRejected',
      'Email address is not verified. The following identities failed the check: anna@example.net',
    ),
    outcome: { kind: 'integration_rejected', reason: 'sandbox' },
  },
  {
    ...base,
    name: 'sending is paused',
    reply: refusal(400, 'SendingPausedException', 'Sending is paused for this account.'),
    outcome: { kind: 'integration_rejected', reason: 'paused' },
  },
  {
    ...base,
    name: 'a wrong secret key',
    reply: refusal(403, 'SignatureDoesNotMatch', 'The request signature we calculated differs.'),
    outcome: { kind: 'integration_rejected', httpStatus: 403 },
  },
  {
    ...base,
    name: 'an exception named in the body',
    reply: jsonReply(400, { __type: 'com.amazonaws.sesv2#BadRequestException', message: 'No' }),
    outcome: { kind: 'message_rejected', providerCode: 'BadRequestException' },
  },
  {
    ...base,
    name: 'SES failed',
    reply: { status: 503 },
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
  settings,
  secrets: hookSecrets,
  request: {
    url: `https://carillon.example.org/hooks/int_1?token=${hookSecrets.hookToken}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  },
})

const event = (eventType: string, detail: object) => ({
  eventType,
  mail: { messageId, tags: { delivery_id: [mailDeliveryId], 'ses:from-domain': ['example.org'] } },
  ...detail,
})
const bus = (eventType: string, detail: object) =>
  call({ source: 'aws.ses', 'detail-type': 'Email', detail: event(eventType, detail) })

const same = { providerId: messageId, deliveryId: mailDeliveryId }
const timestamp = '2026-11-22T09:59:58.000Z'

const permanent = {
  bounce: {
    bounceType: 'Permanent',
    bounceSubType: 'General',
    feedbackId: '0107-feedback',
    timestamp,
    bouncedRecipients: [{ emailAddress: 'anna@example.net', diagnosticCode: 'smtp; 550 5.1.1' }],
  },
}
const bounced = {
  ...same,
  kind: 'bounced',
  suppress: 'invalid',
  noticeId: 'Bounce:0107-feedback',
  reason: 'Permanent: General: smtp; 550 5.1.1',
  at: instant(Date.UTC(2026, 10, 22, 9, 59, 58)),
} as const

export const sesHookExamples: readonly HookExample<Settings, Secrets>[] = [
  {
    ...bus('Delivery', { delivery: { timestamp, smtpResponse: '250 OK' } }),
    name: 'delivered, through EventBridge',
    answer: {
      ok: true,
      receipts: [
        { ...same, kind: 'delivered', noticeId: `Delivery:${timestamp}`, reason: '250 OK' },
      ],
    },
  },
  {
    ...bus('Bounce', permanent),
    name: 'a permanent bounce suppresses the address',
    answer: { ok: true, receipts: [bounced] },
  },
  {
    ...call({
      Type: 'Notification',
      MessageId: 'a-b-c',
      Message: JSON.stringify(event('Bounce', permanent)),
    }),
    name: 'the same through SNS',
    answer: { ok: true, receipts: [bounced] },
  },
  {
    ...call({ ...event('', permanent), eventType: undefined, notificationType: 'Bounce' }),
    name: 'the same bare, as SNS sends it without its envelope',
    answer: { ok: true, receipts: [bounced] },
  },
  {
    ...bus('Bounce', {
      bounce: { bounceType: 'Transient', bounceSubType: 'MailboxFull', timestamp },
    }),
    name: 'a transient bounce does not',
    answer: {
      ok: true,
      receipts: [{ ...same, kind: 'bounced', reason: 'Transient: MailboxFull' }],
    },
  },
  {
    ...bus('Bounce', {
      bounce: { bounceType: 'Permanent', bounceSubType: 'OnAccountSuppressionList', timestamp },
    }),
    name: 'an address that SES itself suppresses',
    answer: { ok: true, receipts: [{ ...same, kind: 'bounced', suppress: 'blocked' }] },
  },
  {
    ...bus('Complaint', { complaint: { timestamp, complaintFeedbackType: 'abuse' } }),
    name: 'a complaint',
    answer: {
      ok: true,
      receipts: [{ ...same, kind: 'complained', suppress: 'complained', reason: 'abuse' }],
    },
  },
  {
    ...bus('DeliveryDelay', { deliveryDelay: { timestamp, delayType: 'MailboxFull' } }),
    name: 'delayed',
    answer: { ok: true, receipts: [{ ...same, kind: 'delayed', reason: 'MailboxFull' }] },
  },
  {
    ...bus('Send', { send: {} }),
    name: 'an event that is no receipt',
    answer: { ok: true, receipts: [] },
  },
  {
    ...call({ Type: 'SubscriptionConfirmation', Message: 'You have chosen to subscribe …' }),
    name: 'a subscription of SNS, which is to be confirmed by hand',
    answer: { ok: true, receipts: [] },
  },
]
