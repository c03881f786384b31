import type { HttpReply } from '@carillon/connectors/http-port'
import { type SinkAnswer, type SinkRequest, startHttpSink } from '@carillon/testkit/http-sink'
import { listenOnLoopback } from '@carillon/testkit/listen-on-loopback'
import { selfSignedCertificate } from '@carillon/testkit/self-signed-certificate'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type HttpOut, type HttpOutOptions, createHttpOut } from './http-out.ts'

const loopback = ['127.0.0.0/8', '::1/128']
const opened: HttpOut[] = []
const never = new AbortController().signal

const open = (options: Partial<HttpOutOptions> = {}): HttpOut => {
  const out = createHttpOut({ allowPrivate: loopback, ...options })
  opened.push(out)
  return out
}

const toLoopback = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])

/** Never answers the first path. */
const stuckOnFirst = (request: SinkRequest): Promise<SinkAnswer> =>
  request.path === '/first' ? new Promise(() => {}) : Promise.resolve({})

const get = (out: HttpOut, url: string, timeoutMs = 2_000): Promise<HttpReply> =>
  out.port.request({ method: 'GET', url, timeoutMs }, never)

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(opened.splice(0).map((out) => out.close()))
})

describe('a request', () => {
  test('arrives as it was given, and the answer comes back', async () => {
    await using sink = await startHttpSink(() => ({
      status: 202,
      headers: { 'X-Id': '7', 'set-cookie': ['a=1', 'b=2'] },
      body: '{"ok":"sì"}',
    }))
    const reply = await open().port.request(
      {
        method: 'POST',
        url: `${sink.url}/hook?x=1&y=%20#part`,
        headers: { 'content-type': 'application/json', 'X-Key': ' k ' },
        body: '{"n":"è"}',
      },
      never,
    )
    expect(reply).toMatchObject({
      kind: 'response',
      status: 202,
      body: '{"ok":"sì"}',
      truncated: false,
      headers: { 'x-id': '7', 'set-cookie': 'a=1, b=2' },
    })
    const [request] = sink.requests
    expect(request).toMatchObject({
      method: 'POST',
      path: '/hook?x=1&y=%20',
      body: '{"n":"è"}',
      headers: {
        'content-type': 'application/json',
        'x-key': 'k',
        'user-agent': 'Carillon',
        'content-length': '10',
        host: `127.0.0.1:${sink.port}`,
      },
    })
  })

  test('may carry bytes', async () => {
    await using sink = await startHttpSink()
    const body = new Uint8Array(Buffer.from('xxbytesxx')).subarray(2, 7)
    await open().port.request({ method: 'PUT', url: sink.url, body }, never)
    expect(sink.requests[0]?.body).toBe('bytes')
  })

  test('reuses connections and brings no cookie along', async () => {
    await using sink = await startHttpSink(() => ({ headers: { 'set-cookie': 'id=1' } }))
    const out = open()
    for (let n = 0; n < 5; n += 1) await get(out, sink.url)
    // Two and not one: undici keeps a connection to itself for one turn of the event loop after an answer.
    expect(sink.accepted()).toBeLessThanOrEqual(2)
    expect(sink.requests[4]?.headers['cookie']).toBeUndefined()
  })

  test('goes straight to the target whatever the proxy variables say', async () => {
    await using proxy = await startHttpSink()
    await using sink = await startHttpSink()
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      vi.stubEnv(name, proxy.url)
    }
    vi.stubEnv('NODE_USE_ENV_PROXY', '1')
    expect(await get(open(), sink.url)).toMatchObject({ kind: 'response', status: 200 })
    expect(proxy.accepted()).toBe(0)
    expect(sink.accepted()).toBe(1)
  })

  test('uses at most the connections it may', async () => {
    await using sink = await startHttpSink()
    const out = open({ maxConnectionsPerOrigin: 3 })
    await Promise.all(Array.from({ length: 30 }, () => get(out, sink.url)))
    expect(sink.requests).toHaveLength(30)
    expect(sink.accepted()).toBe(3)
  })

  test('works for more origins than are remembered', async () => {
    await using one = await startHttpSink()
    await using two = await startHttpSink()
    await using three = await startHttpSink()
    const out = open({ maxOrigins: 2 })
    for (const sink of [one, two, three, one, two, three]) {
      expect(await get(out, sink.url)).toMatchObject({ kind: 'response', status: 200 })
    }
    expect(one.accepted() + two.accepted() + three.accepted()).toBe(6)
  })

  test('may ask for more of the answer, up to 32 MiB, and for its bytes as they came', async () => {
    const sent = Buffer.alloc(200_000, 0xff)
    await using sink = await startHttpSink(() => ({ body: sent }))
    const ask = async (maxBytes: number): Promise<HttpReply> => {
      const request = { method: 'GET', url: sink.url, maxBytes, as: 'bytes' } as const
      return await open().port.request(request, never)
    }
    const [all, part] = [await ask(1_000_000), await ask(1_000)]
    expect(all).toMatchObject({ kind: 'response', truncated: false, body: '' })
    expect(all.kind === 'response' && Buffer.from(all.bytes ?? []).equals(sent)).toBe(true)
    expect(part).toMatchObject({ truncated: true, bytes: { length: 1_000 } })
  })

  test.each([
    [65_535, 65_535, false],
    [65_536, 65_536, false],
    [65_537, 65_536, true],
    [5_000_000, 65_536, true],
  ])('that is answered with %i bytes hands on %i', async (sent, read, truncated) => {
    await using sink = await startHttpSink(() => ({ body: 'x'.repeat(sent) }))
    const reply = await get(open(), sink.url)
    expect(reply).toMatchObject({ kind: 'response', status: 200, truncated })
    expect(reply.kind === 'response' && reply.body.length).toBe(read)
  })

  test('hands on no half character when it cuts the body', async () => {
    await using sink = await startHttpSink(() => ({ body: `x${'€'.repeat(30_000)}` }))
    const reply = await get(open(), sink.url)
    expect(reply.kind === 'response' && reply.body).toBe(`x${'€'.repeat(21_845)}`)
  })

  test('is not sent any more after close', async () => {
    await using sink = await startHttpSink()
    const out = open()
    await out.close()
    expect(await get(out, sink.url)).toMatchObject({ kind: 'not_sent', reason: 'aborted' })
    expect(sink.accepted()).toBe(0)
  })
})

describe('a connection that does not come about', () => {
  test('is not_sent/connect when the port is closed', async () => {
    const sink = await startHttpSink()
    await sink.close()
    expect(await get(open(), sink.url)).toMatchObject({ kind: 'not_sent', reason: 'connect' })
  })

  test('is not_sent/dns when the name is unknown', async () => {
    const out = open({ resolve: () => Promise.reject(new Error('ENOTFOUND')) })
    const reply = await get(out, 'http://nowhere.example/')
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'dns' })
    expect(reply).toHaveProperty('message', expect.stringContaining('nowhere.example'))
  })

  test('is not_sent/dns when the resolver hangs', async () => {
    const out = open({ resolve: () => new Promise(() => {}), connectTimeoutMs: 100 })
    expect(await get(out, 'http://slow.example/')).toMatchObject({
      kind: 'not_sent',
      reason: 'dns',
    })
  })

  test('is not_sent/connect when nobody answers from there', async () => {
    const out = open({ allowPrivate: ['192.0.2.0/24'], connectTimeoutMs: 150 })
    expect(await get(out, 'http://192.0.2.1:9/')).toMatchObject({
      kind: 'not_sent',
      reason: 'connect',
    })
  })

  test('is not_sent/connect when the whole time ran out while waiting for a free one', async () => {
    await using sink = await startHttpSink(stuckOnFirst)
    const out = open({ maxConnectionsPerOrigin: 1 })
    const first = get(out, `${sink.url}/first`, 400)
    await sink.received(1)
    expect(await get(out, `${sink.url}/second`, 100)).toMatchObject({
      kind: 'not_sent',
      reason: 'connect',
    })
    expect(await first).toMatchObject({ kind: 'no_answer', reason: 'timeout' })
    // What was reported as not sent must not be sent afterwards: the third stands behind it in the queue.
    expect(await get(out, `${sink.url}/third`)).toMatchObject({ kind: 'response' })
    expect(sink.requests.map((request) => request.path)).toEqual(['/first', '/third'])
  })
})

describe('TLS', () => {
  test('works with a certificate that is trusted and fits', async () => {
    const certificate = selfSignedCertificate(['127.0.0.1', 'shop.example'])
    await using sink = await startHttpSink(undefined, { certificate })
    const out = open({ extraCa: [certificate.cert], resolve: toLoopback })
    expect(await get(out, sink.url)).toMatchObject({ kind: 'response', status: 200 })
    const byName = await get(out, `https://shop.example:${sink.port}/`)
    expect(byName).toMatchObject({ kind: 'response', status: 200 })
    expect(sink.requests[1]?.headers['host']).toBe(`shop.example:${sink.port}`)
  })

  test.each([
    ['nobody vouches for', selfSignedCertificate(['127.0.0.1']), []],
    ['has expired', selfSignedCertificate(['127.0.0.1'], 0), 'trusted'],
    ['is for another name', selfSignedCertificate(['other.example']), 'trusted'],
  ])('ends as not_sent/tls with a certificate that %s', async (_why, certificate, trust) => {
    await using sink = await startHttpSink(undefined, { certificate })
    const out = open(trust === 'trusted' ? { extraCa: [certificate.cert] } : {})
    expect(await get(out, sink.url)).toMatchObject({ kind: 'not_sent', reason: 'tls' })
    expect(sink.requests).toHaveLength(0)
  })

  test('ends as not_sent/tls when the peer speaks no TLS', async () => {
    await using sink = await startHttpSink()
    const url = sink.url.replace('http:', 'https:')
    expect(await get(open(), url)).toMatchObject({ kind: 'not_sent', reason: 'tls' })
    expect(sink.requests).toHaveLength(0)
  })
})

describe('a signal', () => {
  test('that has fired already keeps the request from being sent', async () => {
    await using sink = await startHttpSink()
    const reply = await open().port.request({ method: 'GET', url: sink.url }, AbortSignal.abort())
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'aborted' })
    expect(sink.accepted()).toBe(0)
  })

  test('that fires while the peer thinks ends the request as no_answer', async () => {
    await using sink = await startHttpSink(() => new Promise(() => {}))
    const stop = new AbortController()
    const reply = open().port.request({ method: 'POST', url: sink.url, body: 'x' }, stop.signal)
    await sink.received(1)
    stop.abort()
    expect(await reply).toMatchObject({ kind: 'no_answer', reason: 'aborted' })
  })

  test('that fires while the request waits for a connection keeps it from being sent', async () => {
    await using sink = await startHttpSink(stuckOnFirst)
    const out = open({ maxConnectionsPerOrigin: 1 })
    const first = get(out, `${sink.url}/first`, 400)
    await sink.received(1)
    const stop = new AbortController()
    const second = out.port.request({ method: 'GET', url: `${sink.url}/second` }, stop.signal)
    stop.abort()
    expect(await second).toMatchObject({ kind: 'not_sent', reason: 'aborted' })
    await first
    await get(out, `${sink.url}/third`)
    expect(sink.requests.map((request) => request.path)).toEqual(['/first', '/third'])
  })

  test('and close end even what is under way to an origin that was forgotten', async () => {
    await using slow = await startHttpSink(() => new Promise(() => {}))
    await using other = await startHttpSink()
    const out = open({ maxOrigins: 1 })
    const first = get(out, slow.url, 60_000)
    await slow.received(1)
    await get(out, other.url)
    await out.close()
    expect(await first).toMatchObject({ kind: 'no_answer', reason: 'aborted' })
  })

  test('and close both end what is under way honestly', async () => {
    await using sink = await startHttpSink(() => new Promise(() => {}))
    const out = open({ maxConnectionsPerOrigin: 1 })
    const [first, second] = [get(out, sink.url), get(out, sink.url)]
    await sink.received(1)
    await out.close()
    expect(await first).toMatchObject({ kind: 'no_answer', reason: 'aborted' })
    expect(await second).toMatchObject({ kind: 'not_sent', reason: 'aborted' })
  })
})

test('a reset on a kept connection is no_answer and is not repeated behind our back', async () => {
  let requests = 0
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', () => {
      requests += 1
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      else socket.resetAndDestroy()
    })
  })
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}/`
  const out = open()
  expect(await get(out, url)).toMatchObject({ kind: 'response', status: 200 })
  expect(await get(out, url)).toMatchObject({ kind: 'no_answer', reason: 'reset' })
  expect(requests).toBe(2)
  server.close()
})
