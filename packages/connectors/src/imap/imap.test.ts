import { instant } from '@carillon/domain/clock'
import { describe, expect, test } from 'vitest'
import { fakeFailure, fakeMailbox, type FakeMailbox } from './fake-mailbox.ts'
import { connector } from './imap.ts'
import type { MailboxSettings } from './read-mailbox.ts'

const now = instant(Date.parse('2026-11-22T10:00:00Z'))
const settings: MailboxSettings = {
  host: 'imap.example.org',
  port: 993,
  security: 'tls',
  user: 'ufficio',
  address: 'ufficio@pec.example',
}

describe('"test credentials"', () => {
  const verify = async (mailbox: FakeMailbox, over: Partial<MailboxSettings> = {}) =>
    await connector.verify?.({
      settings: { ...settings, ...over },
      secrets: { password: 'secret' },
      imap: mailbox.port,
      http: { request: async () => await Promise.reject(new Error('no http')) },
      smtp: {
        send: async () => await Promise.reject(new Error('no smtp')),
        verify: async () => await Promise.reject(new Error('no smtp')),
      },
      now,
      signal: new AbortController().signal,
    })

  test('logs in and opens every folder', async () => {
    const mailbox = fakeMailbox()
    expect(await verify(mailbox)).toEqual({
      ok: true,
      detail: 'The server tells of new mail at once (IDLE). Folders: INBOX',
    })
    expect(mailbox.connections).toBe(0)
  })

  test('names the folders that there are when one is missing', async () => {
    expect(await verify(fakeMailbox(), { folders: ['Posta'] })).toMatchObject({
      ok: false,
      detail: 'Folders: INBOX',
    })
  })

  test('hands on why there is no connection', async () => {
    const mailbox = fakeMailbox()
    mailbox.onCommand = () => fakeFailure('auth', 'Authentication failed.')
    expect(await verify(mailbox)).toEqual({ ok: false, error: 'Authentication failed.' })
  })
})

test('settings that can not work are refused with the remedy', () => {
  const check = (over: Partial<MailboxSettings>) =>
    connector.check?.({ ...settings, ...over }, {}).map(({ pointer }) => pointer)
  expect(check({})).toEqual([])
  expect(check({ pollEvery: '5m', since: '2026-11-01' })).toEqual([])
  expect(check({ pollEvery: '2h' })).toEqual(['/settings/pollEvery'])
  expect(check({ since: '2026-02-30' })).toEqual(['/settings/since'])
  const ca = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'
  expect(check({ trust: { ca } })).toEqual(['/settings/trust/ca'])
  expect(check({ trust: { ca: '-----BEGIN CERTIFICATE-----' } })).toEqual(['/settings/trust/ca'])
})

test('what was in quarantine is read again, its signature checked as of when it came', async () => {
  const asked: { from: string; at: number }[] = []
  const keptAt = instant(now - 86_400_000)
  const reread = async (raw: string, over: Partial<MailboxSettings> = {}) =>
    await connector.source?.reread?.(
      { id: 'x', raw: Buffer.from(raw), keptAt },
      {
        settings: { ...settings, ...over },
        secrets: { password: 'secret' },
        http: { request: async () => await Promise.reject(new Error('no http')) },
        render: () => ({ ok: false, reason: 'no templates' }),
        now,
        signal: new AbortController().signal,
        integration: { id: 'int_x', name: 'x' },
        verifySignature: async ({ from, at }) => {
          asked.push({ from, at })
          return { valid: false, signer: null, issuer: null, expired: false, reason: 'asked' }
        },
      },
    )
  const unsigned = 'Subject: now\r\nX-Ricevuta: accettazione\r\n\r\nx'
  expect(await reread(unsigned)).toMatchObject({
    events: [
      {
        type: 'mail.received',
        data: { subject: 'now', pec: { kind: 'receipt', signature: { valid: false } } },
      },
    ],
    unreadable: [],
  })
  expect(asked).toEqual([])
  expect(JSON.stringify(await reread(unsigned, { pec: false }))).not.toContain('"signature"')
  const signed = await reread(signedReceipt)
  expect(signed).toMatchObject({ events: [{ data: { pec: { signature: { reason: 'asked' } } } }] })
  expect(asked).toEqual([{ from: 'posta-certificata@gestore.example', at: keptAt }])
  expect(await reread('no mail at all')).toMatchObject({ events: [], unreadable: [{}] })
})

/** Nobody checks it here. */
const signedReceipt = [
  'From: posta-certificata@gestore.example',
  'X-Ricevuta: accettazione',
  'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="outer"',
  '',
  '--outer',
  'Content-Type: multipart/mixed; boundary="inner"',
  '',
  '--inner',
  'Content-Type: text/plain',
  '',
  'Una ricevuta',
  '--inner--',
  '--outer',
  'Content-Type: application/pkcs7-signature; name="smime.p7s"',
  'Content-Transfer-Encoding: base64',
  '',
  'AAAA',
  '--outer--',
  '',
].join('\r\n')
