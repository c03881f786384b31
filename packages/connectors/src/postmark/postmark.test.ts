/** Postmark's own traits: codes with status 422, inactive recipients behind a success, hooks that nobody signs. */
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { mailSettings } from '../mail-api-example.ts'
import { callHook, sendOnce, verifyOnce } from '../try-connector.ts'
import { postmarkErrors } from './error-map.ts'
import { connector } from './postmark.ts'

const given = { settings: mailSettings, secrets: { serverToken: 'test-token' } }
const message = { to: 'anna@example.net' }

describe('the error map', () => {
  const plain = postmarkErrors.filter(({ says }) => says === undefined)
  const rows = plain.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const body = JSON.stringify({ ErrorCode: Number(code), Message: 'No' })
    const got = await sendOnce(connector, { ...given, message, reply: httpAnswer(422, body) })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test.each([
    ["Invalid 'To' address: 'x'.", 'recipient_rejected'],
    ["Invalid 'From' address: 'x'.", 'integration_rejected'],
    ["Error parsing 'Reply-To': Illegal email domain", 'integration_rejected'],
  ])('300 that says %j is %s', async (Message, kind) => {
    const reply = httpAnswer(422, JSON.stringify({ ErrorCode: 300, Message }))
    const { outcome } = await sendOnce(connector, { ...given, message, reply })
    expect(outcome.kind).toBe(kind)
  })

  test('a code that is not in it leaves the matter to the status', async () => {
    const reply = httpAnswer(422, '{"ErrorCode":9999,"Message":"new"}')
    const { outcome } = await sendOnce(connector, { ...given, message, reply })
    expect(outcome.kind).toBe('message_rejected')
  })
})

test('a delayed message is an accepted one', async () => {
  const Message = 'Message accepted, but delivery may be delayed.'
  const reply = httpAnswer(200, JSON.stringify({ ErrorCode: 0, Message, MessageID: 'a-b-c' }))
  const { outcome } = await sendOnce(connector, { ...given, message, reply })
  expect(outcome).toMatchObject({ kind: 'accepted', ids: ['a-b-c'] })
})

test('a hook token is made when there is none: 192 bits, as they stand in a URL', () => {
  const made = connector.generateSecrets?.((n) => new Uint8Array(n).fill(255))
  expect(made).toEqual({ hookToken: '_'.repeat(32) })
})

test('the hook is closed without a token of ours, whatever the caller brings', () => {
  const call = { query: { token: '' }, body: { RecordType: 'Delivery', MessageID: 'a' } }
  expect(callHook(connector, given, call)).toMatchObject({ ok: false, reason: 'unauthenticated' })
  const secrets = { hookToken: '' }
  expect(callHook(connector, { ...given, secrets }, call)).toMatchObject({ ok: false })
})

describe('verify', () => {
  test('reads the server’s name', async () => {
    const reply = httpAnswer(200, '{"ID":1,"Name":"Shop mails","ApiTokens":["test-token"]}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'Shop mails' })
    expect(requests).toMatchObject([{ method: 'GET', url: 'https://api.postmarkapp.com/server' }])
  })

  test('says that a refused token is refused', async () => {
    const reply = httpAnswer(401, '{"ErrorCode":10,"Message":"No Account or Server API tokens"}')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false, error: 'the server token is refused' })
  })
})

const document = vendorDocument('postmark_email.json', {
  // The document is of 2017; metadata and message streams are newer [PMO].
  alsoNamed: ['/Metadata', '/MessageStream'],
})

describe.skipIf(!document.isThere)(
  `requests against Postmark's document${document.leftOut}`,
  () => {
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
  },
)
