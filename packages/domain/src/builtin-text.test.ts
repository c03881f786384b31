import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { builtinText, builtinWords } from './builtin-text.ts'

const mail = (data: unknown): { type: string; data: unknown } => ({ type: 'mail.received', data })

describe('the text of a received mail', () => {
  const data = {
    message_id: '<1@pec.example>',
    mailbox_email: 'ufficio@pec.example.it',
    subject: 'Fattura n. 12',
    from_address: 'anna@pec.example.com',
    pec_type: 'avvenuta_consegna',
    direction: 'inbound',
  }

  test('has the five lines that users of the PEC notifier know', () => {
    expect(builtinText(mail(data), 'it')).toEqual({
      subject: '[Carillon] Ricevuta di Avvenuta Consegna: Fattura n. 12',
      title: 'Nuovo messaggio PEC',
      text: [
        'Tipo: Ricevuta di Avvenuta Consegna',
        'Da: anna@pec.example.com',
        'Casella: ufficio@pec.example.it',
        'Oggetto: Fattura n. 12',
      ].join('\n'),
    })
  })

  test('says what is missing', () => {
    const stranger = mail({
      mailbox_id: 'mbx_1',
      subject: '  ',
      from_address: null,
      pec_type: 'unknown',
    })
    expect(builtinText(stranger, 'it')).toEqual({
      subject: '[Carillon] Messaggio: (senza oggetto)',
      title: 'Nuovo messaggio PEC',
      text: 'Tipo: Messaggio\nDa: mittente sconosciuto\nCasella: mbx_1\nOggetto: (senza oggetto)',
    })
    for (const nothing of [undefined, null, 'a text', [], {}]) {
      expect(builtinText(mail(nothing), 'en').text).toBe(
        'Type: Message\nFrom: unknown sender\nMailbox: unknown mailbox\nSubject: (no subject)',
      )
    }
  })

  test.each([
    ['posta_certificata', 'PEC', 'Certified mail'],
    ['accettazione', 'Ricevuta di Accettazione', 'Acceptance receipt'],
    ['non_accettazione', 'Ricevuta di Non Accettazione', 'Non-acceptance receipt'],
    ['presa_in_carico', 'Ricevuta di Presa in Carico', 'Take-in-charge receipt'],
    ['avvenuta_consegna', 'Ricevuta di Avvenuta Consegna', 'Delivery receipt'],
    ['mancata_consegna', 'Ricevuta di Mancata Consegna', 'Non-delivery receipt'],
    ['errore_consegna', 'Ricevuta di Errore Consegna', 'Delivery error receipt'],
    ['preavviso_mancata_consegna', 'Preavviso Mancata Consegna', 'Advance notice of non-delivery'],
    ['rilevazione_virus', 'Rilevazione Virus', 'Virus detection notice'],
    ['unknown', 'Messaggio', 'Message'],
    ['constructor', 'Messaggio', 'Message'],
    ['__proto__', 'Messaggio', 'Message'],
  ])('calls %s "%s" in Italian and "%s" in English', (pecType, italian, english) => {
    const event = mail({ ...data, pec_type: pecType })
    expect(builtinText(event, 'it').text.split('\n')[0]).toBe(`Tipo: ${italian}`)
    expect(builtinText(event, 'en').text.split('\n')[0]).toBe(`Type: ${english}`)
  })

  test('is not led astray by a subject with line breaks', () => {
    const event = mail({ ...data, subject: 'Saluti\r\nDa: banca@example.it\u202E' })
    const content = builtinText(event, 'it')
    expect(content.text.split('\n')).toHaveLength(4)
    expect(content.text).toContain('Oggetto: Saluti Da: banca@example.it')
    expect(content.subject).toBe(
      '[Carillon] Ricevuta di Avvenuta Consegna: Saluti Da: banca@example.it',
    )
  })
})

describe('the text of a changed state', () => {
  test('names the subject, the state before and the state after', () => {
    const data = { reference: 'DE00012', previousState: 'EN_COURS', state: 'SIGNE' }
    expect(builtinText({ type: 'status.changed', subject: 'tx_1', data }, 'it')).toEqual({
      subject: '[Carillon] Cambio di stato: DE00012',
      title: 'Cambio di stato',
      text: 'Oggetto: DE00012\nStato: EN_COURS → SIGNE',
    })
  })

  test.each([
    [{ old_status: 'a', new_status: 'b' }, 'tx_1', 'Subject: tx_1\nState: a → b'],
    [{ from: 1, to: 2 }, undefined, 'Subject: (no subject)\nState: 1 → 2'],
    [{ subject: 'Quote', state: 'b' }, 'tx_1', 'Subject: Quote\nState: unknown → b'],
    [undefined, 'tx\n1', 'Subject: tx 1\nState: unknown → unknown'],
  ])('of %j, subject %j, is %j', (data, subject, text) => {
    expect(builtinText({ type: 'status.changed', subject, data }, 'en').text).toBe(text)
  })
})

describe('the text of any other event', () => {
  test('is its type and its data as JSON', () => {
    const data = { total: 12.5, items: [{ sku: 'X' }] }
    expect(builtinText({ type: 'order.paid', subject: '42', data }, 'en', 'Shop')).toEqual({
      subject: '[Shop] order.paid: 42',
      title: 'order.paid',
      text: JSON.stringify(data, null, 2),
    })
    expect(builtinText({ type: 'order.paid' }, 'it')).toEqual({
      subject: '[Carillon] order.paid',
      title: 'order.paid',
      text: '{}',
    })
  })

  test('stays bounded', () => {
    const data = { rows: Array.from({ length: 10_000 }, (_, at) => ({ at })) }
    const { text } = builtinText({ type: 'x'.repeat(5_000), data }, 'en')
    expect(text).toHaveLength(4_000)
    expect(text.endsWith('…')).toBe(true)
  })
})

test('whatever an event says, the text has no control characters and its parts are bounded', () => {
  const type = fc.constantFrom('mail.received', 'status.changed', 'order.paid')
  const any = fc.string({ unit: 'binary', maxLength: 600 })
  const value = fc.oneof(any, fc.integer(), fc.constant(null), fc.array(any, { maxLength: 2 }))
  const data = fc.record(
    {
      subject: value,
      from_address: value,
      mailbox_email: value,
      pec_type: value,
      state: value,
      from: value,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(type, any, data, fc.constantFrom('it', 'en'), (type, subject, data, language) => {
      const content = builtinText({ type, subject, data }, language)
      const { subject: line = '', title = '', text } = content
      expect(line.startsWith('[Carillon] ')).toBe(true)
      expect(line.length).toBeLessThanOrEqual(250)
      expect(title.length).toBeLessThanOrEqual(500)
      expect(text.length).toBeLessThanOrEqual(4_000)
      expect(line + title).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E]/u)
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E]/u)
    }),
  )
})

test('every language has different words for the headings', () => {
  const headings = Object.values(builtinWords).map((words) => words.mail.heading)
  expect(new Set(headings).size).toBe(headings.length)
})
