/**
 * Recorded calls of Meta's webhook, in the shapes of its document (openapi/meta_whatsapp_messages.json, WebhookPayload).
 * The signatures were made with OpenSSL over the JSON text: changing a body takes a new one.
 */
import type { Static } from 'typebox'
import { instant } from '@carillon/domain/clock'
import type { HookExample } from '../receipts.ts'
import type { whatsappSecrets, whatsappSettings } from './settings.ts'

type WhatsappHook = HookExample<Static<typeof whatsappSettings>, Static<typeof whatsappSecrets>>

const base = {
  settings: { phoneNumberId: '106540352242922' },
  secrets: { appSecret: '0123456789abcdef', verifyToken: 'a-text-of-our-choice' },
}

const signed = (hex: string, body: object) => ({
  headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${hex}` },
  body: JSON.stringify(body),
})

const entry = (...statuses: readonly object[]) => ({
  id: '102290129340398',
  changes: [
    {
      field: 'messages',
      value: {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: '15550783881', phone_number_id: '106540352242922' },
        statuses,
      },
    },
  ],
})

const payload = (...statuses: readonly object[]) => ({
  object: 'whatsapp_business_account',
  entry: [entry(...statuses)],
})

const id = 'wamid.HBgMMzkzMzMxMjM0NTY3'

const status = (status: string, more: object = {}) => ({
  id,
  status,
  timestamp: '1795341600',
  recipient_id: '393331234567',
  ...more,
})

const failed = (code: number, title: string, details: string) =>
  payload(
    status('failed', {
      errors: [
        {
          code,
          title,
          message: title,
          error_data: { details },
          href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
        },
      ],
    }),
  )

const challengeUrl =
  'https://carillon.example.org/hooks/int_1?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token='

export const whatsappHookExamples: readonly WhatsappHook[] = [
  {
    ...base,
    name: 'delivered, with the delivery’s id echoed',
    request: signed(
      'cec5cebb386de5b6f9c829fd8cbbaaea8557856826358ae7a451743c5d553c2a',
      payload(
        status('delivered', {
          conversation: { id: 'c1', origin: { type: 'utility' } },
          pricing: { billable: true, pricing_model: 'PMP', category: 'utility' },
          biz_opaque_callback_data: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
        }),
      ),
    ),
    answer: {
      ok: true,
      receipts: [
        {
          kind: 'delivered',
          deliveryId: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
          providerId: id,
          noticeId: 'delivered',
          at: instant(1_795_341_600_000),
        },
      ],
    },
  },
  {
    ...base,
    name: 'sent says nothing new',
    request: signed(
      '42bbf95372b564ee51dcf8293466e5588d0a28ef770665eb5607bb56485f964c',
      payload(status('sent')),
    ),
    answer: { ok: true, receipts: [] },
  },
  {
    ...base,
    name: 'not on WhatsApp',
    request: signed(
      'c21684d1d1f53ab8ccf7cec66b482059afff64fdbba57344d881a4788b11451b',
      failed(131_026, 'Message undeliverable', 'Message undeliverable.'),
    ),
    answer: {
      ok: true,
      receipts: [
        {
          kind: 'bounced',
          providerId: id,
          reason: '131026: Message undeliverable: Message undeliverable.',
          suppress: 'invalid',
        },
      ],
    },
  },
  {
    ...base,
    name: 'accepted outside the 24 hours, failed later',
    request: signed(
      'af84ffd3398ab8c04a4100989264527529df68a8b8323ad002275b8ec1faebb6',
      failed(
        131_047,
        'Re-engagement message',
        'More than 24 hours have passed since the customer last replied',
      ),
    ),
    answer: { ok: true, receipts: [{ kind: 'bounced', providerId: id }] },
  },
  {
    ...base,
    name: 'opted out of marketing',
    request: signed(
      '9043da0eda8e87a834f0838a73e76c61df9a031ee50c8653dcb7429b5e1c021e',
      failed(
        131_050,
        'User has stopped receiving marketing messages',
        'Unable to deliver the message.',
      ),
    ),
    answer: { ok: true, receipts: [{ kind: 'bounced', suppress: 'unsubscribed' }] },
  },
  {
    ...base,
    name: 'many notices in one call, out of order, among others',
    request: signed('8d84cc18c13db44e562a3df63a9c951dcd43e4c2c0b4fbf56326a447d55e20f7', {
      object: 'whatsapp_business_account',
      entry: [
        entry(status('read', { id: 'wamid.A' }), status('delivered', { id: 'wamid.A' })),
        {
          id: '2',
          changes: [
            {
              field: 'messages',
              value: {
                messaging_product: 'whatsapp',
                metadata: { display_phone_number: '1', phone_number_id: '1' },
                statuses: [status('delivered', { id: 'wamid.B' })],
              },
            },
            { field: 'account_update', value: { event: 'ACCOUNT_RESTRICTION' } },
          ],
        },
      ],
    }),
    answer: {
      ok: true,
      receipts: [
        { kind: 'read', providerId: 'wamid.A', noticeId: 'read' },
        { kind: 'delivered', providerId: 'wamid.A', noticeId: 'delivered' },
        { kind: 'delivered', providerId: 'wamid.B', noticeId: 'delivered' },
      ],
    },
  },
  {
    ...base,
    name: 'somebody writes to us',
    request: signed('0edf28cf6b997b24223bcfaba3ecdd5ab86f67390d07c8c80d385c953d143dab', {
      object: 'whatsapp_business_account',
      entry: [
        {
          id: '419561257915477',
          changes: [
            {
              value: {
                messaging_product: 'whatsapp',
                metadata: {
                  display_phone_number: '15550783881',
                  phone_number_id: '106540352242922',
                },
                contacts: [{ profile: { name: 'Sheena Nelson' }, wa_id: '16505551234' }],
                messages: [
                  {
                    from: '16505551234',
                    id: 'wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRBNjU5OUFFRTAzODEwMTQ0RgA=',
                    timestamp: '1749416383',
                    type: 'text',
                    text: { body: 'Does it come in another color?' },
                  },
                ],
              },
              field: 'messages',
            },
          ],
        },
      ],
    }),
    answer: { ok: true, receipts: [] },
  },
  {
    ...base,
    name: 'authentic, and no webhook payload',
    request: signed('db2b6091b5c7c29a64b54eeda9a94173c170a3b5bd0dfeefa5eb6f91293f9403', {
      object: 'whatsapp_business_account',
    }),
    answer: { ok: false, reason: 'malformed' },
  },
  {
    ...base,
    name: 'signed with another secret',
    request: signed('0'.repeat(64), payload(status('delivered'))),
    answer: { ok: false, reason: 'unauthenticated', detail: 'X-Hub-Signature-256' },
  },
  {
    ...base,
    name: 'no app secret in the integration',
    secrets: { verifyToken: 'a-text-of-our-choice' },
    request: signed('0'.repeat(64), payload(status('delivered'))),
    answer: { ok: false, reason: 'unauthenticated', detail: 'app secret' },
  },
  {
    ...base,
    name: 'the hook is entered in Meta’s console',
    request: { method: 'GET', url: `${challengeUrl}a-text-of-our-choice` },
    answer: {
      ok: true,
      receipts: [],
      reply: { status: 200, contentType: 'text/plain', body: '1158201444' },
    },
  },
  {
    ...base,
    name: 'a challenge with a wrong token',
    request: { method: 'GET', url: `${challengeUrl}guessed` },
    answer: { ok: false, reason: 'unauthenticated', detail: 'hub.verify_token' },
  },
  {
    ...base,
    name: 'a challenge that a browser could take for a page',
    request: {
      method: 'GET',
      url: `${challengeUrl.replace('1158201444', '%3Cscript%3E')}a-text-of-our-choice`,
    },
    answer: { ok: false, reason: 'malformed', detail: 'challenge' },
  },
]
