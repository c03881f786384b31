/** The event around the mail: id, source, times, addresses, direction. */
import { describe, expect, it } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { eventOf } from './event-of.ts'
import type { MailContext } from './parse-mail.ts'
import { daticertXml, envelopeHeaders, pecMail, receiptHeaders } from './pec-fixture.ts'

describe('direction', () => {
  const mailbox = { mailbox: { email: 'A@pec.example' } }
  const direction = async (mail: Uint8Array | readonly string[], context: MailContext = mailbox) =>
    (await eventOf(mail, context)).data.direction

  it('is inbound for receipts, envelopes and ordinary mail of others', async () => {
    expect(await direction(pecMail())).toBe('inbound')
    expect(await direction(['From: x@example.org', '', ''])).toBe('inbound')
    const other = daticertXml({ mittente: 'z@pec.example' })
    const headers = envelopeHeaders('posta-certificata')
    expect(await direction(pecMail({ headers, xml: other }))).toBe('inbound')
  })

  it('is outbound for the copy of a message that the mailbox sent', async () => {
    expect(await direction(['From: a@pec.example', 'To: b@pec.example', '', ''])).toBe('outbound')
    expect(await direction(['From: a@pec.example', 'To: a@pec.example', '', ''])).toBe('outbound')
    expect(await direction(pecMail({ headers: envelopeHeaders('posta-certificata') }))).toBe(
      'outbound',
    )
  })

  it('is inbound for mail to oneself that came in', async () => {
    const delivered = ['Return-Path: <a@pec.example>', 'From: a@pec.example', 'To: a@pec.example']
    expect(await direction([...delivered, '', ''])).toBe('inbound')
    const xml = daticertXml({ destinatari: [['certificato', 'a@pec.example']] })
    const headers = envelopeHeaders('posta-certificata')
    expect(await direction(pecMail({ headers, xml }))).toBe('inbound')
  })

  it('is inbound when the mailbox is not known', async () => {
    expect(await direction(['From: a@pec.example', '', ''], {})).toBe('inbound')
  })
})

describe('the event', () => {
  it('names the mailbox in its source and data', async () => {
    const { source, data } = await eventOf(pecMail(), {
      mailbox: { id: 'int_1', email: ' A@pec.example ' },
    })
    expect(source).toBe('mail/a@pec.example')
    expect(data).toMatchObject({ mailbox_id: 'int_1', mailbox_email: 'a@pec.example' })
    expect((await eventOf(pecMail(), { mailbox: { id: 'int_1' } })).source).toBe('mail/int_1')
    expect((await eventOf(pecMail())).source).toBe('mail/unknown')
  })

  it('collects To and Cc once each, groups opened, in lower case', async () => {
    const { data } = await eventOf([
      'From: x@example.org',
      'To: "Uno, due" <A@x.example>, gruppo: b@x.example, c@x.example;',
      'Cc: a@x.example,',
      ' d@x.example, broken',
      '',
      '',
    ])
    expect(data.to_addresses).toEqual(['a@x.example', 'b@x.example', 'c@x.example', 'd@x.example'])
  })

  it('is dated by receivedAt, else Received, else daticert.xml, else Date, else not at all', async () => {
    const receivedAt = instant(Date.UTC(2026, 0, 1))
    const received = 'Received: from x by y; Tue, 15 Sep 2026 12:00:05 +0200 (CEST)'
    const headers = receiptHeaders('accettazione', [received])
    const given = await eventOf(pecMail({ headers }), { receivedAt })
    expect(given.time).toBe('2026-01-01T00:00:00.000Z')
    expect(given.data.received_at).toBe(given.time)
    expect((await eventOf(pecMail({ headers }))).time).toBe('2026-09-15T10:00:05.000Z')
    expect((await eventOf(pecMail())).time).toBe('2026-09-15T10:00:01.000Z')
    const date = ['From: x@example.org', 'Date: 1 Feb 2026 00:30:00 +0100', '', '']
    expect((await eventOf(date)).time).toBe('2026-01-31T23:30:00.000Z')
    const none = await eventOf(['From: x@example.org', 'Date: 1 Feb 2026 00:30:00', '', ''])
    expect(none).not.toHaveProperty('time')
    expect(none.data.received_at).toBeNull()
  })
})

const id = async (mail: Uint8Array | readonly string[]): Promise<string> => (await eventOf(mail)).id

const mail = (text: string): string[] => ['From: x@example.org', '', text]

describe('the id of the event', () => {
  it('is the Message-ID in brackets', async () => {
    expect(await id(pecMail())).toBe('<receipt-1@gestore.example>')
    expect(await id(['From: x@example.org', 'Message-ID: a@b', '', ''])).toBe('<a@b>')
  })

  it('differs between an anomaly and a certified mail with the same Message-ID', async () => {
    const anomaly = await id(pecMail({ headers: envelopeHeaders('errore') }))
    const certified = await id(pecMail({ headers: envelopeHeaders('posta-certificata') }))
    expect(anomaly).toBe(`anomalia:${certified}`)
  })

  it('is a hash of the bytes when there is no Message-ID: the same again, different for other bytes', async () => {
    expect(await id(mail('one'))).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(await id(mail('one'))).toBe(await id(mail('one')))
    expect(await id(mail('one'))).not.toBe(await id(mail('two')))
  })

  it('is never longer than 255 characters', async () => {
    const long = ['From: x@example.org', `Message-ID: <${'a'.repeat(400)}@b>`, '', '']
    expect(await id(long)).toMatch(/^sha256:/)
  })
})
