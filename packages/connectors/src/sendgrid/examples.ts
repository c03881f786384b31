/** Recorded exchanges with SendGrid (channels.md section 9) and calls of its event webhook. */
import type { Static } from 'typebox'
import { instant } from '@carillon/domain/clock'
import type { Example } from '../define-connector.ts'
import { jsonReply, mailDeliveryId, mailMessage, mailSettings } from '../mail-api-example.ts'
import type { HookExample } from '../receipts.ts'
import type { sendgridSecrets, sendgridSettings } from './settings.ts'

type Settings = Static<typeof sendgridSettings>
type Secrets = Static<typeof sendgridSecrets>

const secrets = { apiKey: 'SG.TEST-0123456789.abcdef' }
const base = { settings: mailSettings, secrets, message: { to: 'anna@example.net' } }

const refusal = (status: number, message: string, field: string | null = null) =>
  jsonReply(status, { errors: [{ message, field, help: null }] })

export const sendgridExamples: readonly Example<Settings, Secrets>[] = [
  {
    ...base,
    name: 'a mail with a text and an HTML body',
    message: mailMessage,
    request: {
      method: 'POST',
      url: 'https://api.sendgrid.com/v3/mail/send',
      headers: { authorization: `Bearer ${secrets.apiKey}` },
      body: {
        personalizations: [
          {
            to: [{ email: 'anna@example.net' }],
            custom_args: { delivery_id: mailDeliveryId },
          },
        ],
        from: { email: 'shop@example.org', name: 'Shop "24"' },
        reply_to: { email: 'help@example.org' },
        subject: 'Order <42>',
        content: [
          { type: 'text/plain', value: 'Order paid\n\n12 < 13' },
          { type: 'text/html', value: '<p>Paid</p>' },
        ],
        headers: { 'X-Carillon-Delivery': mailDeliveryId, 'Auto-Submitted': 'auto-generated' },
      },
    },
    reply: { status: 202, headers: { 'x-message-id': '14c5d75ce93.dfd.64b469' } },
    outcome: { kind: 'accepted', ids: ['14c5d75ce93.dfd.64b469'], httpStatus: 202 },
  },
  {
    ...base,
    name: 'too fast: there is room again in ten seconds',
    reply: jsonReply(
      429,
      { errors: [{ message: 'too many requests', field: null, help: null }] },
      { 'x-ratelimit-reset': '1795341610' },
    ),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 10_000 },
  },
  {
    ...base,
    name: 'too fast, with Retry-After',
    reply: { status: 429, headers: { 'retry-after': '30' } },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 30_000 },
  },
  {
    ...base,
    name: 'an address that SendGrid refuses',
    reply: refusal(400, 'Does not contain a valid address.', 'personalizations.0.to.0.email'),
    outcome: { kind: 'recipient_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a message that SendGrid can’t read',
    reply: refusal(
      400,
      'The content value must be a string at least one character in length.',
      'content.0.value',
    ),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a sender that is not verified',
    reply: refusal(403, 'The from address does not match a verified Sender Identity.', 'from'),
    outcome: { kind: 'integration_rejected', reason: 'sender' },
  },
  {
    ...base,
    name: 'a refused key',
    reply: refusal(401, 'The provided authorization grant is invalid, expired, or revoked'),
    outcome: { kind: 'integration_rejected', httpStatus: 401 },
  },
  {
    ...base,
    name: 'the credits are used up',
    reply: refusal(401, 'Maximum credits exceeded'),
    outcome: { kind: 'integration_rejected', reason: 'credits' },
  },
  {
    ...base,
    name: 'too large',
    reply: { status: 413 },
    outcome: { kind: 'message_rejected', httpStatus: 413 },
  },
  {
    ...base,
    name: 'SendGrid failed',
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

const event = (more: object) => ({
  email: 'anna@example.net',
  timestamp: 1_795_341_598,
  delivery_id: mailDeliveryId,
  sg_message_id: '14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0',
  ...more,
})

/** Signed with a key that was made for this example and thrown away: the members and their order are a part of it. */
const batch = JSON.stringify([
  event({ event: 'delivered', sg_event_id: 'ZGVsaXZlcmVk', response: '250 OK' }),
  event({
    event: 'bounce',
    type: 'bounce',
    status: '5.1.1',
    reason: '550 5.1.1 no such user',
    sg_event_id: 'Ym91bmNl',
  }),
  event({
    event: 'bounce',
    type: 'blocked',
    reason: '550 blocked by policy',
    sg_event_id: 'YmxvY2tlZA',
  }),
  event({ event: 'dropped', reason: 'Unsubscribed Address', sg_event_id: 'ZHJvcHBlZA' }),
  event({
    event: 'deferred',
    attempt: '5',
    response: '400 try again later',
    sg_event_id: 'ZGVmZXJyZWQ',
  }),
  event({ event: 'spamreport', sg_event_id: 'c3BhbQ' }),
  event({ event: 'open', sg_event_id: 'b3Blbg' }),
  event({ event: 'open', sg_machine_open: true, sg_event_id: 'bWFjaGluZQ' }),
  event({ event: 'processed', sg_event_id: 'cHJvY2Vzc2Vk' }),
])

const same = { deliveryId: mailDeliveryId, providerId: '14c5d75ce93.dfd.64b469' }

export const sendgridHookExamples: readonly HookExample<Settings, Secrets>[] = [
  {
    name: 'a batch of events, each of another kind',
    settings: mailSettings,
    secrets: {
      ...secrets,
      webhookPublicKey:
        'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEc5NsZBZfoKWm0IrL3v5ncW3XJtqhV3z4SeOwVZESrzkOK4JDCSDDARvOufnP/M3vJ9Lr0bOcctn/9Zk6apZ4Hg==',
    },
    request: {
      headers: {
        'x-twilio-email-event-webhook-timestamp': '1795341600',
        'x-twilio-email-event-webhook-signature':
          'MEQCIGQoyjyUFJM8U5TJToD5tqUurGhHPtqmQUie4rXScCg1AiAvDQPzK7Z7IqC7NXQRXmYxhlBkdKCjcwR4/RJNc8m4pg==',
      },
      body: batch,
    },
    answer: {
      ok: true,
      receipts: [
        {
          ...same,
          kind: 'delivered',
          noticeId: 'ZGVsaXZlcmVk',
          reason: '250 OK',
          at: instant(1_795_341_598_000),
        },
        {
          ...same,
          kind: 'bounced',
          suppress: 'invalid',
          reason: '5.1.1: 550 5.1.1 no such user',
        },
        { ...same, kind: 'bounced', reason: '550 blocked by policy' },
        { ...same, kind: 'bounced', suppress: 'unsubscribed' },
        { ...same, kind: 'delayed', reason: '400 try again later' },
        { ...same, kind: 'complained', suppress: 'complained' },
        { ...same, kind: 'read' },
      ],
    },
  },
  {
    name: 'SendGrid’s published vector: authentic, and no list of events',
    settings: mailSettings,
    // sendgrid/sendgrid-nodejs packages/eventwebhook/src/eventwebhook.spec.js (MIT)
    secrets: {
      ...secrets,
      webhookPublicKey:
        'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==',
    },
    request: {
      headers: {
        'x-twilio-email-event-webhook-timestamp': '1588788367',
        'x-twilio-email-event-webhook-signature':
          'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=',
      },
      body: '{"category":"example_payload","event":"test_event","message_id":"message_id"}',
    },
    answer: { ok: false, reason: 'malformed', detail: 'not a list' },
  },
]
