import type { SmtpServer } from '@carillon/connectors/smtp-port'
import { type SmtpScript, startScriptedSmtpPeer } from '@carillon/testkit/bad-peers-smtp'
import { selfSignedCertificate } from '@carillon/testkit/self-signed-certificate'
import {
  createSmtpOutRig,
  plainServer as at,
  sampleMail as mail,
} from '@carillon/testkit/smtp-out-rig'
import { type SmtpSinkOptions, startSmtpSink } from '@carillon/testkit/smtp-sink'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { SmtpOutOptions } from './smtp-out.ts'

const never = new AbortController().signal
const certificate = selfSignedCertificate(['127.0.0.1', 'mail.example'])
const toLoopback = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
const login = { user: 'me', password: 'secret' }

const { open, close } = createSmtpOutRig()
afterEach(close)

describe('a mail', () => {
  test('arrives with its fields', async () => {
    await using sink = await startSmtpSink()
    const reply = await open().port.send(
      at(sink),
      mail({
        to: { name: 'Ann, "the" boss', address: 'ann@bücher.example' },
        replyTo: { address: 'help@example.com' },
        subject: 'Pagato: è arrivato €',
        html: '<p>Grazie</p>',
        headers: { 'Auto-Submitted': 'auto-generated', 'X-Carillon': '1' },
      }),
      never,
    )
    expect(reply.kind).toBe('accepted')
    expect(reply).toHaveProperty('response', expect.stringContaining('queued as TEST1'))
    const [received] = sink.mails
    // The sink shows international domains decoded; on the wire stands what stands in the header.
    expect(received).toMatchObject({ from: 'shop@example.com', to: ['ann@bücher.example'] })
    const raw = received?.raw ?? ''
    expect(raw).toContain('From: Shop <shop@example.com>\r\n')
    expect(raw).toContain('To: "Ann, \\"the\\" boss" <ann@xn--bcher-kva.example>\r\n')
    expect(raw).toContain('Reply-To: help@example.com\r\n')
    expect(raw).toContain('Message-ID: <dlv_1@example.com>\r\n')
    expect(raw).toContain('Date: Fri, 02 Jan 2026 03:04:05 +0000\r\n')
    expect(raw).toContain('Auto-Submitted: auto-generated\r\n')
    expect(raw).toContain('X-Carillon: 1\r\n')
    expect(raw).toContain('Subject: =?UTF-8?')
    expect(raw).toContain('multipart/alternative')
    expect(raw).not.toContain('X-Mailer')
  })

  test('is signed, its unsubscribe headers included', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await using sink = await startSmtpSink()
    const url = `<https://example.com/u/${'t'.repeat(200)}>`
    await open().port.send(
      at(sink),
      mail({
        headers: {
          'list-unsubscribe': url,
          'list-unsubscribe-post': 'List-Unsubscribe=One-Click',
        },
        dkim: {
          domain: 'example.com',
          selector: 's1',
          privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        },
      }),
      never,
    )
    const unfolded = (sink.mails[0]?.raw ?? '').replace(/\r\n[ \t]+/g, ' ')
    expect(unfolded).toContain(`List-Unsubscribe: ${url}\r\n`)
    const signature = /^DKIM-Signature: (.*)$/m.exec(unfolded)?.[1] ?? ''
    expect(signature).toMatch(/d=example\.com; .*s=s1;/)
    const signed = / h=([^;]*);/.exec(signature)?.[1]?.replaceAll(' ', '').split(':')
    expect(signed).toEqual(
      expect.arrayContaining([
        'from',
        'to',
        'message-id',
        'list-unsubscribe-post',
        'list-unsubscribe',
      ]),
    )
    expect(/ b=([\w+/= ]{300,})/.test(signature)).toBe(true)
  })

  test('keeps a line that begins with a dot', async () => {
    await using peer = await startScriptedSmtpPeer()
    await open().port.send(at(peer), mail({ text: 'one\n.\n.two\n' }), never)
    expect(peer.messages[0]).toContain('one\r\n.\r\n.two\r\n')
  })
})

const sendTo = async (
  sinkOptions: SmtpSinkOptions,
  server: Partial<SmtpServer>,
  options: Partial<SmtpOutOptions> = { extraCa: [certificate.cert] },
) => {
  await using sink = await startSmtpSink(sinkOptions)
  const reply = await open(options).port.send({ ...at(sink), ...server }, mail(), never)
  return { reply, mails: sink.mails, accepted: sink.accepted() }
}

describe('security', () => {
  test.each(['tls', 'starttls'] as const)('%s encrypts and logs in', async (security) => {
    const { reply, mails } = await sendTo(
      { certificate, security, ...login },
      { security, ...login },
    )
    expect(reply.kind).toBe('accepted')
    expect(mails[0]).toMatchObject({ isSecure: true, user: 'me' })
  })

  test.each(['tls', 'starttls'] as const)('%s is verified against the name', async (security) => {
    const options = { extraCa: [certificate.cert], resolve: toLoopback }
    const right = await sendTo(
      { certificate, security },
      { security, host: 'mail.example' },
      options,
    )
    expect(right.reply.kind).toBe('accepted')
    const wrong = await sendTo(
      { certificate, security },
      { security, host: 'other.example' },
      options,
    )
    expect(wrong.reply).toMatchObject({ kind: 'not_sent', reason: 'tls' })
    expect(wrong.mails).toHaveLength(0)
  })

  test.each(['tls', 'starttls'] as const)('%s is not spoken with a stranger', async (security) => {
    const { reply, mails } = await sendTo({ certificate, security }, { security, ...login }, {})
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'tls' })
    expect(mails).toHaveLength(0)
  })

  test.each<[string, SmtpScript]>([
    ['is not offered', {}],
    ['is offered and refused', { EHLO: '250-x\r\n250 STARTTLS', STARTTLS: '454 4.7.0 no' }],
    ['is promised and not done', { EHLO: '250-x\r\n250 STARTTLS', STARTTLS: '220 go' }],
    ['hangs up', { EHLO: '250 STARTTLS', STARTTLS: { does: 'hang up' } }],
  ])('starttls that %s ends without a word of the mail or the password', async (_what, script) => {
    await using peer = await startScriptedSmtpPeer(script)
    const server: SmtpServer = { ...at(peer), security: 'starttls', ...login }
    const reply = await open().port.send(server, mail(), never)
    expect(reply).toMatchObject({ kind: 'not_sent' })
    expect(reply).toHaveProperty('reason', expect.stringMatching(/^(tls|connect)$/))
    expect(peer.lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([])
  })

  test('"none" does not encrypt even when the server offers it', async () => {
    const { reply, mails } = await sendTo({ certificate }, { security: 'none' })
    expect(reply.kind).toBe('accepted')
    expect(mails[0]?.isSecure).toBe(false)
  })

  test('a wrong password is rejected at the stage auth', async () => {
    const { reply } = await sendTo({ ...login }, { user: 'me', password: 'wrong' })
    expect(reply).toMatchObject({ kind: 'rejected', stage: 'auth', code: 535, enhanced: '5.7.8' })
  })
})

const rejected = (stage: string, code: number): object => ({ kind: 'rejected', stage, code })
const notSent = (reason: string): object => ({ kind: 'not_sent', reason })

describe('sessions', () => {
  test('are kept for the next mail', async () => {
    await using sink = await startSmtpSink()
    const out = open()
    for (let n = 0; n < 4; n += 1) await out.port.send(at(sink), mail(), never)
    expect(sink.mails).toHaveLength(4)
    expect(sink.accepted()).toBe(1)
  })

  test('are not shared between credentials', async () => {
    await using peer = await startScriptedSmtpPeer()
    const out = open()
    await out.port.send({ ...at(peer), user: 'a', password: 'x' }, mail(), never)
    await out.port.send({ ...at(peer), user: 'a', password: 'y' }, mail(), never)
    await out.port.send({ ...at(peer), user: 'b', password: 'x' }, mail(), never)
    expect(peer.accepted()).toBe(3)
  })

  test('are no more than allowed, and everything gets through', async () => {
    await using sink = await startSmtpSink()
    const out = open({ maxSessionsPerServer: 2 })
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => out.port.send(at(sink), mail(), never)),
    )
    expect(replies.filter((reply) => reply.kind === 'accepted')).toHaveLength(12)
    expect(sink.accepted()).toBe(2)
  })

  test('that the server closed meanwhile cost a new one and no mail', async () => {
    await using sink = await startSmtpSink()
    const out = open()
    await out.port.send(at(sink), mail(), never)
    sink.hangUp()
    expect(await out.port.send(at(sink), mail(), never)).toMatchObject({ kind: 'accepted' })
    expect(sink.mails).toHaveLength(2)
    expect(sink.accepted()).toBe(2)
  })

  test('that end at MAIL with a 421 cost a new one and no mail', async () => {
    await using peer = await startScriptedSmtpPeer({
      MAIL: ['250 ok', '421 4.4.2 idle too long', '250 ok'],
    })
    const out = open()
    await out.port.send(at(peer), mail(), never)
    expect(await out.port.send(at(peer), mail(), never)).toMatchObject({ kind: 'accepted' })
    expect(peer.messages).toHaveLength(2)
  })

  test('that end after the dot are never tried again', async () => {
    await using peer = await startScriptedSmtpPeer({
      '.': ['250 ok', { does: 'hang up' }, '250 ok'],
    })
    const out = open()
    await out.port.send(at(peer), mail(), never)
    expect(await out.port.send(at(peer), mail(), never)).toMatchObject({ kind: 'no_answer' })
    expect(peer.messages).toHaveLength(2)
  })

  test('are left after their share of messages', async () => {
    await using sink = await startSmtpSink()
    const out = open({ maxMessagesPerSession: 2 })
    for (let n = 0; n < 5; n += 1) await out.port.send(at(sink), mail(), never)
    expect(sink.accepted()).toBe(3)
  })

  test('are closed when idle, when there are too many servers, and at the end', async () => {
    await using one = await startSmtpSink()
    await using two = await startSmtpSink()
    const out = open({ maxServers: 1 })
    await out.port.send(at(one), mail(), never)
    await out.port.send(at(two), mail(), never)
    await vi.waitFor(() => expect(one.open()).toBe(0))
    await out.close()
    await vi.waitFor(() => expect(two.open()).toBe(0))
    const idle = open({ idleMs: 10 })
    await idle.port.send(at(one), mail(), never)
    await vi.waitFor(() => expect(one.open()).toBe(0))
  })
})

describe('verify', () => {
  test('greets, encrypts, logs in and leaves', async () => {
    await using sink = await startSmtpSink({ certificate, ...login })
    const server: SmtpServer = { ...at(sink), security: 'starttls', ...login }
    const out = open({ extraCa: [certificate.cert] })
    expect(await out.port.verify(server, never)).toMatchObject({ kind: 'accepted' })
    await vi.waitFor(() => expect(sink.open()).toBe(0))
    const wrong = await out.port.verify({ ...server, password: 'no' }, never)
    expect(wrong).toMatchObject(rejected('auth', 535))
  })

  test('does not pass with credentials that the server never asked for', async () => {
    await using peer = await startScriptedSmtpPeer({ AUTH: '502 5.5.1 unknown' })
    const reply = await open().port.verify({ ...at(peer), ...login }, never)
    expect(reply).toMatchObject(rejected('auth', 502))
  })
})

describe('the guard', () => {
  test.each([
    ...'127.0.0.1 localhost 0.0.0.0 ::1 ::ffff:127.0.0.1 ::'.split(' '),
    ...'127.1 2130706433 0x7f.1 0177.0.0.1 169.254.169.254 10.0.0.1'.split(' '),
  ])('keeps SMTP away from %s', async (host) => {
    await using sink = await startSmtpSink()
    const out = open({ allowPrivate: [], connectTimeoutMs: 1_000 })
    const server: SmtpServer = { host, port: sink.port, security: 'none' }
    for (const reply of [
      await out.port.send(server, mail(), never),
      await out.port.verify(server, never),
    ]) {
      expect(reply).toMatchObject({ kind: 'not_sent', reason: 'blocked' })
      expect(reply).toHaveProperty(
        'message',
        expect.stringContaining('CARILLON_ALLOW_PRIVATE_TARGETS'),
      )
    }
    expect(sink.accepted()).toBe(0)
  })

  test.each(['', ' ', '[::1]', 'a b', 'a\r\nb', 'a\u0000', 'http://x', 'ü.example'])(
    'refuses the host %j',
    async (host) => {
      const reply = await open().port.send({ host, port: 25, security: 'none' }, mail(), never)
      expect(reply).toMatchObject(notSent('invalid'))
    },
  )

  test.each([0, -1, 65_536, 1.5, Number.NaN])('refuses the port %d', async (port) => {
    const server: SmtpServer = { host: 'mail.example', port, security: 'none' }
    expect(await open().port.verify(server, never)).toMatchObject(notSent('invalid'))
  })
})
