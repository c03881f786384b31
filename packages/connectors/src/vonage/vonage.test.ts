/** Vonage's own traits: HTTP 200 for everything, two alphabets, receipts that every message asks for. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs } from '@carillon/domain/clock'
import { exampleMessage, fakePeer, httpAnswer, peerContext, peerNow } from '../conformance-peer.ts'
import { isGsmText, smsSegments } from '../sms-text.ts'
import { sendOnce, textOf, verifyOnce } from '../try-connector.ts'
import { vonageErrors } from './error-map.ts'
import { connector } from './vonage.ts'

const given = {
  settings: { apiKey: 'a1b2c3d4', from: 'Shop' },
  secrets: { apiSecret: 'test-secret' },
}
const message = { to: '+393331234567' }
const taken = httpAnswer(200, '{"messages":[{"status":"0","message-id":"m1"}]}')

describe('the text', () => {
  test('of any length is at most ten SMS', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 3_000 }),
      fc.string({ unit: fc.constantFrom('a', '€', '['), minLength: 1, maxLength: 3_000 }),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { outcome, body } = await sendOnce(connector, {
          ...given,
          message: { ...message, content: { text } },
          reply: taken,
        })
        const said = textOf(body['text'])
        expect(said === '').toBe(outcome.kind === 'message_rejected')
        expect(smsSegments(said)).toBeLessThanOrEqual(10)
        expect(body['type'] ?? 'text').toBe(isGsmText(said) ? 'text' : 'unicode')
        expect(said.isWellFormed()).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('that is cut stays in the GSM alphabet, so that its end does not cost twice the price', async () => {
    const content = { text: 'a'.repeat(2_000) }
    const { body } = await sendOnce(connector, {
      ...given,
      message: { ...message, content },
      reply: taken,
    })
    expect(body).toMatchObject({ type: 'text', text: `${'a'.repeat(1_527)}...` })
  })
})

describe('the error map', () => {
  const rows = vonageErrors.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind, although HTTP says 200', async ({ code, outcome }) => {
    const body = JSON.stringify({ messages: [{ status: code, 'error-text': 'No' }] })
    const got = await sendOnce(connector, { ...given, message, reply: httpAnswer(200, body) })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test('reads an error without its list, too', async () => {
    const reply = httpAnswer(200, '{"status":"4","error-text":"Bad Credentials"}')
    const { outcome } = await sendOnce(connector, { ...given, message, reply })
    expect(outcome.kind).toBe('integration_rejected')
  })
})

test('without a hook token no receipts are asked for', async () => {
  const { body } = await sendOnce(connector, { ...given, message, reply: taken })
  expect(body).not.toHaveProperty('callback')
})

test.each([
  [1_000, '20000'],
  [3_600_000, '3600000'],
  [30 * 24 * 3_600_000, '604800000'],
])('a deadline in %i ms is a ttl of %s', async (leftMs, ttl) => {
  const peer = fakePeer({ http: taken, smtp: { kind: 'no_answer', message: 'not about mail' } })
  const sent = exampleMessage(message)
  const context = { ...peerContext(peer, sent, given), sendUntil: addMs(peerNow, leftMs) }
  await connector.send(sent, context)
  expect(new URLSearchParams(textOf(peer.requests[0]?.body)).get('ttl')).toBe(ttl)
})

describe('verify', () => {
  test('reads the balance', async () => {
    const reply = httpAnswer(200, '{"value":10.28,"autoReload":false}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'balance 10.28' })
    expect(requests).toMatchObject([
      { method: 'GET', url: 'https://rest.nexmo.com/account/get-balance' },
    ])
  })

  test('says that bad credentials are refused', async () => {
    const { verification } = await verifyOnce(connector, { ...given, reply: httpAnswer(401) })
    expect(verification).toMatchObject({ ok: false })
  })
})
