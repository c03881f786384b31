/** The SMTP client against servers that refuse, break and fall silent, and stopped by us in between. */
import type { SmtpReply, SmtpServer } from '@carillon/connectors/smtp-port'
import { type SmtpScript, startScriptedSmtpPeer } from '@carillon/testkit/bad-peers-smtp'
import {
  createSmtpOutRig,
  plainServer as at,
  sampleMail as mail,
} from '@carillon/testkit/smtp-out-rig'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { afterEach, describe, expect, test, vi } from 'vitest'

const never = new AbortController().signal
const login = { user: 'me', password: 'secret' }

const { open, close } = createSmtpOutRig()
afterEach(close)

const rejected = (stage: string, code: number, enhanced?: string): object => ({
  kind: 'rejected',
  stage,
  code,
  ...(enhanced !== undefined && { enhanced }),
})
const notSent = (reason: string): object => ({ kind: 'not_sent', reason })
const hangUp = { does: 'hang up' } as const
const nothing = { does: 'nothing' } as const

describe('a server that', () => {
  test.each<[string, SmtpScript, object]>([
    ['is busy', { greeting: '421 4.3.2 busy' }, rejected('connect', 421, '4.3.2')],
    ['refuses us', { greeting: '554 5.7.1 no' }, rejected('connect', 554, '5.7.1')],
    ['greets with bytes', { greeting: '220 caf\u00e9 \u0080\u00ff' }, { kind: 'accepted' }],
    ['closes at EHLO', { EHLO: '421 4.3.0 later' }, rejected('connect', 421)],
    ['knows only HELO', { EHLO: '502 what?' }, { kind: 'accepted' }],
    ['refuses the login for now', { AUTH: '454 4.7.0 later' }, rejected('auth', 454, '4.7.0')],
    ['closes at the login', { AUTH: '421 4.7.0 too many' }, rejected('auth', 421)],
    ['knows no login', { AUTH: '502 5.5.1 no' }, rejected('auth', 502)],
    ['refuses the sender', { MAIL: '550 5.7.1 not you' }, rejected('mail', 550, '5.7.1')],
    ['closes at MAIL', { MAIL: '421 4.7.0 slow down' }, rejected('mail', 421, '4.7.0')],
    ['refuses the recipient', { RCPT: '550 5.1.1 no user' }, rejected('rcpt', 550, '5.1.1')],
    ['defers the recipient', { RCPT: '450 4.2.0 greylisted' }, rejected('rcpt', 450, '4.2.0')],
    ['closes at RCPT', { RCPT: '421 4.7.28 rate' }, rejected('rcpt', 421, '4.7.28')],
    [
      'answers in lines',
      { RCPT: '550-5.1.1 no\r\n550 5.1.1 user' },
      rejected('rcpt', 550, '5.1.1'),
    ],
    ['refuses DATA', { DATA: '451 4.3.0 disk' }, rejected('data', 451, '4.3.0')],
    ['closes at DATA', { DATA: '421 4.3.0 bye' }, rejected('data', 421)],
    ['refuses the message', { '.': '554 5.7.1 spam' }, rejected('data', 554, '5.7.1')],
    ['defers the message', { '.': '452 4.3.1 full' }, rejected('data', 452, '4.3.1')],
    ['closes at the dot', { '.': '421 4.3.0 bye' }, rejected('data', 421)],
    ['hangs up at once', { greeting: hangUp }, notSent('connect')],
    ['never greets', { greeting: nothing }, notSent('connect')],
    ['hangs up at EHLO', { EHLO: hangUp }, notSent('connect')],
    ['hangs up at the login', { AUTH: hangUp }, notSent('connect')],
    ['hangs up at MAIL', { MAIL: hangUp }, notSent('connect')],
    ['hangs up at RCPT', { RCPT: hangUp }, notSent('connect')],
    ['falls silent at RCPT', { RCPT: nothing }, notSent('connect')],
    ['hangs up at DATA', { DATA: hangUp }, notSent('connect')],
    ['takes small messages only', { EHLO: '250-x\r\n250 SIZE 100' }, notSent('invalid')],
    [
      'greets with a line of 512 kB',
      { greeting: `220 ${'x'.repeat(512_000)}` },
      notSent('connect'),
    ],
    ['says nonsense at MAIL', { MAIL: 'hello' }, notSent('connect')],
    ['hangs up after the dot', { '.': hangUp }, { kind: 'no_answer' }],
    ['falls silent after the dot', { '.': nothing }, { kind: 'no_answer' }],
    ['says nonsense after the dot', { '.': '999 what' }, { kind: 'no_answer' }],
  ])('%s', async (_what, script, expected) => {
    await using peer = await startScriptedSmtpPeer(script)
    const needsLogin = script.AUTH !== undefined
    const reply = await open().port.send({ ...at(peer), ...(needsLogin && login) }, mail(), never)
    expect(reply).toMatchObject(expected)
    expect(peer.accepted()).toBe(1)
  })

  test('the same over PIPELINING', async () => {
    for (const [script, expected] of [
      [{ MAIL: '550 5.7.1 not you', DATA: '503 no' }, rejected('mail', 550)],
      [{ RCPT: '550 5.1.1 no user', DATA: '503 no' }, rejected('rcpt', 550, '5.1.1')],
      [{ RCPT: '550 5.1.1 no user' }, rejected('rcpt', 550, '5.1.1')],
      [
        { RCPT: '421 4.7.0 bye', DATA: nothing },
        { kind: 'rejected', code: 421 },
      ],
      [{ '.': hangUp }, { kind: 'no_answer' }],
    ] as const) {
      const EHLO = '250-x\r\n250 PIPELINING'
      await using peer = await startScriptedSmtpPeer({ EHLO, ...script })
      expect(await open().port.send(at(peer), mail(), never)).toMatchObject(expected)
    }
  })

  test('hangs up in the middle of a long message has not taken it', async () => {
    await using peer = await startScriptedSmtpPeer({ body: hangUp })
    const text = 'x'.repeat(70).concat('\n').repeat(100_000)
    const reply = await open().port.send(at(peer), mail({ text }), never)
    expect(reply).toMatchObject({ kind: 'not_sent', reason: 'connect' })
    expect(peer.messages).toHaveLength(0)
  })

  test('takes the message and hangs up may have it', async () => {
    await using sink = await startSmtpSink({ dropsAfterDot: true })
    expect(await open().port.send(at(sink), mail(), never)).toMatchObject({ kind: 'no_answer' })
    expect(sink.mails).toHaveLength(1)
  })

  test('rejects a recipient takes the next one over the same connection', async () => {
    await using sink = await startSmtpSink({
      rejectRecipients: { 'gone@example.org': { code: 550, text: '5.1.1 no such user' } },
    })
    const out = open()
    const gone = mail({ to: { address: 'gone@example.org' } })
    expect(await out.port.send(at(sink), gone, never)).toMatchObject(rejected('rcpt', 550, '5.1.1'))
    expect(await out.port.send(at(sink), mail(), never)).toMatchObject({ kind: 'accepted' })
    expect(sink.mails).toHaveLength(1)
  })

  test('is not there', async () => {
    const sink = await startSmtpSink()
    await sink.close()
    expect(await open().port.send(at(sink), mail(), never)).toMatchObject(notSent('connect'))
  })

  test('has no address', async () => {
    const out = open({ resolve: () => Promise.reject(new Error('ENOTFOUND')) })
    const server: SmtpServer = { host: 'nowhere.example', port: 25, security: 'none' }
    expect(await out.port.send(server, mail(), never)).toMatchObject(notSent('dns'))
  })
})

const stopWhen = async (
  script: SmtpScript,
  isReached: (lines: readonly string[], messages: readonly string[]) => boolean,
): Promise<SmtpReply> => {
  await using peer = await startScriptedSmtpPeer(script)
  const stop = new AbortController()
  const reply = open({ socketTimeoutMs: 5_000, greetingTimeoutMs: 5_000 }).port.send(
    at(peer),
    mail(),
    stop.signal,
  )
  await vi.waitFor(() => expect(isReached(peer.lines, peer.messages)).toBe(true))
  stop.abort()
  return await reply
}

describe('stopping', () => {
  test('before anything keeps the mail here', async () => {
    await using sink = await startSmtpSink()
    const reply = await open().port.send(at(sink), mail(), AbortSignal.abort())
    expect(reply).toMatchObject(notSent('aborted'))
    expect(sink.accepted()).toBe(0)
  })

  test('in the envelope keeps the mail here', async () => {
    const reply = await stopWhen({ RCPT: nothing }, (lines) =>
      lines.some((line) => line.startsWith('RCPT')),
    )
    expect(reply).toMatchObject(notSent('aborted'))
  })

  test('after the dot leaves it open', async () => {
    const reply = await stopWhen({ '.': nothing }, (_lines, messages) => messages.length === 1)
    expect(reply).toMatchObject({ kind: 'no_answer' })
  })

  test('while waiting for a session keeps the mail here', async () => {
    await using peer = await startScriptedSmtpPeer({ RCPT: nothing })
    const out = open({ maxSessionsPerServer: 1 })
    const first = out.port.send(at(peer), mail(), never)
    await vi.waitFor(() => expect(peer.accepted()).toBe(1))
    const stop = new AbortController()
    const second = out.port.send(at(peer), mail(), stop.signal)
    stop.abort()
    expect(await second).toMatchObject(notSent('aborted'))
    expect(await first).toMatchObject(notSent('connect'))
  })

  test('by our own limit counts as the server being slow', async () => {
    await using peer = await startScriptedSmtpPeer({ RCPT: nothing })
    const reply = await open({ totalTimeoutMs: 100, socketTimeoutMs: 5_000 }).port.send(
      at(peer),
      mail(),
      never,
    )
    expect(reply).toMatchObject(notSent('connect'))
  })
})
