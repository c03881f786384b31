/** Matrix's own traits: transaction ids, events that always fit, room ids in a path. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, textOf, verifyOnce } from '../try-connector.ts'
import { matrixErrors } from './error-map.ts'
import { connector } from './matrix.ts'

const given = {
  settings: { baseUrl: 'https://matrix.example.org/' },
  secrets: { accessToken: 'syt_test-token' },
}
const message = { to: '!room:example.org' }
const sent = httpAnswer(200, '{"event_id":"$1"}')

describe('an event', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 9_000 }),
    fc.constantFrom('"', '&', '\n', '\\', '\u0001', '😀', '\u2028').map((one) => one.repeat(9_000)),
  )

  test('always fits into 65,536 bytes with room for what the server adds, and has no markup of the text', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (title, text) => {
        const { outcome, body, requests } = await sendOnce(connector, {
          ...given,
          message: { ...message, content: { title, text } },
          reply: sent,
        })
        expect(textOf(body['body']) === '').toBe(outcome.kind === 'message_rejected')
        const bytes = Buffer.byteLength(
          typeof requests[0]?.body === 'string' ? requests[0].body : '',
        )
        expect(bytes).toBeLessThanOrEqual(63_000)
        const html = textOf(body['formatted_body']).replaceAll(/<br>|<\/?strong>/g, '')
        expect(html).not.toMatch(/[<>]/)
      }),
      { numRuns: 100 },
    )
  })

  test('has the delivery’s id as its transaction id, at every attempt', async () => {
    const runs = [1, 2].map((attempt) =>
      sendOnce(connector, { ...given, message: { ...message, attempt }, reply: sent }),
    )
    const urls = (await Promise.all(runs)).map(({ requests }) => requests[0]?.url)
    expect(urls[0]).toMatch(/\/send\/m\.room\.message\/dlv_01k6wq3z5h7n9b2d4f6g8j0m1p$/)
    expect(urls[1]).toBe(urls[0])
  })
})

describe('a room', () => {
  test.each([
    '!room:example.org',
    '!x1:[::1]:8008',
    '!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM',
  ])('%j is taken', (to) => {
    expect(connector.parseAddress(` ${to} `)).toEqual({ ok: true, address: to })
  })

  test.each(['', '#ops:example.org', '@anna:example.org', '!', '! a', '!ä:example.org'])(
    '%j is refused',
    (to) => {
      expect(connector.parseAddress(to).ok).toBe(false)
    },
  )

  test('with a path in its id stays one segment', async () => {
    const { requests } = await sendOnce(connector, {
      ...given,
      message: { to: '!../../admin?x=1#y' },
      reply: sent,
    })
    expect(requests[0]?.url).toContain('/rooms/!..%2F..%2Fadmin%3Fx%3D1%23y/send/')
  })
})

describe('the error map', () => {
  const rows = matrixErrors.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const reply = httpAnswer(400, JSON.stringify({ errcode: code, error: 'No' }))
    const got = await sendOnce(connector, { ...given, message, reply })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test.each([
    [1, 1_000],
    [5_500, 5_500],
    [9e15, 86_400_000],
  ])('a wait of %i ms is kept as %i', async (retry_after_ms, afterMs) => {
    const reply = httpAnswer(429, JSON.stringify({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms }))
    const got = await sendOnce(connector, { ...given, message, reply })
    expect(got.outcome).toMatchObject({ kind: 'retry', afterMs })
  })
})

describe('verify', () => {
  test('asks who the account is', async () => {
    const reply = httpAnswer(200, '{"user_id":"@carillon:example.org"}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: '@carillon:example.org' })
    expect(requests[0]?.url).toBe('https://matrix.example.org/_matrix/client/v3/account/whoami')
  })

  test('says that a refused token is refused', async () => {
    const reply = httpAnswer(401, '{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid access token"}')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({
      ok: false,
      error: 'the access token is refused',
      detail: 'Invalid access token',
    })
  })
})

const document = vendorDocument('matrix_room_send.json')

describe.skipIf(!document.isThere)(
  `requests against the Matrix specification${document.leftOut}`,
  () => {
    test.each(connector.examples)('$name', async (example) => {
      const requests = await exampleRequests(connector, example)
      expect(requests.flatMap(document.problems)).toEqual([])
      expect(requests).toHaveLength(1)
    })

    const accepted = connector.examples.filter(({ outcome }) => outcome.kind === 'accepted')
    test.each(accepted)('the answer of "$name" is one of the document', ({ reply }) => {
      const body = 'body' in reply ? reply.body : undefined
      const schema =
        '/paths/~1rooms~1{roomId}~1send~1{eventType}~1{txnId}/put/responses/200/content/application~1json/schema'
      expect(document.valueProblems(schema, JSON.parse(body ?? 'null'))).toEqual([])
    })
  },
)
