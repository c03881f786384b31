/** reliability.md T-X4: whatever is typed into a mail, its headers and its envelope are those that were meant. */
import type { SmtpMail } from '@carillon/connectors/smtp-port'
import { startScriptedSmtpPeer } from '@carillon/testkit/bad-peers-smtp'
import * as fc from 'fast-check'
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { composeMail } from './smtp-mail.ts'
import { createSmtpOut } from './smtp-out.ts'

const plain: SmtpMail = {
  from: { address: 'shop@example.com' },
  to: { address: 'ann@example.org' },
  subject: 'Paid',
  text: 'Thank you.',
  messageId: 'dlv_1@example.com',
  date: new Date(Date.UTC(2026, 0, 2)),
}
const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
const dkim = { domain: 'example.com', selector: 's1', privateKey: 'no key' }
const to = (address: string, name?: string): Partial<SmtpMail> => ({
  to: { address, ...(name !== undefined && { name }) },
})

describe('a mail is not valid', () => {
  test.each<[string, Partial<SmtpMail>]>([
    ['with CRLF in the subject', { subject: 'a\r\nBcc: eve@example.net' }],
    ['with LF in the subject', { subject: 'a\nb' }],
    ['with NUL in the subject', { subject: 'a\u0000b' }],
    ['with an endless subject', { subject: 'a'.repeat(1_000) }],
    ['with CRLF in a name', to('ann@example.org', 'a\r\nBcc: eve@example.net')],
    ['with CRLF in an address', to('ann@example.org\r\nBcc: eve@example.net')],
    ['with two addresses', to('ann@example.org, eve@example.net')],
    ['with a bracket in the address', to('ann@example.org>')],
    ['with a quoted local part', to('"eve@example.net x"@example.org')],
    ['with two at signs', to('ann@example.org@example.net')],
    ['with a comment', to('ann(x)@example.org')],
    ['with a group', to('x:ann@example.org;')],
    ['with no domain', to('ann')],
    ['with no local part', to('@example.org')],
    ['with a dot at the end of the local part', to('ann.@example.org')],
    ['with an address literal', to('ann@[127.0.0.1]')],
    ['with a space', to('an n@example.org')],
    ['with a line break in the domain', to('ann@exam\r\nple.org')],
    ['with a tab in an international domain', to('ann@b\tü.example')],
    ['with an encoded domain', to('ann@ex%41mple.org')],
    ['with a path', to('ann@example.org/x')],
    ['with an endless local part', to(`${'a'.repeat(65)}@example.org`)],
    ['with no address', to('')],
    ['with CRLF in the sender', { from: { address: 'a@b\r\nc' } }],
    ['with CRLF in Reply-To', { replyTo: { address: 'a@b.c', name: '\r\n' } }],
    ['with a Message-ID in brackets', { messageId: '<a@b>' }],
    ['with a Message-ID in two lines', { messageId: 'a@b\r\nc' }],
    ['with a Message-ID without domain', { messageId: 'a' }],
    ['with no date', { date: new Date(Number.NaN) }],
    ['with a header of its own', { headers: { Bcc: 'eve@example.net' } }],
    ['with a typed header once more', { headers: { From: 'eve@example.net' } }],
    ['with a content header', { headers: { 'Content-Type': 'text/html' } }],
    ['with a header name in two lines', { headers: { 'X-A\r\nBcc': 'x' } }],
    ['with a header value in two lines', { headers: { 'X-A': 'x\r\nBcc: eve@example.net' } }],
    ['with a header value that is not ASCII', { headers: { 'List-Unsubscribe': '<https://ü>' } }],
    ['with a header twice', { headers: { 'X-A': '1', 'x-a': '2' } }],
    ['with an empty header', { headers: { 'X-A': ' ' } }],
    ['with a DKIM key that is none', { dkim }],
    ['with a DKIM key of another kind', { dkim: { ...dkim, privateKey: ed25519.toString() } }],
    ['with a DKIM selector that ends the tag', { dkim: { ...dkim, selector: 's; d=evil' } }],
    ['with a DKIM domain that is none', { dkim: { ...dkim, domain: 'a b' } }],
  ])('%s', async (_what, changes) => {
    expect(await composeMail({ ...plain, ...changes })).toMatchObject({ ok: false })
  })
})

type Transcript = {
  readonly lines: readonly string[]
  readonly headers: readonly (readonly [string, string])[]
}

const headersOf = (message: string): readonly (readonly [string, string])[] =>
  (message.split('\r\n\r\n')[0] ?? '')
    .replace(/\r\n[ \t]/g, ' ')
    .split('\r\n')
    .map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1).trim()] as const)

const specials = fc.constantFrom(...'aZ0 .,:;<>()[]"@\\=?_-'.split(''))
const exotic = fc.constantFrom('é', '€', '\u202e', '=?UTF-8?Q?=0D=0A?=', '😀', '\ud800', '\ufeff')
const breaking = fc.constantFrom('\r\n', '\n', '\r', '\u0000', '\t', '\u0085', '\u2028', '\u007f')
const mild = fc.string({
  unit: fc.oneof({ weight: 6, arbitrary: specials }, { weight: 1, arbitrary: exotic }),
  maxLength: 16,
})
const hostile = fc.oneof(
  { weight: 3, arbitrary: mild },
  {
    weight: 1,
    arbitrary: fc.tuple(mild, breaking, mild).map((parts) => parts.join('')),
  },
)
const hostileAddress = fc.oneof(
  hostile.map((local) => `${local}@example.org`),
  hostile.map((local) => `a${local}b@example.org`),
  hostile.map((domain) => `ann@${domain}`),
  hostile.map((domain) => `ann@a${domain}b.example`),
  hostile,
)
/** One or two fields at a time: a mail that is hostile everywhere is refused for its first field already. */
const hostileChange: fc.Arbitrary<Partial<SmtpMail>> = fc.oneof(
  hostile.map((name) => ({ from: { name, address: 'shop@example.com' } })),
  hostile.map((name) => to('ann@example.org', name)),
  fc.tuple(hostileAddress, mild).map(([address, name]) => to(address, name)),
  fc.tuple(hostileAddress, mild).map(([address, name]) => ({ replyTo: { address, name } })),
  hostile.map((subject) => ({ subject })),
  hostile.map((text) => ({ text })),
  hostile.map((messageId) => ({ messageId: `${messageId}@example.com` })),
  hostile.map((value) => ({ headers: { 'X-A': value, 'List-Unsubscribe': `<https://${value}>` } })),
  hostile.map((name) => ({ headers: { [name]: 'x' } })),
)
const hostileMail = fc
  .tuple(hostileChange, hostileChange)
  .map(([one, other]): SmtpMail => ({ ...plain, ...one, ...other }))

test('hostile fields are either not sent or change neither the headers nor the recipients', async () => {
  await using peer = await startScriptedSmtpPeer()
  const out = createSmtpOut({ allowPrivate: ['127.0.0.0/8'], maxMessagesPerSession: 100_000 })
  const sendAndListen = async (mail: SmtpMail): Promise<Transcript | undefined> => {
    const [linesBefore, messagesBefore] = [peer.lines.length, peer.messages.length]
    const server = { host: peer.host, port: peer.port, security: 'none' } as const
    const reply = await out.port.send(server, mail, new AbortController().signal)
    const lines = peer.lines.slice(linesBefore).filter((line) => !line.startsWith('EHLO'))
    const isSent = reply.kind === 'accepted'
    const outcome = reply.kind === 'not_sent' ? reply.reason : reply.kind
    expect(['accepted', 'invalid']).toContain(outcome)
    expect(lines).toHaveLength(isSent ? 3 : 0)
    expect(peer.messages).toHaveLength(messagesBefore + (isSent ? 1 : 0))
    if (!isSent) return undefined
    return { lines, headers: headersOf(peer.messages[messagesBefore] ?? '') }
  }
  const sent = { count: 0 }
  await fc.assert(
    fc.asyncProperty(hostileMail, async (mail) => {
      const heard = await sendAndListen(mail)
      if (heard === undefined) return
      sent.count += 1
      const extra = Object.keys(mail.headers ?? {})
      const names = heard.headers
        .map(([name]) => name.toLowerCase())
        .filter((name) => name !== 'content-transfer-encoding')
        .sort()
      const replyTo = mail.replyTo === undefined ? [] : ['reply-to']
      const base = ['from', 'to', ...replyTo, 'message-id', 'date', 'mime-version', 'content-type']
      const optional = /[^ \t]/.test(mail.subject) ? ['subject'] : []
      const expected = [...base, ...optional, ...extra]
      expect(names).toEqual(expected.map((name) => name.toLowerCase()).sort())
      const [from, rcpt, data, ...more] = heard.lines
      expect([data, more]).toEqual(['DATA', []])
      expect(from).toMatch(/^MAIL FROM:<shop@example\.com>( |$)/)
      const recipient = /^RCPT TO:<([^<>\s]+)>$/.exec(rcpt ?? '')?.[1] ?? 'none'
      const written = heard.headers.find(([name]) => name === 'To')?.[1] ?? ''
      expect(written === recipient || written.endsWith(`<${recipient}>`)).toBe(true)
    }),
    { numRuns: 5_000 },
  )
  // The generator must not be so hostile that nothing is ever sent.
  expect(sent.count).toBeGreaterThan(500)
  await out.close()
})
