/** The HTTP client against every peer of reliability.md 3b. */
import type { HttpReply } from '@carillon/connectors/http-port'
import { type BadPeerName, badPeerNames, startBadPeer } from '@carillon/testkit/bad-peers'
import { performance } from 'node:perf_hooks'
import { afterAll, describe, expect, test } from 'vitest'
import { createHttpOut } from './http-out.ts'

const timeoutMs = 400
const out = createHttpOut({ allowPrivate: ['127.0.0.0/8'], connectTimeoutMs: 300 })
afterAll(() => out.close())

const post = async (
  url: string,
): Promise<{ readonly reply: HttpReply; readonly tookMs: number }> => {
  const start = performance.now()
  const reply = await out.port.request(
    { method: 'POST', url, body: '{}', timeoutMs },
    new AbortController().signal,
  )
  return { reply, tookMs: performance.now() - start }
}

const noAnswer = (reason: string) => ({ kind: 'no_answer', reason })
const read = (truncated: boolean, status = 200) => ({ kind: 'response', status, truncated })

const expected: Readonly<Record<BadPeerName, object>> = {
  'never answers': noAnswer('timeout'),
  'closes without an answer': noAnswer('reset'),
  // The RST may be seen before or after the request is written: both answers are true then.
  'resets on connect': {},
  'resets after the request': noAnswer('reset'),
  'resets inside the headers': noAnswer('reset'),
  'drips headers': noAnswer('timeout'),
  'drips the body': read(true),
  'closes inside the body': { ...read(true), body: 'only this' },
  'resets inside the body': read(true),
  'sends a gibibyte': read(true),
  'sends chunks for ever': read(true),
  'sends until it closes': read(true),
  'sends a gzip bomb': read(false),
  redirects: { ...read(false, 302), body: '' },
  'sends junk': noAnswer('protocol'),
  'speaks HTTP/0.9': noAnswer('protocol'),
  'sends endless headers': noAnswer('protocol'),
  'sends two lengths': noAnswer('protocol'),
  'breaks its headers': noAnswer('protocol'),
  'says continue for ever': noAnswer('protocol'),
  'floods early hints': noAnswer('protocol'),
  'is processing for ever': noAnswer('timeout'),
  upgrades: noAnswer('protocol'),
}

describe('a peer that', () => {
  test.each(badPeerNames)('%s', async (name) => {
    await using peer = await startBadPeer(name)
    const { reply, tookMs } = await post(`${peer.url}/hook`)
    expect(reply).toMatchObject(expected[name])
    expect(tookMs).toBeLessThan(timeoutMs + 200)
    expect(peer.accepted()).toBe(1)
    const body = reply.kind === 'response' ? reply.body : ''
    expect(body.length).toBeLessThanOrEqual(65_536)
    // What the kernel's buffers hold, not what the peer would like to send.
    expect(peer.sentBytes()).toBeLessThan(32 * 1024 * 1024)
  })

  test('resets on connect gives no status', async () => {
    await using peer = await startBadPeer('resets on connect')
    const { reply } = await post(peer.url)
    const reason = reply.kind === 'response' ? 'a response' : reply.reason
    expect(['connect', 'reset']).toContain(reason)
  })

  test('stalls the TLS handshake ends as not_sent/tls', async () => {
    await using peer = await startBadPeer('never answers')
    const { reply, tookMs } = await post(peer.url.replace('http:', 'https:'))
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'tls' })
    expect(tookMs).toBeLessThan(300 + 200)
    expect(peer.accepted()).toBe(1)
  })
})
