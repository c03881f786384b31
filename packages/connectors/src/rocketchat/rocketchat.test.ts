/** Rocket.Chat's own traits: messages under ids of ours, texts that call nobody, requests as the document has them. */
import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { readJson } from '../read-json.ts'
import { sendOnce, verifyOnce } from '../try-connector.ts'
import { connector } from './rocketchat.ts'

const given = {
  settings: { baseUrl: 'https://chat.example.org/', userId: 'u1' },
  secrets: { authToken: 'test-token' },
}
const sent = httpAnswer(200, '{"success":true,"message":{"_id":"m1"}}')
const sentBody = Type.Object({ message: Type.Object({ msg: Type.String() }) })

const textFor = async (content: { readonly title?: string; readonly text: string }) => {
  const message = { to: 'GENERAL', content }
  const { requests } = await sendOnce(connector, { ...given, message, reply: sent })
  const body = requests[0]?.body
  return readJson(sentBody, typeof body === 'string' ? body : '')?.message.msg
}

test('no text calls everybody, and none is longer than 5,000 characters', async () => {
  const hostile = fc.array(fc.constantFrom('@all ', '@here', '@HERE!', 'x@all', 'word '), {
    maxLength: 1_500,
  })
  await fc.assert(
    fc.asyncProperty(hostile, async (words) => {
      const text = await textFor({ title: '@all', text: words.join('') })
      expect(text).not.toMatch(/@(?:all|here)\b/i)
      expect(text?.length).toBeLessThanOrEqual(5_000)
    }),
    { numRuns: 50 },
  )
})

test.each(['GENERAL', 'LnCSJxxNkCy6K9X8X', ' x1 '])('%j is a room', (to) => {
  expect(connector.parseAddress(to)).toEqual({ ok: true, address: to.trim() })
})

test.each(['', '#general', '@anna', 'a b', '../x'])('%j is none', (to) => {
  expect(connector.parseAddress(to).ok).toBe(false)
})

describe('verify', () => {
  test('asks whose token it is', async () => {
    const reply = httpAnswer(200, '{"success":true,"username":"carillon"}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'carillon' })
    expect(requests).toMatchObject([{ url: 'https://chat.example.org/api/v1/me' }])
  })

  test('says that a refused token is refused', async () => {
    const reply = httpAnswer(401, '{"status":"error","message":"You must be logged in"}')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false })
  })
})

const document = vendorDocument('rocketchat_chat.json', {
  // The server takes the id from its own clients, which the document does not say [RC].
  alsoNamed: ['/message/_id'],
})

describe.skipIf(!document.isThere)(`requests against the document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })
})
