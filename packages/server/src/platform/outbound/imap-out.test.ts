import { dovecotMissing, startDovecot, type Dovecot } from '@carillon/testkit/dovecot'
import type { ImapServer, ImapSession } from '@carillon/connectors/imap-port'
import { instant } from '@carillon/domain/clock'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createImapOut } from './imap-out.ts'

const leftOut = dovecotMissing === undefined ? '' : ` (left out: ${dovecotMissing} is not here)`
const never = new AbortController().signal
const mail = (subject: string, body = 'text'): string =>
  `From: a@example.org\r\nTo: box1@example.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@example.org>\r\n\r\n${body}\r\n`

describe.skipIf(dovecotMissing !== undefined)(`the IMAP client against Dovecot${leftOut}`, () => {
  const state: { dovecot?: Dovecot } = {}
  const dovecot = (): Dovecot => {
    if (state.dovecot === undefined) throw new Error('not started')
    return state.dovecot
  }
  beforeAll(async () => {
    state.dovecot = await startDovecot()
  }, 30_000)
  afterAll(async () => await state.dovecot?.[Symbol.asyncDispose]())

  const out = createImapOut({ allowPrivate: ['127.0.0.0/8'] })
  const server = (over: Partial<ImapServer> = {}): ImapServer => ({
    host: '127.0.0.1',
    port: dovecot().port,
    security: 'none',
    ...dovecot().user(1),
    ...over,
  })
  const connected = async (over: Partial<ImapServer> = {}): Promise<ImapSession> => {
    const reply = await out.port.connect(server(over), never)
    if (reply.kind !== 'ok') throw new Error(reply.message)
    return reply.session
  }

  test('reads in batches, ascending, and leaves every message unseen', async () => {
    for (const n of [1, 2, 3]) await dovecot().deliver(dovecot().user(1), mail(`m${n}`))
    const session = await connected()
    expect(session.capabilities).toContain('IDLE')
    expect(await session.open('INBOX')).toEqual({
      kind: 'ok',
      uidValidity: expect.stringMatching(/^\d+$/) as string,
      uidNext: 4,
    })
    const first = await session.list({ after: 0, limit: 2 })
    expect(first).toMatchObject({ kind: 'ok', more: true, messages: [{ uid: 1 }, { uid: 2 }] })
    expect(await session.list({ after: 2, limit: 2 })).toMatchObject({
      more: false,
      messages: [{ uid: 3 }],
    })
    expect(await session.list({ after: 3, limit: 2 })).toEqual({
      kind: 'ok',
      messages: [],
      more: false,
    })
    const sources = await session.fetch([3, 1], 10_000)
    expect(sources).toMatchObject({ messages: [{ uid: 1, truncated: false }, { uid: 3 }] })
    const texts =
      sources.kind === 'ok' ? sources.messages.map(({ raw }) => String(Buffer.from(raw))) : []
    expect(texts).toEqual([mail('m1'), mail('m3')])
    expect(await session.fetch([2], 20)).toMatchObject({
      messages: [{ uid: 2, truncated: true, raw: Buffer.from('From: a@example.org\r') }],
    })
    await session.close()
    const flags = ['fetch', '-u', dovecot().user(1).user, 'flags', 'mailbox', 'INBOX']
    expect(await dovecot().doveadm(flags)).not.toContain('Seen')
  })

  test('lists what came on a day or later, also when that day is to come', async () => {
    const session = await connected()
    await session.open('INBOX')
    for (const day of ['2020-01-01', '2036-01-01']) {
      const since = instant(Date.parse(day))
      const messages = [{ uid: 1 }, { uid: 2 }, { uid: 3 }]
      expect(await session.list({ after: 0, limit: 10, since })).toMatchObject({ messages })
    }
    await session.close()
  })

  test('is told of news within two seconds', async () => {
    const session = await connected()
    await session.open('INBOX')
    const before = performance.now()
    const waiting = session.wait(10_000)
    await dovecot().deliver(dovecot().user(1), mail('news'))
    expect(await waiting).toEqual({ kind: 'ok', news: true })
    expect(performance.now() - before).toBeLessThan(2_500)
    expect(await session.status('INBOX')).toMatchObject({ kind: 'ok', uidNext: 5 })
    await session.close()
  })

  test('waits no longer than it is told', async () => {
    const session = await connected()
    await session.open('INBOX')
    expect(await session.wait(300)).toEqual({ kind: 'ok', news: false })
    expect(await session.folders()).toMatchObject({
      folders: expect.arrayContaining(['INBOX', 'Sent']) as string[],
    })
    await session.close()
  })

  test('says in the server’s words that the password is wrong', async () => {
    const reply = await out.port.connect(server({ password: 'wrong' }), never)
    expect(reply).toMatchObject({ kind: 'failed', reason: 'auth' })
    expect(reply).toMatchObject({
      message: expect.stringContaining('Authentication failed') as string,
    })
  })

  test('names a folder that is not there, and goes on', async () => {
    const session = await connected()
    expect(await session.open('Nowhere')).toMatchObject({ kind: 'failed', reason: 'refused' })
    expect(await session.open('INBOX')).toMatchObject({ kind: 'ok' })
    await session.close()
  })

  test('notices that the server hangs up while it waits', async () => {
    const session = await connected({ ...dovecot().user(2) })
    await session.open('INBOX')
    const waiting = session.wait(30_000)
    await dovecot().kick(dovecot().user(2))
    expect(await waiting).toMatchObject({ kind: 'failed', reason: 'lost' })
    expect(await session.open('INBOX')).toMatchObject({ kind: 'failed', reason: 'lost' })
  })

  test('stops at once when it is told to', async () => {
    const stop = new AbortController()
    const reply = await out.port.connect(server(), stop.signal)
    if (reply.kind !== 'ok') throw new Error(reply.message)
    await reply.session.open('INBOX')
    const waiting = reply.session.wait(30_000)
    stop.abort()
    expect(await waiting).toMatchObject({ kind: 'failed', reason: 'aborted' })
  })

  test('refuses a certificate that nobody vouches for, by TLS and by STARTTLS', async () => {
    const tls = { security: 'tls', port: dovecot().tlsPort } as const
    expect(await out.port.connect(server(tls), never)).toMatchObject({ reason: 'tls' })
    const upgraded = await out.port.connect(server({ security: 'starttls' }), never)
    expect(upgraded).toMatchObject({ kind: 'failed', reason: 'tls' })
  })

  test('connects by TLS and by STARTTLS where the certificate is vouched for', async () => {
    const trusting = createImapOut({
      allowPrivate: ['127.0.0.0/8'],
      extraCa: [dovecot().certificate],
    })
    for (const over of [
      { security: 'tls', port: dovecot().tlsPort } as const,
      { security: 'starttls' } as const,
    ]) {
      const reply = await trusting.port.connect(server(over), never)
      expect(reply).toMatchObject({ kind: 'ok' })
      if (reply.kind === 'ok') await reply.session.close()
    }
  })
})

describe('where it must not go', () => {
  const server: ImapServer = {
    host: '127.0.0.1',
    port: 143,
    security: 'none',
    user: 'u',
    password: 'p',
  }

  test.each([
    '127.0.0.1',
    'localhost',
    '::1',
    '::ffff:127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '0.0.0.0',
  ])('%s is refused', async (host) => {
    const out = createImapOut({ allowPrivate: [] })
    expect(await out.port.connect({ ...server, host }, never)).toMatchObject({
      kind: 'failed',
      reason: 'blocked',
    })
  })

  test('a name whose answers are mixed is refused', async () => {
    const answers = [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]
    const out = createImapOut({ allowPrivate: [], resolve: async () => answers })
    expect(await out.port.connect({ ...server, host: 'imap.example.org' }, never)).toMatchObject({
      reason: 'blocked',
    })
  })

  test('a host that is none is invalid', async () => {
    const out = createImapOut({ allowPrivate: [] })
    expect(await out.port.connect({ ...server, host: 'a b' }, never)).toMatchObject({
      reason: 'invalid',
    })
  })
})
