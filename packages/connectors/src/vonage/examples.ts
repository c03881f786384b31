/** Recorded exchanges with Vonage's SMS API (channels.md section 10) and its delivery receipts. */
import type { Static } from 'typebox'
import { instant } from '@carillon/domain/clock'
import type { Example } from '../define-connector.ts'
import type { HookExample } from '../receipts.ts'
import type { vonageSecrets, vonageSettings } from './settings.ts'

type Settings = Static<typeof vonageSettings>
type Secrets = Static<typeof vonageSecrets>

const settings = { apiKey: 'a1b2c3d4', from: 'Shop' }
const secrets = { apiSecret: 'TEST-secret-0123', hookToken: 'TEST_hook_token_0123456789abcdef' }
const base = { settings, secrets, message: { to: '+393331234567' } }
const deliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'
const messageId = '0A0000000123ABCD1'

/** HTTP 200 whatever happened. */
const says = (...messages: readonly object[]) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ 'message-count': String(messages.length), messages }),
})
const refusal = (status: string, text: string) => says({ status, 'error-text': text })

export const vonageExamples: readonly Example<Settings, Secrets>[] = [
  {
    ...base,
    name: 'an SMS in the GSM alphabet',
    message: { to: '+39 333 123 4567', content: { text: 'Ordine 42: 12,50 € è pagato' } },
    request: {
      method: 'POST',
      url: 'https://rest.nexmo.com/sms/json',
      body: {
        api_key: 'a1b2c3d4',
        api_secret: secrets.apiSecret,
        from: 'Shop',
        to: '393331234567',
        type: 'text',
        text: 'Ordine 42: 12,50 € è pagato',
        'client-ref': deliveryId,
        callback: `https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p?token=${secrets.hookToken}`,
      },
    },
    reply: says({ to: '393331234567', 'message-id': messageId, status: '0' }),
    outcome: { kind: 'accepted', ids: [messageId], httpStatus: 200 },
  },
  {
    ...base,
    name: 'a longer SMS beyond that alphabet, in two parts',
    message: { ...base.message, content: { text: 'Заказ 42 оплачен' } },
    request: { body: { type: 'unicode', text: 'Заказ 42 оплачен' } },
    reply: says({ status: '0', 'message-id': 'p1' }, { status: '0', 'message-id': 'p2' }),
    outcome: { kind: 'accepted', ids: ['p1', 'p2'] },
  },
  {
    ...base,
    name: 'one of two parts failed: sending again would double the other',
    reply: says({ status: '0', 'message-id': 'p1' }, { status: '5', 'error-text': 'Internal' }),
    outcome: { kind: 'accepted', ids: ['p1'], providerMessage: '1 of 2 parts failed' },
  },
  {
    ...base,
    name: 'too fast',
    reply: refusal('1', 'Throughput Rate Exceeded - please wait [ 250 ] and retry'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 2_000, providerCode: '1' },
  },
  {
    ...base,
    name: 'a number that Vonage can’t reach',
    reply: refusal('6', 'Unroutable message - rejected'),
    outcome: { kind: 'recipient_rejected', httpStatus: 200 },
  },
  {
    ...base,
    name: 'a barred number ends up on the suppression list',
    reply: refusal('7', 'Number barred'),
    outcome: { kind: 'recipient_rejected', suppress: 'blocked' },
  },
  {
    ...base,
    name: 'too long',
    reply: refusal('12', 'Message too long'),
    outcome: { kind: 'message_rejected', providerCode: '12' },
  },
  {
    ...base,
    name: 'bad credentials',
    reply: refusal('4', 'Bad Credentials'),
    outcome: { kind: 'integration_rejected', reason: 'secret' },
  },
  {
    ...base,
    name: 'no credit left',
    reply: refusal('9', 'Quota Exceeded - rejected'),
    outcome: { kind: 'integration_rejected', reason: 'credit' },
  },
  {
    ...base,
    name: 'Vonage failed',
    reply: refusal('5', 'Internal error'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'a status that is not in the table',
    reply: refusal('99', 'new'),
    outcome: { kind: 'message_rejected', providerCode: '99' },
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

const hook = `https://carillon.example.org/hooks/int_1?token=${secrets.hookToken}`
const dlr = {
  messageId,
  msisdn: '393331234567',
  status: 'delivered',
  'err-code': '0',
  'client-ref': deliveryId,
  'message-timestamp': '2026-11-22 09:59:58',
}
const delivered = {
  kind: 'delivered',
  providerId: messageId,
  deliveryId,
  noticeId: `${messageId}:delivered`,
  at: instant(Date.UTC(2026, 10, 22, 9, 59, 58)),
} as const

const posted = (change: object) => ({
  settings,
  secrets,
  request: {
    url: hook,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...dlr, ...change }),
  },
})

export const vonageHookExamples: readonly HookExample<Settings, Secrets>[] = [
  { ...posted({}), name: 'delivered', answer: { ok: true, receipts: [delivered] } },
  {
    name: 'delivered, as a GET',
    settings,
    secrets,
    request: { method: 'GET', url: `${hook}&${new URLSearchParams(dlr).toString()}` },
    answer: { ok: true, receipts: [delivered] },
  },
  {
    name: 'delivered, as a form',
    settings,
    secrets,
    request: {
      url: hook,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(dlr).toString(),
    },
    answer: { ok: true, receipts: [delivered] },
  },
  {
    ...posted({ status: 'failed', 'err-code': '3' }),
    name: 'failed',
    answer: {
      ok: true,
      receipts: [{ kind: 'bounced', providerId: messageId, deliveryId, reason: 'failed: error 3' }],
    },
  },
  {
    ...posted({ status: 'buffered', 'client-ref': undefined }),
    name: 'the handset is switched off, for a message without our reference',
    answer: { ok: true, receipts: [{ kind: 'delayed', providerId: messageId }] },
  },
  {
    ...posted({ status: 'accepted' }),
    name: 'a status that is no news',
    answer: { ok: true, receipts: [] },
  },
]
