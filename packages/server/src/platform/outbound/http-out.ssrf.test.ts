/** reliability.md T-S1: whatever spelling or resolver trick, nothing private is reached unless it was allowed. */
import type { HttpReply } from '@carillon/connectors/http-port'
import { listenOnLoopback } from '@carillon/testkit/listen-on-loopback'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ResolvedAddress } from './guarded-connect.ts'
import { type HttpOutOptions, createHttpOut } from './http-out.ts'

const listening = { accepted: 0, port: 0 }
/** Listens on all addresses of the machine, IPv4 and IPv6: whatever gets through is seen. */
const internal = createServer((socket) => {
  listening.accepted += 1
  socket.on('error', () => socket.destroy())
  socket.on('data', () =>
    socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nsecret'),
  )
})

beforeAll(async () => {
  listening.port = await listenOnLoopback(internal, '::')
})
afterAll(() => internal.close())

const request = async (url: string, options: Partial<HttpOutOptions> = {}): Promise<HttpReply> => {
  const out = createHttpOut({ allowPrivate: [], connectTimeoutMs: 500, ...options })
  const reply = await out.port.request(
    { method: 'GET', url, timeoutMs: 1_000 },
    new AbortController().signal,
  )
  await out.close()
  return reply
}

const literals = `
  127.0.0.1 127.1 127.0.1 0 0.0.0.0 127.255.255.254 127.0.0.1. 2130706433 017700000001
  0x7f000001 0x7f.1 0x7F.0x0.0x0.0x1 0177.0.0.1 0177.0x0.1 00000177.1 127.0x1
  %31%32%37.0.0.1 127%2e0%2e0%2e1 １２７.０.０.１ 127。0。0。1 ①②⑦.0.0.1 ２１３０７０６４３３ ⑫7.⓪.⓪.①
  10.0.0.1 10.255.255.255 172.16.0.1 172.31.9.9 192.168.1.1 0xc0a80101 3232235777
  100.64.0.1 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.43518 192.0.0.1 192.0.2.1
  192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255
  4294967295 [::1] [::] [0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1] [::ffff:7f00:1]
  [::127.0.0.1] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1]
  [2002:7f00:1::] [2001::7f00:1] [fe80::1] [fc00::1] [fd00:ec2::254] [fec0::1] [ff02::1]
  [100::1] [2001:db8::1] [3fff::1] [5f00::1] [::ffff:169.254.169.254]
`
  .trim()
  .split(/\s+/)

describe('by default the guard', () => {
  test('knows at least 60 spellings', () => {
    expect(new Set(literals).size).toBeGreaterThanOrEqual(60)
  })

  test.each(literals)('refuses http://%s', async (host) => {
    const reply = await request(`http://${host}:${listening.port}/latest/meta-data`)
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
    expect(reply).toHaveProperty(
      'message',
      expect.stringContaining('CARILLON_ALLOW_PRIVATE_TARGETS'),
    )
    expect(listening.accepted).toBe(0)
  })

  test.each([
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'ws://127.0.0.1/',
    'javascript:1',
    'http://user@198.41.0.4/',
    'http://:pass@198.41.0.4/',
    'http://[fe80::1%25eth0]/',
    'http://',
    '//127.0.0.1/',
    '127.0.0.1',
    '',
    'http://127.0.0.1:99999/',
    'http://1.2.3.4.5/',
  ])('refuses %s', async (url) => {
    expect(await request(url)).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
    expect(listening.accepted).toBe(0)
  })

  test.each(['localhost', 'localhost.', 'LOCALHOST'])(
    'refuses %s as the system resolves it',
    async (host) => {
      const reply = await request(`http://${host}:${listening.port}/`)
      // A machine may not know the name with the dot: then it is a DNS failure. It never gets through.
      expect(reply.kind).toBe('not_sent')
      expect(listening.accepted).toBe(0)
    },
  )
})

const answers = (...addresses: readonly string[]): readonly ResolvedAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('a name', () => {
  test.each([
    ['a loopback address', ['127.0.0.1']],
    ['the IPv6 loopback address', ['::1']],
    ['a mapped loopback address', ['::ffff:127.0.0.1']],
    ['the metadata address', ['169.254.169.254']],
    ['a NAT64 address', ['64:ff9b::7f00:1']],
    ['a 6to4 address', ['2002:7f00:1::']],
    ['the unspecified address', ['0.0.0.0']],
    ['a public and then a private address', ['198.41.0.4', '127.0.0.1']],
    ['a private and then a public address', ['127.0.0.1', '198.41.0.4']],
    ['a public IPv6 and a private IPv4 address', ['2606:4700::1', '10.0.0.1']],
    ['no address at all but words', ['evil']],
  ])('that resolves to %s is refused', async (_what, addresses) => {
    const resolve = () => Promise.resolve(answers(...addresses))
    const reply = await request(`http://hook.example:${listening.port}/`, { resolve })
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
    expect(reply).toHaveProperty('message', expect.stringContaining('hook.example'))
    // The class of the address helps the tenant; the address itself is the operator's affair.
    expect(reply).toHaveProperty('message', expect.not.stringContaining(addresses[0] ?? ''))
    expect(listening.accepted).toBe(0)
  })

  test('that resolves to nothing is a DNS failure', async () => {
    const reply = await request('http://hook.example/', { resolve: () => Promise.resolve([]) })
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'dns' })
  })

  test('that is rebound is judged again at every connection, and resolved once for each', async () => {
    // 127.0.0.1 plays the public address, because only it is allowed here; 127.0.0.2 plays the private one.
    const asked: string[] = []
    const resolve = (name: string) => {
      asked.push(name)
      return Promise.resolve(answers(asked.length === 1 ? '127.0.0.1' : '127.0.0.2'))
    }
    const out = createHttpOut({ allowPrivate: ['127.0.0.1/32'], resolve })
    const url = `http://rebind.example:${listening.port}/`
    const before = listening.accepted
    const send = () =>
      out.port.request({ method: 'GET', url, timeoutMs: 1_000 }, new AbortController().signal)
    expect(await send()).toMatchObject({ kind: 'response', status: 200, body: 'secret' })
    expect(asked).toHaveLength(1)
    expect(await send()).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
    expect(asked).toHaveLength(2)
    expect(listening.accepted).toBe(before + 1)
    await out.close()
  })
})

const toLoopback = () => Promise.resolve(answers('127.0.0.1'))
const at = (host: string): string => `http://${host}:${listening.port}/`

test('an allowed network is reached by literal and by name, its neighbour is not', async () => {
  const options = { allowPrivate: ['127.0.0.1/32'], resolve: toLoopback }
  expect(await request(at('127.0.0.1'), options)).toMatchObject({ kind: 'response', status: 200 })
  expect(await request(at('lan.example'), options)).toMatchObject({ kind: 'response' })
  expect(await request(at('127.0.0.2'), options)).toMatchObject({ reason: 'blocked' })
})

test('a network that can not be read stops the start', () => {
  expect(() => createHttpOut({ allowPrivate: ['10.0.0.0/99'] })).toThrow('10.0.0.0/99')
})
