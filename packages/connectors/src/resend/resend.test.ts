/** Resend's own traits: the same request at every attempt, the table of names, a key that may only send. */
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { mailSettings } from '../mail-api-example.ts'
import { callHook, sendOnce, verifyOnce } from '../try-connector.ts'
import { resendErrors } from './error-map.ts'
import { connector } from './resend.ts'

const given = { settings: mailSettings, secrets: { apiKey: 're_test-key' } }
const message = { to: 'anna@example.net' }

const refusal = (status: number, name: string, words: string) =>
  httpAnswer(status, JSON.stringify({ statusCode: status, name, message: words }))

describe('the error map', () => {
  const plain = resendErrors.filter(({ says }) => says === undefined)
  const rows = plain.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const got = await sendOnce(connector, { ...given, message, reply: refusal(400, code, 'No') })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test.each([
    ['The shop.example domain is not verified. Please verify it.', 'integration_rejected'],
    ['You can only send testing emails to your own email address.', 'integration_rejected'],
    ['Invalid `to` field.', 'recipient_rejected'],
    ['Invalid `html` field.', 'message_rejected'],
  ])('a validation_error that says %j is %s, and suppresses nobody', async (words, kind) => {
    const reply = refusal(403, 'validation_error', words)
    const { outcome } = await sendOnce(connector, { ...given, message, reply })
    expect(outcome.kind).toBe(kind)
    expect(outcome).not.toHaveProperty('suppress')
  })
})

test('a text that is missing is the subject: no part is empty', async () => {
  const content = { subject: 'Hello', text: '' }
  const { body } = await sendOnce(connector, { ...given, message: { ...message, content } })
  expect(body).toMatchObject({ subject: 'Hello', text: 'Hello' })
})

describe('verify', () => {
  test('reads the domains', async () => {
    const reply = httpAnswer(200, '{"data":[{"name":"example.org"},{"name":"example.com"}]}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'example.org, example.com' })
    expect(requests).toMatchObject([{ method: 'GET', url: 'https://api.resend.com/domains' }])
  })

  test('takes a key that may only send for a good one', async () => {
    const reply = refusal(
      401,
      'restricted_api_key',
      'This API key is restricted to only send emails',
    )
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'a key for sending only' })
  })

  test('says that a refused key is refused', async () => {
    const reply = refusal(403, 'invalid_api_key', 'API key is invalid')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false, error: 'the API key is refused' })
  })
})

test('without a signing secret nobody is believed', () => {
  const answer = callHook(connector, given, { body: { type: 'email.delivered' } })
  expect(answer).toMatchObject({ ok: false, reason: 'unauthenticated' })
})

const document = vendorDocument('resend_emails.json')

describe.skipIf(!document.isThere)(`requests against Resend's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })

  const accepted = connector.examples.filter(({ outcome }) => outcome.kind === 'accepted')
  test.each(accepted)('the answer of "$name" is one of the document', ({ reply }) => {
    const body = 'body' in reply ? reply.body : undefined
    const schema = '/components/schemas/SendEmailResponse'
    expect(document.valueProblems(schema, JSON.parse(body ?? 'null'))).toEqual([])
  })
})
