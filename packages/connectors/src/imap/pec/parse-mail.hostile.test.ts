/** Mail made to hurt: broken, endless, enormous. Each must end in an answer, and soon; nothing may throw. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMail, type ParsedMail } from './parse-mail.ts'
import { daticertXml, pecLines, pecMail } from './pec-fixture.ts'

const head =
  'From: a@b.it\r\nX-Ricevuta: accettazione\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
const xmlPart = (encoding: string): string =>
  `--b\r\nContent-Type: application/xml; name=daticert.xml\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`
const filled = (unit: string, bytes: number): Buffer => Buffer.alloc(bytes, unit, 'latin1')
const after = (text: string, unit: string, bytes: number): Buffer =>
  Buffer.concat([Buffer.from(text), filled(unit, bytes)])
const nested = (levels: number): string =>
  Array.from(
    { length: levels },
    (_, i) =>
      `--${i === 0 ? 'b' : `n${i - 1}`}\r\nContent-Type: multipart/mixed; boundary=n${i}\r\n\r\n`,
  ).join('')

/** Parses and checks the CPU time (not the clock: the machine may be busy): the bound is 2 s, what we measured is under 0.6 s. */
const inTime = async (raw: Uint8Array): Promise<ParsedMail> => {
  const start = process.threadCpuUsage()
  const parsed = await parseMail(raw)
  const { user, system } = process.threadCpuUsage(start)
  expect((user + system) / 1000).toBeLessThan(2000)
  return parsed
}

const reasonOf = (parsed: ParsedMail): string => (parsed.ok ? 'ok' : parsed.reason)
const warningsOf = (parsed: ParsedMail): string => (parsed.ok ? parsed.warnings.join() : '')

describe('what is not a mail', () => {
  it.each([
    ['no bytes', 'empty', () => Buffer.alloc(0)],
    ['line ends alone', 'not_a_message', () => Buffer.from('\r\n\r\n\n')],
    ['binary junk', 'not_a_message', () => filled('\x00\x01\xff\n', 5000)],
    ['a text without headers', 'not_a_message', () => Buffer.from('hello\n\nSubject: x\n')],
    ['a text with a colon', 'not_a_message', () => Buffer.from('Note: hello\n\ntext')],
    ['40 MB of binary junk', 'not_a_message', () => filled('\x00\x01\xff', 40_000_000)],
  ])('%s is refused as %s', async (_, reason, raw) => {
    const parsed = await inTime(raw())
    expect(reasonOf(parsed)).toBe(reason)
    expect(parsed).toHaveProperty('detail', expect.stringMatching(/\w{3}/))
  })

  it('a header block without body is a mail', async () => {
    expect(reasonOf(await parseMail(Buffer.from('Subject: only')))).toBe('ok')
  })
})

describe('a mail over a bound is refused', () => {
  it.each([
    ['of 51 MB', () => after(head, 'x', 51_000_000), 'too_large'],
    ['with a header of 200 MB', () => after('From: a@b.it\r\nX: ', 'a', 200_000_000), 'too_large'],
    [
      'with a header of 40 MB',
      () => after('From: a@b.it\r\nX: ', 'a', 40_000_000),
      'headers_too_large',
    ],
    [
      'with a header line never ended',
      () => after(`${head}--b\r\nX: `, 'a', 9_000_000),
      'headers_too_large',
    ],
    ['of a million parts', () => after(head, '--b\r\n\r\nx\r\n', 10_000_000), 'too_many_parts'],
    [
      'of a million multiparts',
      () => after(head, '--b\r\nContent-Type: multipart/mixed\r\n\r\n', 38_000_000),
      'too_many_parts',
    ],
    ['1,000 deep', () => Buffer.from(head + nested(1000)), 'too_deep'],
    [
      'with 60 KB of headers in each part',
      () => after(head, `--b\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`, 40_000_000),
      'headers_too_large',
    ],
  ])('%s', async (_, raw, reason) => {
    expect(reasonOf(await inTime(raw()))).toBe(reason)
  })
})

describe('a mail that takes long elsewhere is read in time', () => {
  it.each([
    ['lines of dashes', () => after(head, '\n--', 49_000_000)],
    ['almost-delimiters', () => after(head, '\n--bx', 49_000_000)],
    ['delimiters with endless padding', () => after(head, `\n--b${' '.repeat(1000)}x`, 49_000_000)],
    ['empty lines', () => after(head, '\n', 49_000_000)],
    [
      '10 levels whose boundaries almost match',
      () => after(head + nested(9), `\n--n${'1'.repeat(60)}`, 49_000_000),
    ],
    [
      'rfc822 in rfc822',
      () => after('From: a@b.it\r\n', 'Content-Type: message/rfc822\r\n\r\n', 9_000_000),
    ],
    [
      'a million parts inside the enclosed message',
      () =>
        after(`${head}--b\r\nContent-Type: message/rfc822\r\n\r\n`, '--q\r\n\r\nx\r\n', 40_000_000),
    ],
    ['endless address groups', () => after('From: a@b.it\r\nTo: ', 'a:', 250_000)],
    ['35,000 addresses', () => after('From: a@b.it\r\nTo: ', 'a@b.it,', 245_000)],
    ['brackets never closed', () => after('From: ', '<"(', 250_000)],
    ['encoded words', () => after('From: a@b.it\r\nSubject: ', '=?utf-16?b?//79?= ', 250_000)],
    ['folded lines', () => after('From: a@b.it\r\nSubject: x', '\r\n x', 250_000)],
    ['parameters', () => after('From: a@b.it\r\nContent-Type: multipart/mixed', ';a="', 250_000)],
  ])('%s', async (_, raw) => {
    expect(reasonOf(await inTime(raw()))).toBe('ok')
  })
})

describe('a hostile daticert.xml costs the receipt its data and no more', () => {
  it.each([
    ['100 MB-style base64 on one line', 'base64', 'A', 45_000_000],
    ['base64 made of padding', 'base64', 'A=', 4_000_000],
    ['base64 padded now and then', 'base64', `A=${'A'.repeat(36)}`, 1_500_000],
    ['quoted-printable of empty lines', 'quoted-printable', '\n', 3_300_000],
    ['plain text', '8bit', '<a>', 3_000_000],
  ])('%s', async (_, encoding, unit, bytes) => {
    const parsed = await inTime(after(head + xmlPart(encoding), unit, bytes))
    expect(reasonOf(parsed)).toBe('ok')
    expect(warningsOf(parsed)).toContain('not used')
  })
})

describe('any bytes at all', () => {
  const valid = Buffer.from(pecMail({ xml: daticertXml({ oggetto: 'è' }) }))

  it('give an answer', async () => {
    const bytes = fc.uint8Array({ maxLength: 2000 })
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (body, headed) => {
        const raw = headed ? Buffer.concat([Buffer.from(head), body]) : body
        const parsed = await parseMail(raw)
        const told = parsed.ok ? JSON.stringify(parsed.event) : parsed.detail
        expect(told).not.toMatch(/^$|\\u0000/u)
      }),
      { numRuns: 300 },
    )
  })

  it('put over a good receipt never throw, and behind its headers never cost the receipt', async () => {
    const lines = pecLines()
    const at = fc.nat({ max: valid.length })
    await fc.assert(
      fc.asyncProperty(at, fc.uint8Array({ maxLength: 40 }), async (start, junk) => {
        const damaged = Buffer.from(valid)
        damaged.set(junk.slice(0, valid.length - start), start)
        const parsed = await parseMail(damaged)
        const headerBytes = lines.slice(0, lines.indexOf('')).join('\r\n').length
        expect(start > headerBytes && !parsed.ok).toBe(false)
        expect(parsed.ok && !parsed.event.data.subject.isWellFormed()).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('cut off anywhere after the headers are still the receipt that the headers tell', async () => {
    expect.hasAssertions()
    const headerEnd = valid.indexOf('\r\n\r\n')
    const lengths = fc.integer({ min: headerEnd, max: valid.length })
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => {
        const parsed = await parseMail(valid.subarray(0, length))
        expect(parsed).toMatchObject({ ok: true, event: { data: { pec_type: 'accettazione' } } })
      }),
      { numRuns: 150 },
    )
  })

  it('from a view over a larger buffer are read from the view alone', async () => {
    const larger = Buffer.concat([Buffer.from('junk'), valid, Buffer.from('junk')])
    const view = larger.subarray(4, 4 + valid.length)
    expect(await parseMail(view)).toEqual(await parseMail(valid))
  })
})
