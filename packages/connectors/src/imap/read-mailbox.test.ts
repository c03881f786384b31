import { instant } from '@carillon/domain/clock'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../json-object.ts'
import type { SourceBatch, SourceEvent, Unreadable } from '../source.ts'
import type { SignatureTrust, SignedMail } from '../verify-signature.ts'
import { fakeFailure, fakeMailbox, type FakeMailbox } from './fake-mailbox.ts'
import { daticertXml, pecMail, receiptHeaders } from './pec/pec-fixture.ts'
import { readMailbox, type MailboxSettings } from './read-mailbox.ts'

const now = instant(Date.parse('2026-11-22T10:00:00Z'))
const settings: MailboxSettings = {
  host: 'imap.example.org',
  port: 993,
  security: 'tls',
  user: 'ufficio',
  address: 'ufficio@pec.example',
}
const mail = (n: number | string, body = 'text'): string =>
  `From: a@example.org\r\nSubject: ${n}\r\nMessage-ID: <${n}@example.org>\r\n\r\n${body}\r\n`

/** A runner in memory: stores events, cursor and quarantine as the server does, batch by batch. */
const rig = (mailbox: FakeMailbox, over: Partial<MailboxSettings> = {}) => {
  const verified: { mail: SignedMail; trust: SignatureTrust }[] = []
  const hooks = { onVerify: (_stop: AbortController): void => undefined }
  const stored = new Map<string, SourceEvent>()
  const kept: Unreadable[] = []
  const state = { cursor: null as JsonObject | null, batches: 0, duplicates: 0 }
  const store = (batch: SourceBatch): void => {
    for (const event of batch.events) {
      if (stored.has(event.id)) state.duplicates += 1
      else stored.set(event.id, event)
    }
    kept.push(...(batch.unreadable ?? []))
    state.cursor = JSON.parse(JSON.stringify(batch.cursor)) as JsonObject | null
    state.batches += 1
  }
  const run = async (diesAfter = Infinity) => {
    const stop = new AbortController()
    const source = readMailbox(
      { cursor: state.cursor },
      {
        settings: { ...settings, ...over },
        secrets: { password: 'secret' },
        imap: mailbox.port,
        http: { request: async () => await Promise.reject(new Error('no http')) },
        now,
        render: () => ({ ok: false, reason: 'no templates' }),
        clock: { now: () => now },
        sleep: async () => {},
        signal: stop.signal,
        integration: { id: 'int_x', name: 'x' },
        verifySignature: async (given, trust) => {
          verified.push({ mail: given, trust })
          hooks.onVerify(stop)
          return { valid: true, signer: given.from, issuer: 'CA', expired: false, reason: null }
        },
      },
    )
    for (let batches = 0; batches < diesAfter; batches += 1) {
      const next = await source.next()
      if (next.done === true) return next.value
      store(next.value)
    }
    await source.return({ kind: 'retry', reason: 'died' })
    return undefined
  }
  const subjects = () => [...stored.values()].map(({ data }) => data['subject'])
  return { run, stored, kept, state, verified, hooks, subjects }
}

describe('a mailbox', () => {
  test('is read in order, in batches, to its end', async () => {
    const mailbox = fakeMailbox()
    for (let n = 1; n <= 1_050; n += 1) mailbox.add('INBOX', mail(n))
    const { run, stored, state } = rig(mailbox)
    expect(await run()).toEqual({
      kind: 'retry',
      reason: 'the end of the test',
    })
    expect(stored.size).toBe(1_050)
    expect(state).toMatchObject({
      duplicates: 0,
      cursor: { folders: { INBOX: { uidValidity: '1', lastUid: 1_050, generation: 0 } } },
    })
    expect(mailbox.commands.filter((command) => command.startsWith('fetch'))).toHaveLength(11)
    expect(mailbox.connections).toBe(0)
  })

  test('goes on where it was after every death, and stores nothing twice', async () => {
    const mailbox = fakeMailbox()
    for (let n = 1; n <= 320; n += 1) mailbox.add('INBOX', mail(n))
    const { run, stored, state } = rig(mailbox)
    for (const deaths of [1, 1, 2, 1]) await run(deaths)
    await run()
    expect(stored.size).toBe(320)
    expect(state.duplicates).toBe(0)
  })

  test('is read anew when its uids are given anew: everything is a duplicate but what is new', async () => {
    const mailbox = fakeMailbox()
    for (let n = 1; n <= 10; n += 1) mailbox.add('INBOX', mail(n))
    const { run, stored, state } = rig(mailbox)
    await run()
    const before = mailbox.folders['INBOX']?.messages ?? []
    mailbox.folders['INBOX'] = { uidValidity: '2', uidNext: 1, messages: [] }
    for (const { raw } of before) mailbox.add('INBOX', raw)
    mailbox.add('INBOX', mail('new'))
    await run()
    expect(stored.size).toBe(11)
    expect(state).toMatchObject({
      duplicates: 10,
      cursor: { folders: { INBOX: { uidValidity: '2', lastUid: 11, generation: 1 } } },
    })
  })

  test('notices while it waits that the uids were given anew', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', mail(1))
    const { run, stored } = rig(mailbox)
    mailbox.onWait = () => {
      mailbox.onWait = () => fakeFailure('lost')
      mailbox.folders['INBOX'] = { uidValidity: '9', uidNext: 1, messages: [] }
      mailbox.add('INBOX', mail(2))
      return { kind: 'ok', news: false }
    }
    await run()
    expect(stored.size).toBe(2)
  })

  test('has several folders on one connection; the same message in two of them is one event', async () => {
    const mailbox = fakeMailbox()
    mailbox.folders['Archivio'] = { uidValidity: '5', uidNext: 1, messages: [] }
    for (const folder of ['INBOX', 'Archivio']) mailbox.add(folder, mail('both'))
    mailbox.add('Archivio', mail('other'))
    const { run, subjects, state } = rig(mailbox, { folders: ['INBOX', 'Archivio'] })
    const turns = [
      () => mailbox.add('Archivio', mail('later')),
      () => mailbox.add('INBOX', mail('last')),
    ]
    mailbox.onWait = (open) => {
      expect(open).toBe('INBOX')
      const turn = turns.shift()
      turn?.()
      return turn === undefined ? fakeFailure('lost') : { kind: 'ok', news: turns.length === 0 }
    }
    await run()
    expect(subjects()).toEqual(['both', 'other', 'later', 'last'])
    expect(state.duplicates).toBe(1)
    expect(mailbox.commands.filter((command) => command === 'connect')).toHaveLength(1)
  })

  test('a folder that can not be opened does not keep the others from being read', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', mail(1))
    const { run, stored } = rig(mailbox, { folders: ['Nowhere', 'INBOX'] })
    expect(await run()).toEqual({
      kind: 'retry',
      reason: `folder "Nowhere": Mailbox doesn't exist: Nowhere`,
    })
    expect(stored.size).toBe(1)
  })

  test('"new" begins with what comes after the first look, also when the uids are given anew', async () => {
    const mailbox = fakeMailbox()
    const at = (iso: string) => ({ receivedAt: instant(Date.parse(iso)) })
    mailbox.add('INBOX', mail('old'), at('2026-11-21T00:00:00Z'))
    const { run, subjects } = rig(mailbox, { since: 'new' })
    await run()
    expect(subjects()).toEqual([])
    mailbox.add('INBOX', mail('new'), at('2026-11-22T10:00:01Z'))
    await run()
    Object.assign(mailbox.folders['INBOX'] ?? {}, { uidValidity: '2' })
    await run()
    expect(subjects()).toEqual(['new'])
  })

  test('a date begins with what came on that day', async () => {
    const mailbox = fakeMailbox()
    for (const day of ['10', '11', '12'])
      mailbox.add('INBOX', mail(day), {
        receivedAt: instant(Date.parse(`2026-11-${day}T01:00:00Z`)),
      })
    const { run, subjects } = rig(mailbox, { since: '2026-11-11' })
    await run()
    expect(subjects()).toEqual(['11', '12'])
  })
})

describe('a message', () => {
  test('that does not parse is put aside with its bytes, and the others go on', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', mail(1))
    mailbox.add('INBOX', '\0\0\0 no mail at all')
    mailbox.add('INBOX', mail(2))
    const { run, subjects, kept } = rig(mailbox)
    await run()
    expect(subjects()).toEqual(['1', '2'])
    expect(kept).toEqual([
      {
        id: expect.stringMatching(/^sha256:/) as string,
        reason: expect.stringContaining('not_a_message') as string,
        raw: Buffer.from('\0\0\0 no mail at all'),
      },
    ])
  })

  test('that is too large is an event of its beginning', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', mail('huge', 'x'.repeat(300_000)))
    const { run, stored } = rig(mailbox, { maxMessageBytes: 200_000 })
    await run()
    expect([...stored.values()][0]?.data).toMatchObject({
      subject: 'huge',
      truncated: true,
      size: expect.any(Number) as number,
    })
  })

  test('that is larger than the server says is fetched by itself', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', mail('liar', 'x'.repeat(400_000)), { size: 100 })
    const { run, stored } = rig(mailbox)
    await run()
    expect([...stored.values()][0]?.data).not.toHaveProperty('truncated')
    expect(mailbox.commands.filter((command) => command === 'fetch 1')).toHaveLength(2)
  })

  test('is told where it was found', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', mail(1), { receivedAt: instant(Date.parse('2026-11-20T08:00:00Z')) })
    const { run, stored } = rig(mailbox)
    await run()
    expect(stored.get('<1@example.org>')).toMatchObject({
      source: 'mail/ufficio@pec.example',
      type: 'mail.received',
      time: Date.parse('2026-11-20T08:00:00Z'),
      data: { mailbox_id: 'int_x', mailbox_email: 'ufficio@pec.example' },
    })
  })
})

describe('certified mail', () => {
  const consegna = receiptHeaders('avvenuta-consegna')
  const raw = (tipo: string): string =>
    Buffer.from(pecMail({ headers: consegna, xml: daticertXml({ tipo }) })).toString('latin1')

  test('has the verdict on its signature in the event, over the part that is shown', async () => {
    const mailbox = fakeMailbox()
    const receivedAt = instant(Date.parse('2026-09-15T10:00:02Z'))
    mailbox.add('INBOX', raw('avvenuta-consegna'), { receivedAt })
    const trust = { ca: 'CA', providers: ['gestore.example'] }
    const { run, stored, verified } = rig(mailbox, { trust })
    await run()
    const [event] = stored.values()
    const signer = 'posta-certificata@gestore.example'
    expect(event?.data['pec']).toMatchObject({
      signature: { valid: true, signer, issuer: 'CA', expired: false, reason: null },
    })
    expect(verified).toMatchObject([{ trust, mail: { from: signer, at: receivedAt } }])
    expect(Buffer.from(verified[0]?.mail.content ?? []).toString('latin1')).toMatch(
      /^Content-Type: multipart\/mixed[^]*=_pecm--$/,
    )
  })

  test('whose header says other than what is signed is not valid', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', raw('accettazione'))
    const { run, stored } = rig(mailbox)
    await run()
    expect([...stored.values()][0]?.data['pec']).toMatchObject({
      signature: { valid: false, reason: expect.stringContaining('"accettazione"') as string },
    })
  })

  test('that is not signed, or signed with more than one part, is not valid', async () => {
    const mailbox = fakeMailbox()
    const lines = raw('avvenuta-consegna')
    mailbox.add('INBOX', lines.replace('multipart/signed', 'multipart/mixed'))
    const third = lines.replace(
      '--=_pecs--',
      '--=_pecs\r\nContent-Type: text/plain\r\n\r\nmore\r\n--=_pecs--',
    )
    mailbox.add('INBOX', third.replace('receipt-1@', 'receipt-2@'))
    const { run, stored, verified } = rig(mailbox)
    await run()
    const verdicts = [...stored.values()].map(({ data }) => data['pec'])
    expect(verdicts).toMatchObject([
      { signature: { valid: false, reason: 'the mail is not signed' } },
      { signature: { valid: false, reason: expect.stringContaining('two parts') as string } },
    ])
    expect(verified).toEqual([])
  })

  test('whose check was cut off by a stop is not stored, but read again', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', raw('avvenuta-consegna'))
    const { run, stored, hooks } = rig(mailbox)
    hooks.onVerify = (stop) => stop.abort()
    expect(await run()).toMatchObject({ kind: 'retry' })
    expect(stored.size).toBe(0)
    hooks.onVerify = () => undefined
    await run()
    expect(stored.size).toBe(1)
  })

  test('is not looked at in a mailbox that is said not to be certified', async () => {
    const mailbox = fakeMailbox()
    mailbox.add('INBOX', raw('avvenuta-consegna'))
    const { run, stored, verified } = rig(mailbox, { pec: false })
    await run()
    expect([...stored.values()][0]?.data['pec']).not.toHaveProperty('signature')
    expect(verified).toEqual([])
  })
})

describe('what ends the run', () => {
  test.each([
    ['auth', 'stop'],
    ['invalid', 'stop'],
    ['blocked', 'retry'],
    ['dns', 'retry'],
    ['connect', 'retry'],
    ['tls', 'retry'],
    ['timeout', 'retry'],
  ] as const)('%s: %s, in the words that came', async (reason, kind) => {
    const mailbox = fakeMailbox()
    mailbox.onCommand = (command) =>
      command === 'connect' ? fakeFailure(reason, 'Authentication failed.') : undefined
    const end = await rig(mailbox).run()
    expect(end).toMatchObject({ kind })
    expect(end?.reason).toContain('Authentication failed.')
  })

  test('a connection that breaks at any command: nothing is lost, nothing stored twice', async () => {
    for (let breaksAt = 1; breaksAt < 14; breaksAt += 1) {
      const mailbox = fakeMailbox()
      for (let n = 1; n <= 250; n += 1) mailbox.add('INBOX', mail(n))
      const { run, stored, state } = rig(mailbox)
      let left = breaksAt
      mailbox.onCommand = () => {
        left -= 1
        return left === 0 ? fakeFailure('lost') : undefined
      }
      await run()
      mailbox.onCommand = () => undefined
      await run()
      expect(stored.size).toBe(250)
      expect(state.duplicates).toBe(0)
    }
  })
})
