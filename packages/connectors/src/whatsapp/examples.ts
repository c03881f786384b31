/**
 * Recorded exchanges with the Cloud API, in the shapes of Meta's document (channels.md section 2,
 * openapi/meta_whatsapp_messages.json). They are the conformance suite's material and the reference page's.
 */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { whatsappSecrets, whatsappSettings } from './settings.ts'

type WhatsappExample = Example<Static<typeof whatsappSettings>, Static<typeof whatsappSecrets>>

const settings = { phoneNumberId: '106540352242922' }
const secrets = { accessToken: 'EAAG-test-token', appSecret: '0123456789abcdef' }
const message = { to: '+393331234567' }
const url = 'https://graph.facebook.com/v23.0/106540352242922/messages'
const headers = { 'content-type': 'application/json' }

const accepted = (status: string) => ({
  status: 200,
  headers,
  body: JSON.stringify({
    messaging_product: 'whatsapp',
    contacts: [{ input: '393331234567', wa_id: '393331234567' }],
    messages: [{ id: 'wamid.HBgMMzkzMzMxMjM0NTY3', message_status: status }],
  }),
})

type Refusal = { readonly status?: number; readonly details?: string; readonly more?: object }

/** A Graph API error as Meta prints it. */
const refusal = (code: number, text: string, { status = 400, details, more }: Refusal = {}) => ({
  status,
  headers,
  body: JSON.stringify({
    error: {
      message: `(#${code}) ${text}`,
      type: 'OAuthException',
      code,
      ...(details === undefined ? {} : { error_data: { messaging_product: 'whatsapp', details } }),
      fbtrace_id: 'AbCdEf',
      ...more,
    },
  }),
})

const templateSettings = {
  ...settings,
  template: {
    name: 'order_paid',
    language: 'en_US',
    parameters: ['{{ event.id }}', '{{ data.total }}', '{{ content.text }}'],
  },
}

const base = { settings, secrets, message }

export const whatsappExamples: readonly WhatsappExample[] = [
  {
    ...base,
    name: 'free text',
    message: { ...message, content: { title: 'Order paid', text: 'Order 42: 12.50 EUR' } },
    request: {
      method: 'POST',
      url,
      headers: { authorization: 'Bearer EAAG-test-token', 'content-type': 'application/json' },
      body: {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: '393331234567',
        type: 'text',
        text: { body: 'Order paid\n\nOrder 42: 12.50 EUR' },
        biz_opaque_callback_data: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
      },
    },
    reply: accepted('accepted'),
    outcome: { kind: 'accepted', ids: ['wamid.HBgMMzkzMzMxMjM0NTY3'], httpStatus: 200 },
  },
  {
    name: 'a template with parameters, to a number with separators',
    settings: templateSettings,
    secrets,
    message: { to: '0039 333 123-4567', content: { text: 'two\nlines' } },
    request: {
      url,
      body: {
        to: '393331234567',
        type: 'template',
        template: {
          name: 'order_paid',
          language: { code: 'en_US', policy: 'deterministic' },
          components: [
            {
              type: 'body',
              parameters: [
                { type: 'text', text: '42' },
                { type: 'text', text: '12.5' },
                { type: 'text', text: 'two lines' },
              ],
            },
          ],
        },
      },
    },
    reply: accepted('held_for_quality_assessment'),
    outcome: { kind: 'accepted', providerMessage: 'held_for_quality_assessment' },
  },
  {
    ...base,
    name: 'another version on another server, with a link preview',
    settings: {
      ...settings,
      apiVersion: 'v24.0',
      baseUrl: 'https://meta.example.org/',
      previewUrl: true,
    },
    message: { ...message, content: { text: 'https://example.org' } },
    request: {
      url: 'https://meta.example.org/v24.0/106540352242922/messages',
      body: { text: { body: 'https://example.org', preview_url: true } },
    },
    reply: accepted('accepted'),
    outcome: { kind: 'accepted' },
  },
  {
    name: 'a template parameter that can’t be rendered',
    settings: { ...settings, template: { name: 'x', language: 'it', parameters: ['{{ oops'] } },
    secrets,
    message,
    reply: accepted('accepted'),
    outcome: { kind: 'message_rejected', reason: 'template parameter' },
  },
  {
    ...base,
    name: 'too fast for the number: it pauses',
    reply: refusal(130_429, 'Rate limit hit', { status: 429, details: 'Message failed to send' }),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 60_000,
      httpStatus: 429,
      providerCode: '130429',
    },
  },
  {
    ...base,
    name: 'too fast, with a Retry-After',
    reply: {
      ...refusal(80_007, 'Rate limit issues'),
      headers: { ...headers, 'retry-after': '30' },
    },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 30_000 },
  },
  {
    ...base,
    name: 'too fast for one person: the advised wait grows',
    message: { ...message, attempt: 3 },
    reply: refusal(131_056, '(Business Account, Consumer Account) pair rate limit hit'),
    outcome: { kind: 'retry', scope: 'recipient', afterMs: 64_000 },
  },
  {
    ...base,
    name: 'expired token',
    reply: refusal(190, 'Error validating access token', { status: 401 }),
    outcome: { kind: 'integration_rejected', reason: 'token', providerCode: '190' },
  },
  {
    ...base,
    name: 'missing permission',
    reply: refusal(200, 'Permissions error', { status: 403 }),
    outcome: { kind: 'integration_rejected', reason: 'permission' },
  },
  {
    ...base,
    name: 'no valid payment method',
    reply: refusal(131_042, 'Business eligibility payment issue'),
    outcome: { kind: 'integration_rejected', reason: 'payment' },
  },
  {
    ...base,
    name: 'wrong phone number ID',
    reply: refusal(100, 'Unsupported post request', { more: { error_subcode: 33 } }),
    outcome: { kind: 'integration_rejected', reason: 'phone number ID' },
  },
  {
    ...base,
    name: 'spam quality limit',
    reply: refusal(131_048, 'Spam rate limit hit'),
    outcome: { kind: 'integration_rejected' },
  },
  {
    ...base,
    name: 'not on WhatsApp',
    reply: refusal(131_026, 'Message undeliverable'),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid' },
  },
  {
    ...base,
    name: 'opted out of marketing',
    reply: refusal(131_050, 'User has stopped receiving marketing messages'),
    outcome: { kind: 'recipient_rejected', suppress: 'unsubscribed' },
  },
  {
    ...base,
    name: 'outside the 24 hours',
    reply: refusal(131_047, 'Re-engagement message', {
      details: 'More than 24 hours have passed since the customer last replied',
    }),
    outcome: {
      kind: 'defer',
      afterMs: 86_400_000,
      providerMessage:
        '(#131047) Re-engagement message: More than 24 hours have passed since the customer last replied',
    },
  },
  {
    ...base,
    name: 'Meta’s cap on marketing to one person',
    reply: refusal(131_049, 'This message was not delivered to maintain healthy ecosystem'),
    outcome: { kind: 'defer', afterMs: 86_400_000 },
  },
  {
    ...base,
    name: 'part of an experiment',
    reply: refusal(130_472, 'User’s number is part of an experiment'),
    outcome: { kind: 'defer' },
  },
  {
    name: 'unknown template',
    settings: templateSettings,
    secrets,
    message,
    reply: refusal(132_001, 'Template name does not exist in the translation', { status: 404 }),
    outcome: { kind: 'message_rejected', reason: 'template', providerCode: '132001' },
  },
  {
    name: 'too few parameters for the template',
    settings: templateSettings,
    secrets,
    message,
    reply: refusal(132_000, 'Number of parameters does not match the expected number of params'),
    outcome: { kind: 'message_rejected', reason: 'parameters' },
  },
  {
    name: 'paused template',
    settings: templateSettings,
    secrets,
    message,
    reply: refusal(132_015, 'Template is paused'),
    outcome: { kind: 'integration_rejected', reason: 'template' },
  },
  {
    ...base,
    name: 'invalid parameter',
    reply: refusal(131_009, 'Parameter value is not valid', { details: 'text.body is wrong' }),
    outcome: { kind: 'message_rejected' },
  },
  {
    ...base,
    name: 'invalid parameter: the number',
    reply: refusal(100, 'Invalid parameter', { details: 'Param to is not valid' }),
    outcome: { kind: 'recipient_rejected' },
  },
  {
    ...base,
    name: 'Meta says that it is transient',
    reply: refusal(131_008, 'Required parameter is missing', { more: { is_transient: true } }),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'Meta says that it is not transient',
    reply: refusal(131_000, 'Something went wrong', {
      status: 500,
      more: { is_transient: false },
    }),
    outcome: { kind: 'message_rejected' },
  },
  {
    ...base,
    name: 'a hiccup',
    reply: refusal(131_016, 'Service unavailable', { status: 500 }),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'an unknown error for the third time may be the request’s fault',
    message: { ...message, attempt: 3 },
    reply: refusal(1, 'API Unknown', { status: 500 }),
    outcome: { kind: 'message_rejected' },
  },
  {
    ...base,
    name: 'a code that is not known goes by the status',
    reply: refusal(999_999, 'Something new', { status: 500 }),
    outcome: { kind: 'retry' },
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
