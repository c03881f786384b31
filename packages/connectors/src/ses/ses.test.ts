/** SES's own traits: exceptions in headers, names beyond ASCII, a signature that stays out of every text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { mailSettings } from '../mail-api-example.ts'
import { callHook, sendOnce, verifyOnce } from '../try-connector.ts'
import { encodedWord } from './encoded-word.ts'
import { sesErrors } from './error-map.ts'
import { connector } from './ses.ts'

const given = {
  settings: { ...mailSettings, region: 'eu-south-1' },
  secrets: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret-access-key' },
}
const message = { to: 'anna@example.net' }

describe('the error map', () => {
  const plain = sesErrors.filter(({ says }) => says === undefined)
  const rows = plain.flatMap(({ codes, outcome }, at) =>
    (codes ?? [])
      .filter((code) => !plain.slice(0, at).some((row) => row.codes?.includes(code)))
      .map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const reply = httpAnswer(400, '{"message":"No"}', { 'x-amzn-errortype': `${code}:http://x/` })
    const got = await sendOnce(connector, { ...given, message, reply })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test('does not take an exception’s name for more than it is: a 200 is read first', async () => {
    const reply = httpAnswer(200, '{"MessageId":"m1"}', { 'x-amzn-errortype': 'MessageRejected' })
    const { outcome } = await sendOnce(connector, { ...given, message, reply })
    expect(outcome).toMatchObject({ kind: 'accepted', ids: ['m1'] })
  })
})

test('the signature and its parts are not readable in an outcome', async () => {
  const first = await sendOnce(connector, { ...given, message })
  const authorization = first.requests[0]?.headers?.['authorization'] ?? ''
  const signature = /Signature=(\w+)/.exec(authorization)?.[1] ?? 'none'
  expect(signature).toHaveLength(64)
  const { outcome } = await sendOnce(connector, {
    ...given,
    message,
    reply: httpAnswer(400, `it failed with ${authorization}`),
  })
  expect(JSON.stringify(outcome)).not.toContain(signature)
})

describe('an encoded word', () => {
  const decoded = (text: string): string =>
    text
      .split(' ')
      .map((word) => /^=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=$/.exec(word)?.[1] ?? 'not one')
      .map((base64) => Buffer.from(base64, 'base64').toString())
      .join('')

  test('can be read again, is never longer than 75 characters and splits no character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const words = encodedWord(text)
        expect(decoded(words)).toBe(text.toWellFormed())
        expect(Math.max(...words.split(' ').map(({ length }) => length))).toBeLessThanOrEqual(75)
      }),
    )
  })
})

describe('verify', () => {
  test('reads the account and says its limits', async () => {
    const reply = httpAnswer(
      200,
      '{"SendingEnabled":true,"ProductionAccessEnabled":false,"SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":0}}',
    )
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({
      ok: true,
      detail: 'in the sandbox, 200 mails in 24 hours, 1 a second',
    })
    expect(requests).toMatchObject([
      { method: 'GET', url: 'https://email.eu-south-1.amazonaws.com/v2/email/account' },
    ])
  })

  test('says that a wrong key is refused', async () => {
    const reply = httpAnswer(403, '{"message":"The security token is invalid."}', {
      'x-amzn-errortype': 'UnrecognizedClientException',
    })
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({
      ok: false,
      error: 'the access key is refused or lacks a right',
    })
  })
})

test('what is no event of SES is malformed, however it is wrapped', () => {
  const secrets = { hookToken: 'a-token-of-the-hook' }
  const query = { token: secrets.hookToken }
  const bodies = [{}, { source: 'aws.ses', detail: {} }, { Type: 'Notification', Message: '{' }]
  const answers = bodies.map((body) => callHook(connector, { ...given, secrets }, { query, body }))
  expect(answers.map((answer) => answer?.ok)).toEqual([false, false, false])
})

const document = vendorDocument('aws_sesv2_send.json', {
  // † Headers of simple messages came in 2024, after the document.
  alsoNamed: ['/Content/Simple/Headers'],
})

describe.skipIf(!document.isThere)(`requests against AWS's document${document.leftOut}`, () => {
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
