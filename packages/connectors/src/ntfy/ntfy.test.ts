/** ntfy's own traits: topics, a limit in bytes, a table of codes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, textOf, verifyOnce } from '../try-connector.ts'
import { ntfyErrors } from './error-map.ts'
import { connector } from './ntfy.ts'

const given = { settings: {}, secrets: { token: 'tk_test-token' } }
const message = { to: 'ops' }
const published = httpAnswer(200, '{"id":"a1","topic":"ops"}')

describe('the message', () => {
  test('of any length has at most 4,096 bytes and is never empty', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.string({ unit: 'binary', maxLength: 5_000 }),
        async (title, text) => {
          const { outcome, body } = await sendOnce(connector, {
            ...given,
            message: { ...message, content: { title, text } },
            reply: published,
          })
          const said = textOf(body['message'])
          expect(said === '').toBe(outcome.kind === 'message_rejected')
          expect(Buffer.byteLength(said)).toBeLessThanOrEqual(4_096)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('is the title when there is no text, instead of ntfy’s own "triggered"', async () => {
    const content = { title: 'Backup is done', text: '' }
    const { body } = await sendOnce(connector, {
      ...given,
      message: { ...message, content },
      reply: published,
    })
    expect(body['message']).toBe('Backup is done')
  })
})

describe('the error map', () => {
  const rows = ntfyErrors.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const http = Number(code.slice(0, 3))
    const reply = httpAnswer(http, JSON.stringify({ code: Number(code), http, error: 'no' }))
    const got = await sendOnce(connector, { ...given, message, reply })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'no' })
  })

  test('leaves the rest to the status: a bad request is the message’s fault', async () => {
    const reply = httpAnswer(400, '{"code":40007,"http":400,"error":"invalid priority"}')
    const got = await sendOnce(connector, { ...given, message, reply })
    expect(got.outcome.kind).toBe('message_rejected')
  })
})

describe('a topic', () => {
  test.each(['ops', 'a-b_C9', 'x'.repeat(64)])('%j is taken', (to) => {
    expect(connector.parseAddress(` ${to} `)).toEqual({ ok: true, address: to })
  })

  test.each(['', 'a/b', 'a b', '../x', 'x'.repeat(65), 'büro'])('%j is refused', (to) => {
    expect(connector.parseAddress(to).ok).toBe(false)
  })
})

describe('verify', () => {
  test('asks whose token it is', async () => {
    const reply = httpAnswer(200, '{"username":"carillon","role":"user"}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'carillon' })
    expect(requests).toMatchObject([
      {
        url: 'https://ntfy.sh/v1/account',
        headers: { authorization: 'Bearer tk_test-token' },
      },
    ])
  })

  test('says that a refused token is refused', async () => {
    const reply = httpAnswer(401, '{"code":40101,"http":401,"error":"unauthorized"}')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false, error: 'the access token is refused' })
  })

  test('does not take any web page for ntfy', async () => {
    const { verification } = await verifyOnce(connector, { ...given, reply: httpAnswer(200, '{}') })
    expect(verification).toEqual({ ok: false, error: 'not an answer of an ntfy server' })
  })
})
