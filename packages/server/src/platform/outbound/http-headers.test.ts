import { startHttpSink } from '@carillon/testkit/http-sink'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wireHeaders } from './http-headers.ts'
import { createHttpOut } from './http-out.ts'

describe('headers', () => {
  test('are written in lower case, without outer space, with a user agent of ours', () => {
    expect(wireHeaders({ 'X-Key': ' \t a b ' }, 'Carillon')).toEqual({
      ok: true,
      list: ['x-key', 'a b', 'user-agent', 'Carillon'],
    })
  })

  test('keep the user agent that was given', () => {
    expect(wireHeaders({ 'User-Agent': 'mine' }, 'Carillon')).toEqual({
      ok: true,
      list: ['user-agent', 'mine'],
    })
  })

  test.each([
    ...'host Host content-length Transfer-Encoding connection te upgrade keep-alive'.split(' '),
    ...'proxy-authorization Proxy-Connection expect trailer'.split(' '),
  ])('that are ours are refused: %s', (name) => {
    expect(wireHeaders({ [name]: 'x' }, 'Carillon')).toMatchObject({ ok: false })
  })

  test.each(['', ' ', 'a b', 'a:', 'a\r\nb', 'a\u0000', 'é', 'a(', '"a"', 'ﬁ', 'K\u212a'])(
    'with the name %j are refused',
    (name) => {
      expect(wireHeaders({ [name]: 'x' }, 'Carillon')).toMatchObject({ ok: false })
    },
  )

  test.each(['a\r\nb: c', 'a\n', '\r', 'a\u0000b', '\u007f', '\u001b[0m', '€', '\ud800'])(
    'with the value %j are refused',
    (value) => {
      expect(wireHeaders({ a: value }, 'Carillon')).toMatchObject({ ok: false })
    },
  )

  test('given twice in different case are refused', () => {
    expect(wireHeaders({ a: '1', A: '2' }, 'Carillon')).toMatchObject({ ok: false })
  })
})

const out = createHttpOut({ allowPrivate: ['127.0.0.0/8'] })
const running: { sink?: Awaited<ReturnType<typeof startHttpSink>> } = {}
beforeAll(async () => {
  running.sink = await startHttpSink()
})
afterAll(() => Promise.all([out.close(), running.sink?.close()]))

const hostileText = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'Z', '-', ' ', '\t', ':', '\r', '\n', '\u0000') },
    {
      weight: 1,
      arbitrary: fc.constantFrom('é', '€', '\u0085', '\u2028', '\u010d', '\u010a', 'ÿ'),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 1 }) },
  ),
  maxLength: 12,
})
const hostileName = fc.oneof(
  hostileText,
  fc.constantFrom(
    'x-a',
    'X-B',
    'host',
    'content-length',
    'Transfer-Encoding',
    '__proto__',
    'cookie',
  ),
)
const plain = new Set(['host', 'connection', 'content-length', 'user-agent'])

test('hostile headers are either not sent or arrive as exactly those headers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(hostileName, hostileText), { maxLength: 4 }),
      async (pairs) => {
        const { sink } = running
        if (sink === undefined) throw new Error('the sink is not running')
        const before = sink.requests.length
        const headers: Record<string, string> = Object.fromEntries(pairs)
        const reply = await out.port.request(
          { method: 'POST', url: `${sink.url}/x`, headers, body: 'body' },
          new AbortController().signal,
        )
        const isSent = reply.kind !== 'not_sent'
        const outcome = reply.kind === 'response' ? reply.status : reply.kind
        expect([200, 'not_sent']).toContain(outcome)
        expect(sink.requests.length - before).toBe(isSent ? 1 : 0)
        if (!isSent) return
        const request = sink.requests[before]
        expect(request).toMatchObject({ method: 'POST', path: '/x', body: 'body' })
        const raw = request?.rawHeaders ?? []
        const arrived = raw.flatMap((name, at) =>
          at % 2 === 0 && !plain.has(name) ? [[name, raw[at + 1]]] : [],
        )
        const sent = Object.keys(headers)
          .map((name) => [name.toLowerCase(), headers[name]?.replace(/^[\t ]+|[\t ]+$/g, '')])
          .filter(([name = '']) => !plain.has(name))
        expect(arrived).toEqual(sent)
      },
    ),
    { numRuns: 1_500 },
  )
})
