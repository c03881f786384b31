/**
 * Recorded exchanges with the e-mail API, in the shapes of its document (channels.md section 4,
 * openapi/azure_communication_email_2025-09-01.json). They are the conformance suite's material and the reference page's.
 */
import type { Example } from '../define-connector.ts'
import type { AzureSecrets, AzureSettings } from './call-azure.ts'

type AzureExample = Example<AzureSettings, AzureSecrets>

const settings = {
  endpoint: 'https://my-resource.communication.azure.com',
  sender: 'donotreply@shop.example.org',
}
const secrets = {
  accessKey: 'c2VjcmV0LWtleS1mb3ItdGVzdGluZy1vbmx5LTMyYnl0ZXMh',
  hookToken: 'test-hook-token-0123456789',
}
const message = { to: 'anna@example.org' }
const base = { settings, secrets, message }
/** The delivery of the examples, dlv_01k6wq3z5h7n9b2d4f6g8j0m1p. */
const operationId = '0199b971-fcb1-3d52-b134-8f3411205036'
const url = `${settings.endpoint}/emails:send?api-version=2025-09-01`

const answer = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const refused = (status: number, code: string, text: string, retryAfter?: string) =>
  answer(
    status,
    { error: { code, message: text } },
    { 'x-ms-error-code': code, ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }) },
  )

export const azureEmailExamples: readonly AzureExample[] = [
  {
    ...base,
    name: 'a mail with text and HTML',
    message: {
      ...message,
      content: { subject: 'Order 42', text: 'Paid.', html: '<p>Paid.</p>' },
    },
    request: {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'operation-id': operationId,
        'x-ms-date': 'Sun, 22 Nov 2026 10:00:00 GMT',
      },
      body: {
        senderAddress: 'donotreply@shop.example.org',
        content: { subject: 'Order 42', plainText: 'Paid.', html: '<p>Paid.</p>' },
        recipients: { to: [{ address: 'anna@example.org' }] },
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Carillon-Delivery': 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
        },
      },
    },
    reply: answer(
      202,
      { id: operationId, status: 'Running' },
      {
        'operation-location': `${settings.endpoint}/emails/operations/${operationId}?api-version=2025-09-01`,
        'retry-after': '30',
      },
    ),
    outcome: { kind: 'accepted', ids: [operationId], httpStatus: 202 },
  },
  {
    ...base,
    name: 'answers go elsewhere, through a gateway',
    settings: {
      ...settings,
      replyTo: 'help@shop.example.org',
      baseUrl: 'http://gateway.example.org:8080/acs/',
    },
    request: {
      url: 'http://gateway.example.org:8080/acs/emails:send?api-version=2025-09-01',
      body: { replyTo: [{ address: 'help@shop.example.org' }] },
    },
    reply: answer(202, { id: operationId, status: 'NotStarted' }),
    outcome: { kind: 'accepted', ids: [operationId] },
  },
  {
    ...base,
    name: 'a repetition that Azure takes',
    message: { ...message, attempt: 2, possibleDuplicate: true },
    reply: answer(202, { id: operationId, status: 'Succeeded' }),
    outcome: { kind: 'accepted', ids: [operationId] },
  },
  {
    ...base,
    name: 'the quota is used up: it pauses as long as Azure says',
    reply: refused(429, 'TooManyRequests', 'Rate limit exceeded', '3600'),
    outcome: {
      kind: 'retry',
      scope: 'integration',
      afterMs: 3_600_000,
      providerCode: 'TooManyRequests',
    },
  },
  {
    ...base,
    name: 'the quota is used up, without a wait',
    reply: refused(429, 'TooManyRequests', 'Rate limit exceeded'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000 },
  },
  {
    ...base,
    name: 'the service fails',
    reply: refused(500, 'InternalServerError', 'An internal error occurred'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'an address that Azure does not take',
    reply: refused(400, 'InvalidEmailAddress', 'Invalid format for the recipient address'),
    outcome: {
      kind: 'recipient_rejected',
      suppress: 'invalid',
      providerCode: 'InvalidEmailAddress',
    },
  },
  {
    ...base,
    name: 'a sender that Azure does not take',
    reply: refused(400, 'InvalidEmailAddress', 'Invalid format for the sender address'),
    outcome: { kind: 'integration_rejected', reason: 'sender' },
  },
  {
    ...base,
    name: 'an address that Azure suppresses',
    reply: answer(202, {
      id: operationId,
      status: 'Failed',
      error: { code: 'EmailDroppedAllRecipientsSuppressed', message: 'Message dropped' },
    }),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid' },
  },
  {
    ...base,
    name: 'a mail that is refused',
    reply: refused(400, 'BadRequest', 'Request body validation error'),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'a mail that is too large',
    reply: refused(413, 'RequestEntityTooLarge', 'The request is too large'),
    outcome: { kind: 'message_rejected' },
  },
  {
    ...base,
    name: 'a wrong access key',
    reply: refused(401, 'Denied', 'Denied by the resource provider.'),
    outcome: { kind: 'integration_rejected', reason: 'key', providerCode: 'Denied' },
  },
  {
    ...base,
    name: 'a domain that is not linked',
    reply: refused(404, 'DomainNotLinked', 'The specified sender domain has not been linked.'),
    outcome: { kind: 'integration_rejected', reason: 'domain' },
  },
  {
    ...base,
    name: 'an endpoint without e-mail',
    reply: { status: 404, body: 'Not Found' },
    outcome: { kind: 'integration_rejected', reason: 'endpoint' },
  },
  {
    ...base,
    name: 'no answer',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
