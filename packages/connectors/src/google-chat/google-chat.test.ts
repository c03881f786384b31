/** Google Chat's own traits: markup without an escape, a URL whose query is the secret, requests as the document has them. */
import fc from 'fast-check'
import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, textOf } from '../try-connector.ts'
import { connector } from './google-chat.ts'

const webhookUrl = 'https://chat.googleapis.com/v1/spaces/A/messages?key=hush-key&token=hush-token'
const given = { settings: {}, secrets: { webhookUrl } }
const posted = httpAnswer(200, '{"name":"spaces/A/messages/1"}')

test('no text is a mention or a hidden link, and none is longer than 4,096 characters', async () => {
  const hostile = fc.string({
    unit: fc.constantFrom('<users/all>', '<https://a.example|b>', '<', 'a', '*', '😀'),
    maxLength: 1_000,
  })
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (title, text) => {
      const message = { to: 'ops', content: { title, text } }
      const { outcome, body } = await sendOnce(connector, { ...given, message, reply: posted })
      const said = textOf(body['text'])
      expect(said === '').toBe(outcome.kind === 'message_rejected')
      expect(said).not.toMatch(/<[A-Za-z]/)
      expect(said.length).toBeLessThanOrEqual(4_096)
      expect(said.isWellFormed()).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test.each(['key=hush-key failed', 'token%3Dhush-token', `GET ${webhookUrl}`])(
  'neither key nor token is readable after the answer %j',
  async (answer) => {
    const reply = httpAnswer(500, answer)
    const { outcome } = await sendOnce(connector, { ...given, message: { to: 'ops' }, reply })
    expect(JSON.stringify(outcome)).not.toMatch(/hush/)
  },
)

test.each([
  ['', false],
  ['?', false],
  ['?key=a&token=b', true],
  ['?key=a#b', false],
])('the query %j of a webhook is taken: %s', (query, isTaken) => {
  const url = `https://chat.googleapis.com/v1/spaces/A/messages${query}`
  expect(Check(connector.secrets, { webhookUrl: url })).toBe(isTaken)
})

const document = vendorDocument('google_chat_messages.json', {
  // Webhooks bring key and token instead of OAuth; the document is about the API.
  amendments: {
    '/paths/~1v1~1{parent}~1messages/post/security': [],
    '/paths/~1v1~1{parent}~1messages/post/parameters/0': {
      in: 'query',
      name: 'token',
      schema: { type: 'string' },
    },
  },
})

describe.skipIf(!document.isThere)(`requests against Google's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })
})
