/** daticert.xml alone: what is read, what is tolerated, and that no declaration ever reaches the XML parser. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toIso } from '@carillon/domain/clock'
import { daticertBounds, parseDaticert, type Daticert } from './daticert.ts'
import { daticertXml } from './pec-fixture.ts'

const utf8 = (text: string): Uint8Array => Buffer.from(text)
const utf16 = (text: string, order: 'le' | 'be', bom = true): Uint8Array => {
  const bytes = Buffer.from((bom ? '\ufeff' : '') + text, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}

const read = (bytes: Uint8Array): Daticert => {
  const result = parseDaticert(bytes)
  if (!result.ok) throw new Error(result.reason)
  return result.daticert
}

const reasonOf = (bytes: Uint8Array): string => {
  const result = parseDaticert(bytes)
  return result.ok ? 'ok' : result.reason
}

const date = (zona: string, giorno: string, ora: string): string | undefined => {
  const data = `<data zona="${zona}"><giorno>${giorno}</giorno><ora>${ora}</ora></data>`
  const { issuedAt } = read(utf8(daticertXml({ data })))
  return issuedAt === undefined ? undefined : toIso(issuedAt)
}

describe('the date', () => {
  it.each([
    ['+0200', '16/09/2026', '00:30:00', '2026-09-15T22:30:00.000Z'],
    ['+02:00', '25/10/2026', '02:30:00', '2026-10-25T00:30:00.000Z'],
    ['+0100', '25/10/2026', '02:30:00', '2026-10-25T01:30:00.000Z'],
    ['-0330', '31/12/2026', '23:00:00', '2027-01-01T02:30:00.000Z'],
    ['+0000', '29/02/2028', '9:05:00', '2028-02-29T09:05:00.000Z'],
  ])('in zone %s, %s %s, is %s', (zona, giorno, ora, expected) => {
    expect(date(zona, giorno, ora)).toBe(expected)
  })

  it.each([
    ['', '15/09/2026', '12:00:00'],
    ['CEST', '15/09/2026', '12:00:00'],
    ['+2500', '15/09/2026', '12:00:00'],
    ['+0200', '31/02/2026', '12:00:00'],
    ['+0200', '2026-09-15', '12:00:00'],
    ['+0200', '15/09/2026', '25:00:00'],
  ])('in zone "%s", %s %s, is none, with a warning', (zona, giorno, ora) => {
    expect(date(zona, giorno, ora)).toBeUndefined()
    const data = `<data zona="${zona}"><giorno>${giorno}</giorno><ora>${ora}</ora></data>`
    const result = parseDaticert(utf8(daticertXml({ data })))
    expect(result).toMatchObject({ ok: true, warnings: ['daticert.xml has no readable date'] })
  })
})

describe('the text', () => {
  const subject = 'Città è perché'
  const xml = daticertXml({ oggetto: subject })
  const declared = (encoding: string): string => xml.replace('UTF-8', encoding)

  it.each([
    ['UTF-8', utf8(xml)],
    ['UTF-8 with a BOM and blank lines before', utf8(`\ufeff\r\n ${xml}`)],
    ['ISO-8859-1', Buffer.from(declared('ISO-8859-1'), 'latin1')],
    ['windows-1252', Buffer.from(declared('windows-1252'), 'latin1')],
    ['UTF-16 little-endian', utf16(declared('UTF-16'), 'le')],
    ['UTF-16 big-endian', utf16(declared('UTF-16'), 'be')],
    ['UTF-16 without a BOM', utf16(declared('UTF-16'), 'le', false)],
    ['no declared encoding', utf8(xml.replace(' encoding="UTF-8"', ''))],
    ['UTF-16 declared, UTF-8 meant', utf8(declared('UTF-16'))],
  ])('is read in %s', (_, bytes) => {
    expect(read(bytes).subject).toBe(subject)
  })

  it('that claims UTF-8 and is Latin-1 is read with a warning', () => {
    const result = parseDaticert(Buffer.from(xml, 'latin1'))
    expect(result).toMatchObject({ ok: true, daticert: { subject } })
    expect(result.ok && result.warnings).toHaveLength(1)
  })

  it('keeps a replacement character that the provider wrote', () => {
    expect(read(utf8(daticertXml({ oggetto: 'perch\ufffd è' }))).subject).toBe('perch\ufffd è')
  })

  it('in an encoding that we do not read is refused', () => {
    expect(reasonOf(utf8(declared('UTF-7')))).toContain('encoding')
  })

  it('may have CDATA, comments, stray text, elements nobody knows, names in other case, bytes at the end', () => {
    const odd = daticertXml({ oggetto: '<![CDATA[A & B]]>', more: '<nuovo><x/></nuovo>' })
      .replace('<dati>', '<!-- c --> stray <DATI>')
      .replace('</dati>', '</DATI>')
      .replace('tipo="accettazione"', 'Tipo=" Accettazione "')
    expect(read(utf8(`${odd}\r\n\r\n`))).toMatchObject({
      subject: 'A & B',
      wireType: 'accettazione',
      identifier: 'opec1.1@gestore.example',
    })
    const trailing = parseDaticert(utf8(`${odd}garbage<postacert>`))
    expect(trailing).toMatchObject({ ok: true, daticert: { subject: 'A & B' } })
  })
})

describe('the fields', () => {
  it('are taken from their own place and the first time only', () => {
    const xml = daticertXml({
      more: '<consegna>b@pec.example</consegna><consegna>evil@x.example</consegna><mittente>evil@x.example</mittente>',
    })
    expect(read(utf8(xml))).toMatchObject({ sender: 'a@pec.example', deliveredTo: 'b@pec.example' })
  })

  it('give unknown values of tipo and errore back, and nessuno as no error', () => {
    const odd = daticertXml({ tipo: 'superamento-tempi-massimi', errore: 'eccezione-formale' })
    expect(read(utf8(odd))).toMatchObject({
      wireType: 'superamento-tempi-massimi',
      error: 'eccezione-formale',
    })
    expect(read(utf8(daticertXml())).error).toBeUndefined()
  })

  it('take a recipient without tipo for certificato and leave out what is no address', () => {
    const xml = daticertXml().replace(
      /<destinatari.*destinatari>/u,
      '<destinatari>B@x.example</destinatari><destinatari>nobody</destinatari>',
    )
    expect(read(utf8(xml)).recipients).toEqual([{ address: 'b@x.example', type: 'certificato' }])
  })

  it('stop at 1,000 recipients', () => {
    const destinatari = Array.from(
      { length: 1500 },
      (_, i) => ['certificato', `u${i}@x.example`] as const,
    )
    const result = parseDaticert(utf8(daticertXml({ destinatari })))
    expect(result.ok && result.daticert.recipients).toHaveLength(daticertBounds.maxRecipients)
    expect(result.ok && result.warnings.join()).toContain('1500')
  })
})

describe('what is refused', () => {
  const xml = daticertXml()
  const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>${xml.replace('Prova', '&b;')}`
  const external = `<!DOCTYPE postacert SYSTEM "file:///etc/passwd">${xml}`
  const parameter = `<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1/">%p;]>${xml}`

  it.each([
    ['billion laughs', laughs],
    ['an external DTD', external],
    ['parameter entities', parameter],
    ['a DOCTYPE in lower case', external.replace('DOCTYPE', 'doctype')],
    ['a lone ENTITY', xml.replace('<dati>', '<!ENTITY a "b"><dati>')],
    ['a DOCTYPE behind the end', `${xml}<!DOCTYPE x>`],
  ])('%s, in UTF-8 and every form of UTF-16', (_, text) => {
    for (const bytes of [
      utf8(text),
      utf8(`\ufeff${text}`),
      utf16(text, 'le'),
      utf16(text, 'be'),
      utf16(text, 'le', false),
      utf16(text, 'be', false),
      // UTF-32, which we do not read: refused for what it says all the same, before any decoding.
      Buffer.from(Array.from(text).join('\0\0\0')),
    ]) {
      expect(reasonOf(bytes)).toContain('DOCTYPE')
    }
  })

  it.each([
    ['over 1 MiB', `${xml}${' '.repeat(1024 * 1024)}`, '1 MiB'],
    ['11 levels', `<postacert>${'<a>'.repeat(10)}${'</a>'.repeat(10)}</postacert>`, 'too deep'],
    ['200,000 elements', `<postacert>${'<a/>'.repeat(200_000)}</postacert>`, 'too many elements'],
    ['an entity never declared', xml.replace('Prova', '&prova;'), 'not well-formed'],
    ['a cut file', xml.slice(0, -20), 'not well-formed'],
    ['another root', '<a><postacert/></a>', 'not <postacert>'],
    ['nothing', '', 'not well-formed'],
  ])('%s', (_, text, reason) => {
    expect(reasonOf(utf8(text))).toContain(reason)
  })

  it('leaves 10 levels alone', () => {
    const deep = `<postacert>${'<a>'.repeat(9)}${'</a>'.repeat(9)}</postacert>`
    expect(reasonOf(utf8(deep))).toBe('ok')
  })

  it('never throws and never lets a declaration through, whatever the bytes', () => {
    const pieces = fc.constantFrom(
      '<!DOCTYPE a>',
      '<postacert>',
      '</postacert>',
      '<a ',
      '&lt;',
      '\0',
      ']]>',
      '<!--',
      '"',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        const result = parseDaticert(utf8(text))
        expect(text.includes('<!DOCTYPE') && result.ok).toBe(false)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof parseDaticert(bytes).ok).toBe('boolean')
      }),
    )
  })
})
