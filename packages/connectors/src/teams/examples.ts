/** Recorded posts to workflows (channels.md section 5). They are the conformance suite's material and the reference page's. */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { teamsSecrets, teamsSettings } from './settings.ts'

type TeamsExample = Example<Static<typeof teamsSettings>, Static<typeof teamsSecrets>>

const path =
  '/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=TEST-signature_0123456789-abcdefghijklmnopqrs'
const webhookUrl = `https://prod-12.westeurope.logic.azure.com:443${path}`
const base = { settings: {}, secrets: { webhookUrl }, message: { to: 'Operations' } }

const refused = (status: number, code: string, message: string) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: { code, message } }),
})

const block = (text: string, more: object = {}) => ({
  type: 'TextBlock',
  text,
  wrap: true,
  ...more,
})

export const teamsExamples: readonly TeamsExample[] = [
  {
    ...base,
    name: 'title, paragraphs and facts',
    message: {
      to: 'Operations',
      content: {
        title: 'Order paid',
        text: 'Order 42 was paid.\nThe parcel leaves today.\n\nCustomer: Zoë\nTotal: 12.50 EUR',
      },
    },
    request: {
      method: 'POST',
      url: `https://prod-12.westeurope.logic.azure.com${path}`,
      headers: {
        'content-type': 'application/json',
        'x-ms-client-tracking-id': 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
      },
      body: {
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive',
            contentUrl: null,
            content: {
              $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
              type: 'AdaptiveCard',
              version: '1.4',
              body: [
                block('Order paid', { size: 'Medium', weight: 'Bolder' }),
                block('Order 42 was paid.'),
                block('The parcel leaves today.', { spacing: 'None' }),
                {
                  type: 'FactSet',
                  facts: [
                    { title: 'Customer', value: 'Zoë' },
                    { title: 'Total', value: '12.50 EUR' },
                  ],
                },
              ],
            },
          },
        ],
      },
    },
    reply: { status: 202 },
    outcome: { kind: 'accepted', ids: [], httpStatus: 202 },
  },
  {
    ...base,
    name: 'the newer kind of URL',
    secrets: {
      webhookUrl:
        'https://default0123.45.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=2022-03-01-preview&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=TEST-signature',
    },
    reply: { status: 200 },
    outcome: { kind: 'accepted' },
  },
  {
    ...base,
    name: 'through a gateway',
    settings: { baseUrl: 'http://gateway.example.org:8080/teams/' },
    request: { url: `http://gateway.example.org:8080/teams${path}` },
    reply: { status: 202 },
    outcome: { kind: 'accepted' },
  },
  {
    ...base,
    name: 'words that look like markup stay words',
    message: {
      to: 'Operations',
      content: { text: '[bill](https://evil.example) *now* for order_paid' },
    },
    request: {
      body: {
        attachments: [
          {
            content: {
              body: [block(String.raw`\[bill\](https://evil.example) \*now\* for order_paid`)],
            },
          },
        ],
      },
    },
    reply: { status: 202 },
    outcome: { kind: 'accepted' },
  },
  {
    ...base,
    name: 'too fast',
    reply: { status: 429, headers: { 'retry-after': '20' } },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 20_000 },
  },
  {
    ...base,
    name: 'too fast, said inside a 200',
    reply: {
      status: 200,
      body: 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x',
    },
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000 },
  },
  {
    ...base,
    name: 'the gateway in front of the workflow fails',
    reply: { status: 502, body: '<html>' },
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'the card is refused',
    reply: refused(
      400,
      'TriggerInputSchemaMismatch',
      "The input body for trigger 'manual' did not match its schema",
    ),
    outcome: { kind: 'message_rejected', providerCode: 'TriggerInputSchemaMismatch' },
  },
  {
    ...base,
    name: 'the card is too large',
    reply: { status: 413 },
    outcome: { kind: 'message_rejected', reason: 'too large' },
  },
  {
    ...base,
    name: 'a wrong signature',
    reply: refused(
      401,
      'DirectApiAuthorizationRequired',
      'The request must be authenticated only by Shared Access scheme.',
    ),
    outcome: { kind: 'integration_rejected', reason: 'signature' },
  },
  {
    ...base,
    name: 'the workflow is switched off',
    reply: refused(400, 'WorkflowTriggerIsNotEnabled', 'The trigger is not enabled'),
    outcome: { kind: 'integration_rejected', reason: 'switched off' },
  },
  {
    ...base,
    name: 'the workflow is deleted',
    reply: refused(404, 'WorkflowNotFound', 'The workflow could not be found'),
    outcome: { kind: 'integration_rejected', reason: 'does not exist' },
  },
  {
    ...base,
    name: 'no answer',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
