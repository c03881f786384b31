/** Peers with which no connection comes about, or none that may be used: the connect and TLS rows of reliability.md 3b. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { arrangeTenant } from '@carillon/testkit/arrange-tenant'
import {
  createAttempts,
  overHttp,
  smtpAt,
  wrongOutcomes,
  type PeerCase,
} from '@carillon/testkit/attempt-peers'
import { startScriptedSmtpPeer } from '@carillon/testkit/bad-peers-smtp'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { startFullAcceptQueue } from '@carillon/testkit/full-accept-queue'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { selfSignedCertificate } from '@carillon/testkit/self-signed-certificate'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const parts = new AsyncDisposableStack()
const started: { carillon?: Carillon } = {}
const server = (): Carillon => {
  if (started.carillon === undefined) throw new Error('not started')
  return started.carillon
}
const { attemptAll } = createAttempts(server, 'bad')

const names = ['127.0.0.1', 'localhost']
/** The program trusts these as authorities; what is wrong with them is another matter. */
const trusted = {
  good: selfSignedCertificate(names),
  expired: selfSignedCertificate(names, 0),
  elsewhere: selfSignedCertificate(['elsewhere.example']),
}
const certificates = {
  ...trusted,
  stranger: selfSignedCertificate(names),
  // Good in all but its protocol.
  old: {
    ...trusted.good,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  },
} as const
const bad = ['expired', 'elsewhere', 'stranger', 'old'] as const

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-ca-'))
  parts.defer(async () => await rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'ca.pem')
  await writeFile(
    file,
    Object.values(trusted)
      .map(({ cert }) => cert)
      .join(''),
  )
  started.carillon = parts.use(await startCarillon({ env: { NODE_EXTRA_CA_CERTS: file } }))
  await arrangeTenant(server(), 'bad')
})
afterAll(async () => await parts.disposeAsync())

describe.concurrent('no connection, or none that may be used', () => {
  test('a certificate that is expired, of another name or of nobody, and TLS 1.0: not a byte of the request', async () => {
    const good = parts.use(await startHttpSink(undefined, { certificate: certificates.good }))
    const cases: PeerCase[] = [...overHttp('good', `${good.url}/hook`, ['accepted'])]
    const sinks = []
    for (const name of bad) {
      const sink = parts.use(await startHttpSink(undefined, { certificate: certificates[name] }))
      sinks.push(sink)
      cases.push(...overHttp(name, `${sink.url}/hook`, ['retry']))
    }
    const found = await attemptAll(cases)
    expect(wrongOutcomes(cases, found)).toEqual([])
    expect(good.requests.length).toBe(2)
    for (const sink of sinks) expect(sink.requests).toEqual([])
    for (const [name, { attempts }] of found)
      if (!name.startsWith('good')) expect(attempts[0]?.reason, name).toMatch(/^not sent \(tls\)/)
  })

  test('the server that speaks TLS 1.0 only does speak it', async () => {
    const old = parts.use(await startHttpSink(undefined, { certificate: certificates.old }))
    const socket = connect({
      port: old.port,
      host: '127.0.0.1',
      ca: trusted.good.cert,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    await once(socket, 'secureConnect')
    expect(socket.getProtocol()).toBe('TLSv1')
    socket.destroy()
  })

  test('mail servers with the same certificates, from the first byte and after STARTTLS: no mail', async () => {
    const cases: PeerCase[] = []
    const sinks = []
    for (const security of ['tls', 'starttls'] as const)
      for (const name of ['good', ...bad] as const) {
        const sink = parts.use(await startSmtpSink({ certificate: certificates[name], security }))
        sinks.push({ name, sink })
        const outcomes = name === 'good' ? ['accepted'] : ['retry']
        cases.push({
          name: `${name}, ${security}`,
          outcomes,
          integration: smtpAt(sink.port, security),
        })
      }
    const found = await attemptAll(cases)
    expect(wrongOutcomes(cases, found)).toEqual([])
    for (const { name, sink } of sinks) expect(sink.mails.length).toBe(name === 'good' ? 1 : 0)
  })

  test('STARTTLS stripped, refused, or promised and not kept: neither sender nor mail in the clear', async () => {
    const offers = '250-test\r\n250 STARTTLS'
    const scripts = {
      stripped: {},
      refused: { EHLO: offers, STARTTLS: '454 4.7.0 not at the moment' },
      'hangs up': { EHLO: offers, STARTTLS: { does: 'hang up' } },
      'goes on in the clear': { EHLO: offers, STARTTLS: '220 2.0.0 go ahead\r\n250 hello' },
    } as const
    const cases: PeerCase[] = []
    const peers = []
    for (const [name, script] of Object.entries(scripts)) {
      const peer = parts.use(await startScriptedSmtpPeer(script))
      peers.push(peer)
      cases.push({ name, outcomes: ['retry'], integration: smtpAt(peer.port, 'starttls') })
    }
    expect(wrongOutcomes(cases, await attemptAll(cases))).toEqual([])
    for (const { lines } of peers)
      expect(lines.filter((line) => /^(?:AUTH|MAIL|RCPT|DATA)/i.test(line))).toEqual([])
  })

  test('a full accept queue, or a hole that swallows every SYN: given up after 5 s, and nothing is unknown', async () => {
    const queue = parts.use(await startFullAcceptQueue())
    const url = `http://127.0.0.1:${queue.port}/hook`
    const cases = [
      ...overHttp('full', url, ['retry']),
      { name: 'full, smtp', outcomes: ['retry'], integration: smtpAt(queue.port, 'none') },
    ]
    const found = await attemptAll(cases)
    expect(wrongOutcomes(cases, found)).toEqual([])
    for (const [name, { attempts }] of found) {
      expect(attempts[0]?.reason, name).toMatch(/within 5000 ms/)
      expect(attempts[0]?.durationMs).toBeGreaterThan(4_900)
      // reliability.md allows 200 ms; the rest is a busy machine's.
      expect(attempts[0]?.durationMs).toBeLessThan(6_500)
    }
  })
})
