/** Recorded posts of Azure Event Grid in its own schema (channels.md section 4 [ACE] [LMK]), for the conformance suite. */
import { instant } from '@carillon/domain/clock'
import type { HookExample } from '../receipts.ts'
import type { AzureSecrets, AzureSettings } from './call-azure.ts'

type AzureHook = HookExample<AzureSettings, AzureSecrets>

const operationId = '0199b971-fcb1-3d52-b134-8f3411205036'
const deliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'
const hook = 'https://carillon.example.org/hooks/int_1'

const base = {
  settings: {
    endpoint: 'https://my-resource.communication.azure.com',
    sender: 'donotreply@shop.example.org',
  },
  secrets: { hookToken: 'test-hook-token-0123456789' },
}

const post = (events: unknown, query = '?token=test-hook-token-0123456789') => ({
  url: `${hook}${query}`,
  headers: { 'content-type': 'application/json; charset=utf-8', 'aeg-event-type': 'Notification' },
  body: JSON.stringify(events),
})

const report = (
  status: string,
  more: object = {},
  id = 'b7ad4ee4-1a7b-4a3e-9d0d-0a4b0f7d1c11',
) => ({
  id,
  topic:
    '/subscriptions/s/resourcegroups/g/providers/microsoft.communication/communicationservices/my-resource',
  subject: `sender/donotreply@shop.example.org/message/${operationId}`,
  data: {
    sender: 'donotreply@shop.example.org',
    recipient: 'anna@example.org',
    messageId: operationId,
    internetMessageId: '<c1@shop.example.org>',
    status,
    deliveryStatusDetails: { statusMessage: 'Status Message' },
    deliveryAttemptTimeStamp: '2026-11-22T09:59:30.1234567+00:00',
    ...more,
  },
  eventType: 'Microsoft.Communication.EmailDeliveryReportReceived',
  dataVersion: '1.0',
  metadataVersion: '1',
  eventTime: '2026-11-22T09:59:31.5Z',
})

const said = (statusMessage: string) => ({ deliveryStatusDetails: { statusMessage } })

export const azureHookExamples: readonly AzureHook[] = [
  {
    ...base,
    name: 'delivered',
    request: post([report('Delivered')]),
    answer: {
      ok: true,
      receipts: [
        {
          kind: 'delivered',
          deliveryId,
          providerId: operationId,
          noticeId: 'b7ad4ee4-1a7b-4a3e-9d0d-0a4b0f7d1c11',
          at: instant(Date.UTC(2026, 10, 22, 9, 59, 30, 123)),
        },
      ],
    },
  },
  {
    ...base,
    name: 'bounced',
    request: post([report('Bounced', said('550 5.1.1 User unknown'))]),
    answer: {
      ok: true,
      receipts: [
        {
          kind: 'bounced',
          deliveryId,
          reason: 'Bounced: 550 5.1.1 User unknown',
          suppress: 'invalid',
        },
      ],
    },
  },
  {
    ...base,
    name: 'suppressed by Azure',
    request: post([report('Suppressed')]),
    answer: { ok: true, receipts: [{ kind: 'bounced', suppress: 'invalid' }] },
  },
  {
    ...base,
    name: 'failed for good: the address does not exist',
    request: post([report('Failed', said('550 5.1.10 RESOLVER.ADR.RecipientNotFound'))]),
    answer: { ok: true, receipts: [{ kind: 'bounced', suppress: 'invalid' }] },
  },
  {
    ...base,
    name: 'failed after many tries: nobody is suppressed for it',
    request: post([report('Failed', said('452 4.2.2 The mailbox is full'))]),
    answer: {
      ok: true,
      receipts: [{ kind: 'bounced', reason: 'Failed: 452 4.2.2 The mailbox is full' }],
    },
  },
  {
    ...base,
    name: 'several in one call, with the other spelling, among others',
    request: post([
      report('FilteredSpam', {}, 'e1'),
      {
        ...report('Delivered', {}, 'e2'),
        data: {
          messageId: operationId.toUpperCase(),
          status: 'Delivered',
          deliveryAttemptTimestamp: '2026-11-22T09:00:00Z',
        },
      },
      { id: 'e3', eventType: 'Microsoft.Communication.SMSReceived', data: {} },
      report('SomethingNew', {}, 'e4'),
    ]),
    answer: {
      ok: true,
      receipts: [
        { kind: 'bounced', noticeId: 'e1' },
        {
          kind: 'delivered',
          noticeId: 'e2',
          deliveryId,
          at: instant(Date.UTC(2026, 10, 22, 9)),
        },
      ],
    },
  },
  {
    ...base,
    name: 'looked at',
    request: post([
      {
        id: 'e5',
        eventType: 'Microsoft.Communication.EmailEngagementTrackingReportReceived',
        data: {
          messageId: operationId,
          engagementType: 'view',
          userActionTimeStamp: '2026-11-22T09:59:40Z',
        },
      },
    ]),
    answer: { ok: true, receipts: [{ kind: 'read', deliveryId, noticeId: 'view' }] },
  },
  {
    ...base,
    name: 'the hook is subscribed',
    request: post([
      {
        id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
        topic: '/subscriptions/s',
        subject: '',
        data: {
          validationCode: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6',
          validationUrl: 'https://rp-eastus2.eventgrid.azure.net:553/eventsubscriptions/x/validate',
        },
        eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
        eventTime: '2026-11-22T09:59:00Z',
        metadataVersion: '1',
        dataVersion: '2',
      },
    ]),
    answer: {
      ok: true,
      receipts: [],
      reply: {
        status: 200,
        contentType: 'application/json',
        body: '{"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}',
      },
    },
  },
  {
    ...base,
    name: 'the CloudEvents schema',
    request: post({
      specversion: '1.0',
      type: 'Microsoft.Communication.EmailDeliveryReportReceived',
    }),
    answer: { ok: false, reason: 'malformed', detail: 'Event Grid schema' },
  },
  {
    ...base,
    name: 'without the token, even to subscribe',
    request: post([report('Delivered')], ''),
    answer: { ok: false, reason: 'unauthenticated', detail: 'token' },
  },
  {
    ...base,
    name: 'no token in the integration',
    secrets: {},
    request: post([report('Delivered')]),
    answer: { ok: false, reason: 'unauthenticated', detail: 'no hook token' },
  },
]
