/** Recorded exchanges with Mailgun (channels.md section 9) and calls of its webhooks. */
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
import { mailgunSignature } from './read-event.ts'
import type { mailgunSecrets, mailgunSettings } from './settings.ts'

type Settings = Static<typeof mailgunSettings>
type Secrets = Static<typeof mailgunSecrets>

const settings = { ...sender, domain: 'mg.example.org' }
const secrets = { apiKey: 'key-TEST0123456789abcdef' }
const base = { settings, secrets, message: { to: 'anna@example.net' } }

const messageId = '20261122100000.1.0123456789ABCDEF@mg.example.org'

export const mailgunExamples: readonly Example<Settings, Secrets>[] = [
  {
    ...base,
    name: 'a mail with a text and an HTML body',
    settings: { ...settings, testMode: true },
    message: mailMessage,
    request: {
      method: 'POST',
      url: 'https://api.mailgun.net/v3/mg.example.org/messages',
      headers: {
        // base64 of "api:" and the key
        authorization: 'Basic YXBpOmtleS1URVNUMDEyMzQ1Njc4OWFiY2RlZg==',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: {
        from: '"Shop \\"24\\"" <shop@example.org>',
        to: 'anna@example.net',
        'h:Reply-To': 'help@example.org',
        subject: 'Order <42>',
        text: 'Order paid\n\n12 < 13',
        html: '<p>Paid</p>',
        'h:X-Carillon-Delivery': mailDeliveryId,
        'h:Auto-Submitted': 'auto-generated',
        'v:delivery_id': mailDeliveryId,
        'o:testmode': 'yes',
      },
    },
    reply: jsonReply(200, { id: `<${messageId}>`, message: 'Queued. Thank you.' }),
    outcome: { kind: 'accepted', ids: [messageId], httpStatus: 200 },
  },
  {
    ...base,
    name: 'a wrong address of the API, which answers 200',
    reply: { status: 200, body: 'Mailgun Magnificent API' },
    outcome: { kind: 'integration_rejected', reason: 'baseUrl' },
  },
  {
    ...base,
    name: 'too fast',
    reply: jsonReply(429, { message: 'Too many requests' }, { 'retry-after': '20' }),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 20_000 },
  },
  {
    ...base,
    name: 'an address that Mailgun refuses',
    reply: jsonReply(400, {
      message: 'to parameter is not a valid address. please check documentation',
    }),
    outcome: { kind: 'recipient_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a message that Mailgun can’t read',
    reply: jsonReply(400, { message: 'v: option is too long' }),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a domain that may not send',
    reply: jsonReply(403, { message: 'Domain mg.example.org is not allowed to send: disabled' }),
    outcome: { kind: 'integration_rejected', reason: 'domain' },
  },
  {
    ...base,
    name: 'no such domain',
    reply: jsonReply(404, { message: 'Domain not found: mg.example.org' }),
    outcome: { kind: 'integration_rejected', httpStatus: 404 },
  },
  {
    ...base,
    name: 'a refused key',
    reply: { status: 401, body: 'Forbidden' },
    outcome: { kind: 'integration_rejected', httpStatus: 401 },
  },
  {
    ...base,
    name: 'Mailgun failed',
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

const hookSecrets = {
  ...secrets,
  webhookSigningKey: 'key-3ax6xnjp29jd6fds4gc373sgvjxteol0',
  hookToken: 'TEST_hook_token_0123456789abcdef',
}

const call = (event: string, data: object = {}) => {
  const timestamp = '1795341600'
  const token = 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0'
  const signature = mailgunSignature(hookSecrets.webhookSigningKey, timestamp, token)
  return {
    settings,
    secrets: hookSecrets,
    request: {
      url: `https://carillon.example.org/hooks/int_1?token=${hookSecrets.hookToken}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        signature: { timestamp, token, signature },
        'event-data': {
          event,
          id: 'W3X4JOhFT-OZidZGKKr9iA',
          timestamp: 1_795_341_598.25,
          recipient: 'anna@example.net',
          message: { headers: { 'message-id': messageId } },
          'user-variables': { delivery_id: mailDeliveryId },
          ...data,
        },
      }),
    },
  }
}

const same = { providerId: messageId, deliveryId: mailDeliveryId }

export const mailgunHookExamples: readonly HookExample<Settings, Secrets>[] = [
  {
    ...call('delivered', { 'delivery-status': { code: 250, message: 'OK', description: '' } }),
    name: 'delivered',
    answer: {
      ok: true,
      receipts: [
        {
          ...same,
          kind: 'delivered',
          noticeId: 'delivered:W3X4JOhFT-OZidZGKKr9iA',
          reason: 'OK',
          at: instant(1_795_341_598_250),
        },
      ],
    },
  },
  {
    ...call('failed', {
      severity: 'permanent',
      reason: 'bounce',
      'delivery-status': { code: 550, 'enhanced-code': '5.1.1', message: 'No such user' },
    }),
    name: 'a permanent failure of the mailbox suppresses the address',
    answer: {
      ok: true,
      receipts: [{ ...same, kind: 'bounced', suppress: 'invalid', reason: 'bounce: No such user' }],
    },
  },
  {
    ...call('failed', {
      severity: 'permanent',
      reason: 'bounce',
      'delivery-status': {
        code: 550,
        'enhanced-code': '5.7.1',
        message: 'Spam',
        description: null,
      },
    }),
    name: 'a permanent failure of the content does not',
    answer: { ok: true, receipts: [{ ...same, kind: 'bounced', reason: 'bounce: Spam' }] },
  },
  {
    ...call('failed', { severity: 'permanent', reason: 'suppress-unsubscribe' }),
    name: 'an address that Mailgun itself suppresses',
    answer: { ok: true, receipts: [{ ...same, kind: 'bounced', suppress: 'unsubscribed' }] },
  },
  {
    ...call('failed', { severity: 'temporary', reason: 'generic' }),
    name: 'still trying',
    answer: { ok: true, receipts: [{ ...same, kind: 'delayed', reason: 'generic' }] },
  },
  {
    ...call('complained'),
    name: 'a complaint',
    answer: { ok: true, receipts: [{ ...same, kind: 'complained', suppress: 'complained' }] },
  },
  {
    ...call('unsubscribed', { message: {}, timestamp: undefined }),
    name: 'unsubscribed, from an event without the message’s id',
    answer: {
      ok: true,
      receipts: [{ deliveryId: mailDeliveryId, kind: 'unsubscribed', suppress: 'unsubscribed' }],
    },
  },
  {
    ...call('accepted'),
    name: 'an event that is no receipt',
    answer: { ok: true, receipts: [] },
  },
]
