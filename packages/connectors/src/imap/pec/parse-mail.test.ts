/** What the parser makes of every kind of certified mail. Traps: `parse-mail.traps.test.ts`; hostile sizes: `parse-mail.hostile.test.ts`. */
import { describe, expect, it } from 'vitest'
import { eventOf, pecOf } from './event-of.ts'
import {
  daticertXml,
  envelopeHeaders,
  pecMail,
  postacert,
  receiptHeaders,
  type PecFixture,
} from './pec-fixture.ts'
import { pecTypes } from './pec-type.ts'

describe('the type of a certified mail', () => {
  it('is one of the ten names of the contract', () => {
    expect(pecTypes.join(' ')).toBe(
      'posta_certificata accettazione non_accettazione presa_in_carico avvenuta_consegna ' +
        'mancata_consegna errore_consegna preavviso_mancata_consegna rilevazione_virus unknown',
    )
  })

  it.each([
    ['accettazione', 'accettazione', false],
    ['non-accettazione', 'non_accettazione', true],
    ['presa-in-carico', 'presa_in_carico', false],
    ['avvenuta-consegna', 'avvenuta_consegna', true],
    ['errore-consegna', 'errore_consegna', true],
    ['preavviso-errore-consegna', 'preavviso_mancata_consegna', false],
    ['rilevazione-virus', 'rilevazione_virus', false],
    ['mancata-consegna', 'unknown', false],
  ])('X-Ricevuta %s is %s, final: %s', async (wire, type, final) => {
    const headers = receiptHeaders(wire)
    const { data } = await eventOf(pecMail({ headers, xml: daticertXml({ tipo: wire }) }))
    expect(data.pec_type).toBe(type)
    expect(data.pec).toMatchObject({ kind: 'receipt', wire_type: wire, final, warnings: [] })
  })

  it('is posta_certificata for a transport envelope, whatever its subject says', async () => {
    const headers = envelopeHeaders('posta-certificata', [
      'Subject: POSTA CERTIFICATA: Notifica di mancata consegna 141107829',
    ])
    const { data } = await eventOf(pecMail({ headers }))
    expect(data.pec_type).toBe('posta_certificata')
    expect(data.pec).toMatchObject({ kind: 'transport', final: false })
  })

  it('is unknown for an anomaly envelope, which is marked as one', async () => {
    const { data } = await eventOf(pecMail({ headers: envelopeHeaders('errore'), xml: null }))
    expect(data.pec_type).toBe('unknown')
    expect(data.pec).toMatchObject({ kind: 'anomaly', anomaly: true, warnings: [] })
  })

  it('is unknown without any pec for ordinary mail that only talks like a receipt', async () => {
    const { data } = await eventOf([
      'From: x@example.org',
      'Subject: ACCETTAZIONE: Prova',
      'X-Riferimento-Message-ID: <orig-1@app.example>',
      '',
      'X-Ricevuta: accettazione',
    ])
    expect(data.pec_type).toBe('unknown')
    expect(data).not.toHaveProperty('pec')
  })

  it('keeps a value of X-Trasporto that nobody has defined', async () => {
    const { data } = await eventOf(pecMail({ headers: envelopeHeaders('altra-cosa') }))
    expect(data.pec_type).toBe('unknown')
    expect(data.pec).toMatchObject({ kind: 'other', wire_type: 'altra-cosa', identifier: null })
  })

  it('takes X-Ricevuta before X-Trasporto, and an empty X-Ricevuta for none', async () => {
    const both = receiptHeaders('accettazione', ['X-Trasporto: posta-certificata'])
    expect((await eventOf(pecMail({ headers: both }))).data.pec_type).toBe('accettazione')
    const empty = envelopeHeaders('posta-certificata', ['X-Ricevuta:  '])
    expect((await eventOf(pecMail({ headers: empty }))).data.pec_type).toBe('posta_certificata')
  })

  it('does not depend on upper and lower case or on blanks around the value', async () => {
    const headers = receiptHeaders('x').map((line) =>
      line.startsWith('X-Ricevuta') ? 'X-RICEVUTA :  Avvenuta-Consegna \t' : line,
    )
    expect((await eventOf(pecMail({ headers }))).data.pec_type).toBe('avvenuta_consegna')
  })

  it('is the header when daticert.xml says something else, with a warning', async () => {
    const xml = daticertXml({ tipo: 'errore-consegna' })
    const { data } = await eventOf(pecMail({ xml }))
    expect(data.pec_type).toBe('accettazione')
    expect(data.pec?.warnings.join()).toContain('errore-consegna')
  })
})

const notice = (errorDetail: string): PecFixture => ({
  headers: receiptHeaders('preavviso-errore-consegna'),
  xml: daticertXml({
    tipo: 'preavviso-errore-consegna',
    errore: 'altro',
    more: `<consegna>b@pec.example</consegna><errore-esteso>${errorDetail}</errore-esteso>`,
  }),
})

describe('the two time-out notices', () => {
  it('tells the one after 24 hours by 5.4.1 at the start of errore-esteso', async () => {
    const { data } = await eventOf(pecMail(notice('5.4.1 - non consegnato in ventiquattro ore')))
    expect(data.pec_type).toBe('mancata_consegna')
    expect(data.pec).toMatchObject({ notice: '24h', final: true, recipient: 'b@pec.example' })
  })

  it.each(['non ancora consegnato dopo dodici ore', '5.4.10 - altro', 'errore 5.4.1'])(
    'takes "%s" for the one after 12 hours',
    async (detail) => {
      const { data } = await eventOf(pecMail(notice(detail)))
      expect(data.pec_type).toBe('preavviso_mancata_consegna')
      expect(data.pec).toMatchObject({ notice: '12h', final: false })
    },
  )

  it('does not make errore-consegna with 5.4.1 anything else', async () => {
    const xml = daticertXml({ more: '<errore-esteso>5.4.1 - host</errore-esteso>' })
    const headers = receiptHeaders('errore-consegna')
    expect((await eventOf(pecMail({ headers, xml }))).data.pec_type).toBe('errore_consegna')
  })
})

describe('what daticert.xml adds', () => {
  it('is all in data.pec', async () => {
    const xml = daticertXml({
      tipo: 'avvenuta-consegna',
      mittente: 'A@Pec.Example',
      destinatari: [
        ['certificato', 'B@pec.example'],
        ['esterno', 'c@ordinaria.example'],
      ],
      oggetto: 'Diffida &amp; messa in mora è',
      more: '<ricevuta tipo="breve"/><consegna>B@pec.example</consegna>',
    })
    const parts = [postacert(['From: a@pec.example', '', 'testo'])]
    expect(await pecOf({ headers: receiptHeaders('avvenuta-consegna'), xml, parts })).toEqual({
      kind: 'receipt',
      wire_type: 'avvenuta-consegna',
      anomaly: false,
      final: true,
      virus: false,
      notice: null,
      identifier: 'opec1.1@gestore.example',
      reference_message_id: '<orig-1@app.example>',
      error: null,
      error_detail: null,
      recipient: 'b@pec.example',
      recipients: [
        { address: 'b@pec.example', type: 'certificato' },
        { address: 'c@ordinaria.example', type: 'esterno' },
      ],
      taken_for: [],
      sender: 'a@pec.example',
      reply_to: 'a@pec.example',
      subject: 'Diffida & messa in mora è',
      provider: 'Gestore S.p.A.',
      timestamp: '2026-09-15T10:00:01.000Z',
      receipt_style: 'breve',
      certified: {
        type: 'avvenuta-consegna',
        reference_message_id: '<orig-1@app.example>',
        sender: 'a@pec.example',
      },
      has_original: true,
      signed: true,
      warnings: [],
    })
  })

  it.each(['completa', 'breve', 'sintetica'])('includes the style %s', async (style) => {
    const xml = daticertXml({ more: `<ricevuta tipo="${style}" />` })
    expect((await pecOf({ xml })).receipt_style).toBe(style)
  })

  it('names whom a presa-in-carico covers', async () => {
    const more = '<ricezione>b@pec.example</ricezione><ricezione>c@pec.example</ricezione>'
    const pec = await pecOf({ xml: daticertXml({ more }) })
    expect(pec.taken_for).toEqual(['b@pec.example', 'c@pec.example'])
  })

  it('says virus by X-VerificaSicurezza alone and by errore alone', async () => {
    const headers = receiptHeaders('non-accettazione', ['x-verificasicurezza: Errore'])
    expect(await pecOf({ headers, xml: null })).toMatchObject({ virus: true, error: null })
    const xml = daticertXml({ errore: 'virus' })
    expect(await pecOf({ headers: receiptHeaders('errore-consegna'), xml })).toMatchObject({
      virus: true,
      error: 'virus',
    })
    expect(await pecOf({ headers: receiptHeaders('non-accettazione') })).toMatchObject({
      virus: false,
    })
  })

  it('counts before X-Riferimento-Message-ID where the two differ, with a warning', async () => {
    const headers = receiptHeaders('accettazione', ['X-Riferimento-Message-ID: <other@x>'])
    const pec = await pecOf({ headers })
    expect(pec.reference_message_id).toBe('<orig-1@app.example>')
    expect(pec.warnings).toHaveLength(1)
  })

  it.each([
    ['missing', { xml: null }],
    ['not XML', { xml: 'PK\u0003\u0004' }],
    ['cut off', { xml: daticertXml().slice(0, 300) }],
    ['of another kind', { xml: '<fattura/>' }],
    ['declaring a DOCTYPE', { xml: `<!DOCTYPE postacert SYSTEM "x.dtd">${daticertXml()}` }],
    [
      'in broken base64',
      {
        xmlPart: {
          headers: ['Content-Type: a/b; name=daticert.xml', 'Content-Transfer-Encoding: base64'],
          body: '=%%%=A',
        },
      },
    ],
  ])('is not needed: %s, the headers still tell the type and the reference', async (_, fixture) => {
    const { data, subject } = await eventOf(pecMail(fixture))
    expect(data.pec_type).toBe('accettazione')
    expect(subject).toBe('<orig-1@app.example>')
    expect(data.pec).toMatchObject({ reference_message_id: '<orig-1@app.example>', recipients: [] })
    expect(data.pec?.warnings).toHaveLength(1)
  })
})
