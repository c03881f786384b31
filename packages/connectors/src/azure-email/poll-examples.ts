/** Recorded questions after operations (channels.md section 4, "poll"), for the conformance suite. */
import type { PollExample } from '../receipts.ts'
import type { AzureSecrets, AzureSettings } from './call-azure.ts'

type AzurePoll = PollExample<AzureSettings, AzureSecrets>

/** A version 7 UUID of 2026-11-22T09:50:00Z: ten minutes before the suite's time. */
const operationId = '01a202a9-9d40-7abc-8def-0123456789ab'
const deliveryId = 'dlv_01m81ak7a0fay8vvr14d2pf2db'

const base = {
  settings: {
    endpoint: 'https://my-resource.communication.azure.com',
    sender: 'donotreply@shop.example.org',
  },
  secrets: { accessKey: 'c2VjcmV0LWtleS1mb3ItdGVzdGluZy1vbmx5LTMyYnl0ZXMh' },
  providerId: operationId,
}

const reply = (status: string, error?: object, headers: Readonly<Record<string, string>> = {}) => ({
  status: 200,
  headers,
  body: JSON.stringify({ id: operationId, status, ...(error === undefined ? {} : { error }) }),
})

export const azurePollExamples: readonly AzurePoll[] = [
  {
    ...base,
    name: 'still running: as long again as it is old',
    request: {
      method: 'GET',
      url: `https://my-resource.communication.azure.com/emails/operations/${operationId}?api-version=2025-09-01`,
    },
    reply: reply('Running', undefined, { 'retry-after': '30' }),
    answer: { kind: 'pending', afterMs: 600_000 },
  },
  {
    ...base,
    name: 'not started, and Azure asks for more patience',
    reply: reply('NotStarted', undefined, { 'retry-after': '1800' }),
    answer: { kind: 'pending', afterMs: 1_800_000 },
  },
  {
    ...base,
    name: 'an operation that others began, of unknown age',
    providerId: '8540c0de-899f-5cce-acb5-3ec493af3800',
    reply: reply('Running'),
    answer: { kind: 'pending', afterMs: 120_000 },
  },
  {
    ...base,
    name: 'handed to the mail system: nothing more comes by this way',
    reply: reply('Succeeded'),
    answer: { kind: 'gone' },
  },
  {
    ...base,
    name: 'failed: Azure suppresses the address',
    reply: reply('Failed', {
      code: 'EmailDroppedAllRecipientsSuppressed',
      message: 'Message dropped because all recipients were suppressed',
    }),
    answer: {
      kind: 'receipt',
      receipt: {
        kind: 'bounced',
        deliveryId,
        providerId: operationId,
        noticeId: 'operation Failed',
        reason:
          'Failed: EmailDroppedAllRecipientsSuppressed: Message dropped because all recipients were suppressed',
        suppress: 'invalid',
      },
    },
  },
  {
    ...base,
    name: 'canceled',
    reply: reply('Canceled'),
    answer: { kind: 'receipt', receipt: { kind: 'bounced', reason: 'Canceled' } },
  },
  {
    ...base,
    name: 'an operation that Azure does not know',
    reply: { status: 404, body: '{"error":{"code":"NotFound","message":"Not found"}}' },
    answer: { kind: 'gone' },
  },
  {
    ...base,
    name: 'the quota of questions is used up',
    reply: {
      status: 429,
      headers: { 'retry-after': '900' },
      body: '{"error":{"code":"TooManyRequests","message":"Slow down"}}',
    },
    answer: { kind: 'retry', afterMs: 900_000 },
  },
  {
    ...base,
    name: 'a wrong key',
    reply: { status: 401, body: '{"error":{"code":"Denied","message":"Denied"}}' },
    answer: { kind: 'retry', afterMs: 3_600_000, reason: 'the access key is refused' },
  },
]
