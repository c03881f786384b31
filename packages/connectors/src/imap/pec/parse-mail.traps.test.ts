/** The traps of certified mail: what is inside an envelope and must not be taken for it. */
import { describe, expect, it } from 'vitest'
import { eventOf, pecOf } from './event-of.ts'
import {
  daticertXml,
  envelopeHeaders,
  pecLines,
  pecMail,
  postacert,
  receiptHeaders,
  type PecFixture,
} from './pec-fixture.ts'

describe('finding daticert.xml', () => {
  const inner = pecLines(
    {
      headers: receiptHeaders('avvenuta-consegna'),
      xml: daticertXml({ mittente: 'attacker@evil.example', tipo: 'avvenuta-consegna' }),
    },
    'inner',
  )

  it('never looks into the enclosed message, which may have one and come first', async () => {
    const first: PecFixture = { xml: null, parts: [postacert(inner)] }
    const pec = await pecOf(first)
    expect(pec.sender).toBeNull()
    expect(pec.warnings.join()).toContain('missing at the level of the envelope')
    const outer = pecLines({ parts: [postacert(inner)] })
    expect((await eventOf(outer)).data.pec?.sender).toBe('a@pec.example')
  })

  it('never uses the one of a bounced certified mail inside an anomaly envelope', async () => {
    const headers = envelopeHeaders('errore', ['Message-ID: <bounce@mx.example>'])
    for (const parts of [[postacert(inner)], [inner.slice(8).join('\n')]]) {
      const { data } = await eventOf(pecMail({ headers, parts }))
      expect(data.pec_type).toBe('unknown')
      expect(data.pec).toMatchObject({ kind: 'anomaly', identifier: null, recipients: [] })
      expect(data.from_address).toBe('a@pec.example')
    }
  })

  it('does not take one from a multipart below the envelope', async () => {
    const nested = inner.slice(inner.findIndex((line) => line.startsWith('Content-Type')))
    const pec = await pecOf({ xml: null, parts: [nested.join('\n')] })
    expect(pec.sender).toBeNull()
  })

  it('takes no enclosed message for it, even one named daticert.xml', async () => {
    const named = ['Content-Type: message/rfc822; name="daticert.xml"', '', daticertXml()]
    expect((await pecOf({ xml: null, parts: [named.join('\n')] })).sender).toBeNull()
  })

  it('uses none of two that are there', async () => {
    const second = ['Content-Type: text/xml; name="DATICERT.XML"', '', daticertXml()].join('\n')
    expect((await pecOf({ parts: [second] })).warnings.join()).toContain('more than once')
  })

  const quoted = daticertXml({ oggetto: 'perché' })
    .replaceAll('=', '=3D')
    .replace('é', '=C3=A9')
    .replace('<intestazione>', '<intest=\nazione>')

  it.each([
    [
      'quoted-printable',
      quoted,
      ['Content-Type: text/xml; name=daticert.xml', 'Content-Transfer-Encoding: Quoted-Printable'],
    ],
    [
      'as plain 8bit text under a name in other case',
      daticertXml({ oggetto: 'perché' }),
      [
        'Content-Type: text/plain; charset=utf-8',
        'Content-Disposition: inline;\n FileName="DatiCert.XML"',
        'Content-Transfer-Encoding: 8bit',
      ],
    ],
    [
      'under a name by RFC 2231',
      daticertXml({ oggetto: 'perché' }),
      ["Content-Type: application/xml; name*=us-ascii''DATICERT%2Exml"],
    ],
    [
      'under a name in an encoded word',
      daticertXml({ oggetto: 'perché' }),
      ['Content-Type: application/octet-stream; name="=?utf-8?Q?daticert.xml?="'],
    ],
  ])('reads it %s', async (_, body, headers) => {
    const pec = await pecOf({ xmlPart: { headers, body } })
    expect(pec).toMatchObject({ warnings: [], subject: 'perché', provider: 'Gestore S.p.A.' })
  })
})

describe('the envelope itself', () => {
  const inner = [
    'From: boss@evil.example',
    'Subject: inner',
    'Message-ID: <inner@evil.example>',
    'X-Ricevuta: avvenuta-consegna',
    'X-Trasporto: errore',
    'X-Riferimento-Message-ID: <inner-ref@evil.example>',
    '',
    'text',
  ]

  it('is described by its own headers, not by those of the message inside', async () => {
    const headers = envelopeHeaders('posta-certificata')
    const xmlless = pecMail({ headers, xml: null, parts: [postacert(inner)] })
    const { data } = await eventOf(xmlless)
    expect(data).toMatchObject({
      pec_type: 'posta_certificata',
      subject: 'POSTA CERTIFICATA: Prova',
      from_address: 'a@pec.example',
      message_id: '<opec1.1@gestore.example>',
    })
    expect(data.pec).toMatchObject({ reference_message_id: null, has_original: true })
  })

  it('reads the same from LF and CRLF', async () => {
    const lf = await eventOf(pecMail({ eol: '\n' }))
    expect(lf).toEqual(await eventOf(pecMail({ eol: '\r\n' })))
  })

  it('may come unsigned, which is told', async () => {
    const lines = pecLines()
    const from = lines.findIndex((line) => line.startsWith('Content-Type: multipart/mixed'))
    const unsigned = [...receiptHeaders('accettazione'), ...lines.slice(from, -6)]
    expect((await eventOf(unsigned)).data.pec).toMatchObject({
      signed: false,
      identifier: 'opec1.1@gestore.example',
    })
  })

  it('has its subject decoded over several encoded words and charsets', async () => {
    const subject =
      'Subject: =?utf-8?Q?Citt=C3?= =?utf-8?Q?=A0_?=\r\n =?iso-8859-1?Q?perch=E9?= =?windows-1252?B?gDEw?='
    const { data } = await eventOf(pecMail({ headers: receiptHeaders('accettazione', [subject]) }))
    expect(data.subject).toBe('Città perché€10')
  })

  it('may have raw Latin-1 in its subject', async () => {
    const raw = Buffer.from('From: x@example.org\r\nSubject: perch\xe9 no\r\n\r\n', 'latin1')
    expect((await eventOf(raw)).data.subject).toBe('perché no')
  })

  it('keeps UTF-8 text around a replacement character that the provider wrote', async () => {
    const mail = ['From: x@example.org', 'Subject: perch\ufffd è', '', '']
    expect((await eventOf(mail)).data.subject).toBe('perch\ufffd è')
  })

  it('gives text that a database can hold: no NUL, no lone surrogate', async () => {
    const { data } = await eventOf([
      'From: x@example.org',
      'Subject: =?utf-8?Q?a=00b?= =?utf-16le?B?ANg=?= c',
      '',
    ])
    expect(data.subject).not.toMatch(/\p{Cc}/u)
    expect(data.subject.isWellFormed()).toBe(true)
  })
})

const from = async (headers: readonly string[], xml: string | null): Promise<string | null> =>
  (await eventOf(pecMail({ headers, xml }))).data.from_address

describe('from_address', () => {
  it('of a transport envelope is the sender that daticert.xml certifies', async () => {
    const xml = daticertXml({ mittente: 'Real@Pec.Example' })
    expect(await from(envelopeHeaders('posta-certificata'), xml)).toBe('real@pec.example')
  })

  it.each([
    'From: "Per conto di: real@pec.example" <posta-certificata@gestore.example>',
    'From: Per conto di: real@pec.example <posta-certificata@gestore.example>',
    'From: =?utf-8?Q?Per_conto_di:_real@pec.example?= <posta-certificata@gestore.example>',
  ])('without daticert.xml comes from "%s"', async (line) => {
    const headers = envelopeHeaders('errore', [line, 'Reply-To: elsewhere@x.example'])
    expect(await from(headers, null)).toBe('real@pec.example')
  })

  it('falls back to Reply-To, then to From', async () => {
    const plain = 'From: "Per conto di: Mario" <posta-certificata@gestore.example>'
    const reply = envelopeHeaders('errore', [plain, 'Reply-To: real@pec.example'])
    expect(await from(reply, null)).toBe('real@pec.example')
    expect(await from(envelopeHeaders('errore', [plain]), null)).toBe(
      'posta-certificata@gestore.example',
    )
  })

  it('of a receipt is the provider, of ordinary mail never a name that looks like an address', async () => {
    expect(await from(receiptHeaders('accettazione'), daticertXml())).toBe(
      'posta-certificata@gestore.example',
    )
    const spoof = ['From: "Per conto di: boss@pec.example" <x@evil.example>', '', '']
    expect((await eventOf(spoof)).data.from_address).toBe('x@evil.example')
  })

  it('is null when there is none', async () => {
    expect((await eventOf(['Subject: x', '', ''])).data.from_address).toBeNull()
  })
})
