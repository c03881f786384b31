/** Gotify's own traits: a message is never empty, and a token is tried without sending one. */
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, verifyOnce } from '../try-connector.ts'
import { connector } from './gotify.ts'

const given = {
  settings: { baseUrl: 'https://gotify.example.org/' },
  secrets: { appToken: 'A-test-token' },
}
const posted = httpAnswer(200, '{"id":25,"appid":5,"message":"x","date":"2026-11-22T10:00:00Z"}')

const refusal = (errorCode: number, errorDescription: string) =>
  httpAnswer(errorCode, JSON.stringify({ error: 'No', errorCode, errorDescription }))

test('a title without a text is the message', async () => {
  const message = { to: 'phone', content: { title: 'Backup is done', text: ' ' } }
  const { body } = await sendOnce(connector, { ...given, message, reply: posted })
  expect(body).toMatchObject({ title: 'Backup is done', message: 'Backup is done' })
})

test('an empty message is refused here, without an exchange', async () => {
  const message = { to: 'phone', content: { text: ' \n' } }
  const { outcome, requests } = await sendOnce(connector, { ...given, message, reply: posted })
  expect(outcome.kind).toBe('message_rejected')
  expect(requests).toEqual([])
})

describe('verify', () => {
  test('sends a message without its text, which only an accepted token gets refused', async () => {
    const reply = refusal(400, 'Field message is required')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true })
    expect(requests).toMatchObject([{ url: 'https://gotify.example.org/message', body: '{}' }])
  })

  test('says that a refused token is refused', async () => {
    const reply = refusal(401, 'you need to provide a valid access token')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false, error: 'the application token is refused' })
  })

  test('does not take any web page for Gotify', async () => {
    const { verification } = await verifyOnce(connector, { ...given, reply: httpAnswer(200, 'hi') })
    expect(verification).toEqual({ ok: false, error: 'not an answer of a Gotify server' })
  })
})

const document = vendorDocument('gotify_message.json')

describe.skipIf(!document.isThere)(`requests against Gotify's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })

  const accepted = connector.examples.filter(({ outcome }) => outcome.kind === 'accepted')
  test.each(accepted)('the answer of "$name" is one of the document', ({ reply }) => {
    const body = 'body' in reply ? reply.body : undefined
    const schema = '/definitions/Message'
    expect(document.valueProblems(schema, JSON.parse(body ?? 'null'))).toEqual([])
  })
})
