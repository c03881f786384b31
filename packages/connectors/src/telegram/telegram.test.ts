/** Telegram's own traits: text that always fits and never breaks the markup, a token that stays secret, addresses. */
import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { exampleMessage, fakePeer, httpAnswer, peerContext } from '../conformance-peer.ts'
import type { HttpReply } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { telegramErrors } from './error-map.ts'
import { connector } from './telegram.ts'

const anyObject = Type.Record(Type.String(), Type.Unknown())
const secrets = { botToken: '123456:TEST-token' }
const smtp = { kind: 'no_answer', message: 'not about mail' } as const
const sent = httpAnswer(200, '{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":7}}}')

type Sending = {
  readonly content?: { readonly title?: string; readonly text: string }
  readonly to?: string
  readonly reply?: HttpReply
  readonly settings?: { readonly parseMode?: 'HTML' | 'none' }
}

const sendOnce = async (sending: Sending) => {
  const peer = fakePeer({ http: sending.reply ?? sent, smtp })
  const message = exampleMessage({
    to: sending.to ?? '7',
    ...(sending.content === undefined ? {} : { content: sending.content }),
  })
  const context = peerContext(peer, message, { settings: sending.settings ?? {}, secrets })
  const outcome = await connector.send(message, context)
  const body = readJson(anyObject, String(peer.requests[0]?.body)) ?? {}
  return { outcome, requests: peer.requests, body }
}

/** What Telegram shows of our markup, or undefined when it could not be parsed. */
const shown = (markup: string): string | undefined => {
  const inner = markup.replace(/^<b>([^<>]*)<\/b>/, '$1')
  if (/[<>]|&(?!amp;|lt;|gt;)/.test(inner)) return undefined
  return inner.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6_000 }),
  fc.string({
    unit: fc.constantFrom('<', '>', '&', 'b', '/', '"', '\n', '😀', '\u{D800}'),
    maxLength: 6_000,
  }),
)

describe('the text', () => {
  test('is always markup that Telegram can parse, of at most 4,096 characters', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (title, text) => {
        const { outcome, body } = await sendOnce({ content: { title, text } })
        const seen = outcome.kind === 'accepted' ? shown(String(body['text'])) : ''
        expect(seen).toBeDefined()
        expect(seen === '').toBe(outcome.kind === 'message_rejected')
        expect(seen?.length).toBeLessThanOrEqual(4_096)
        expect(seen?.isWellFormed()).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('that fits is not cut, and one character more is', async () => {
    const fits = await sendOnce({ content: { text: 'x'.repeat(4_096) } })
    const tooLong = await sendOnce({ content: { text: 'x'.repeat(4_097) } })
    expect(fits.body['text']).toBe('x'.repeat(4_096))
    expect(tooLong.body['text']).toBe(`${'x'.repeat(4_095)}…`)
  })

  test('that is empty is refused here, without an exchange', async () => {
    const { outcome, requests } = await sendOnce({ content: { title: ' \n', text: ' ' } })
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toEqual([])
  })

  test('is one exchange, however long', async () => {
    const { requests } = await sendOnce({ content: { text: 'word '.repeat(5_000) } })
    expect(requests).toHaveLength(1)
  })
})

describe('the token', () => {
  test.each([
    { kind: 'not_sent', reason: 'dns', message: 'POST /bot123456:TEST-token/sendMessage failed' },
    { kind: 'no_answer', reason: 'reset', message: 'at /bot123456%3ATEST-token/sendMessage' },
    httpAnswer(500, 'no route for /bot123456:TEST-token/sendMessage'),
    httpAnswer(400, '{"ok":false,"error_code":400,"description":"123456:TEST-token"}'),
  ] as const)('is not readable in the outcome of $kind', async (reply) => {
    const { outcome } = await sendOnce({ reply })
    expect(JSON.stringify(outcome)).not.toContain('TEST-token')
    expect(JSON.stringify(outcome)).toContain('[redacted]')
  })
})

describe('the error map', () => {
  const rows = telegramErrors.map((row) => ({ ...row, says: row.says ?? 'something else' }))
  test.each(rows)('$code "$says" is $kind', async ({ code, says, kind, reason, suppress }) => {
    const description = `Prefix: ${says.toUpperCase()} (and more)`
    const reply = httpAnswer(code, JSON.stringify({ ok: false, error_code: code, description }))
    const { outcome } = await sendOnce({ reply })
    expect(outcome).toMatchObject({ kind, reason, providerMessage: description })
    expect('suppress' in outcome ? outcome.suppress : undefined).toBe(suppress)
  })

  test('a 403 that is not Telegram’s stops the integration instead of blaming the recipient', async () => {
    const { outcome } = await sendOnce({ reply: httpAnswer(403, '<h1>proxy says no</h1>') })
    expect(outcome.kind).toBe('integration_rejected')
  })
})

describe('an address', () => {
  test.each(['79001234', '-1001234567890', '@anna', '@ops_news2', ' 42 '])('%j is taken', (to) => {
    expect(connector.parseAddress(to)).toEqual({ ok: true, address: to.trim() })
  })

  test.each([
    '',
    '0',
    '007',
    '+39333',
    'anna',
    '@a',
    '@1abc',
    '@a b c d',
    '1e5',
    '9'.repeat(17),
    '@anna\n/x',
  ])('%j is refused', (to) => {
    expect(connector.parseAddress(to).ok).toBe(false)
  })
})

const verifyWith = async (reply: HttpReply) => {
  const peer = fakePeer({ http: reply, smtp })
  const context = peerContext(peer, exampleMessage({ to: '7' }), { settings: {}, secrets })
  return { verification: await connector.verify?.(context), requests: peer.requests }
}

describe('verify', () => {
  test('asks who the bot is and says its name', async () => {
    const { verification, requests } = await verifyWith(
      httpAnswer(
        200,
        '{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"C","username":"carillon_bot"}}',
      ),
    )
    expect(verification).toEqual({ ok: true, detail: '@carillon_bot' })
    expect(requests[0]?.url).toBe('https://api.telegram.org/bot123456:TEST-token/getMe')
  })

  test('says that a refused token is refused', async () => {
    const reply = httpAnswer(401, '{"ok":false,"error_code":401,"description":"Unauthorized"}')
    const { verification } = await verifyWith(reply)
    expect(verification).toEqual({
      ok: false,
      error: 'the bot token is refused',
      detail: 'Unauthorized',
    })
  })

  test('does not take any web page for a Bot API server', async () => {
    const { verification } = await verifyWith(httpAnswer(200, '<h1>Welcome</h1>'))
    expect(verification).toMatchObject({ ok: false })
  })
})

const document = vendorDocument('telegram.json')

describe.skipIf(!document.isThere)(
  `requests against the Bot API document${document.leftOut}`,
  () => {
    test.each(connector.examples)('$name', async (example) => {
      const requests = await exampleRequests(connector, example)
      expect(requests.flatMap(document.problems)).toEqual([])
    })
  },
)
