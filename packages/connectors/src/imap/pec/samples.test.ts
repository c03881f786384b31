/**
 * Every sample message of the shared folder beside the repository, synthetic and real. Without that folder the suite
 * leaves itself out and says so; the traps all have fixtures of their own in the other tests.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseMail, type MailReceivedEvent } from './parse-mail.ts'

const repository = join(import.meta.dirname, '../../../../..')
const samples = join(repository, '../shared/samples/pec')
const missing = !existsSync(samples)

const parse = async (name: string, lineEnd?: string): Promise<MailReceivedEvent> => {
  const bytes = readFileSync(join(samples, name))
  const text = bytes.toString('latin1')
  const raw =
    lineEnd === undefined ? bytes : Buffer.from(text.replace(/\r?\n/gu, lineEnd), 'latin1')
  const parsed = await parseMail(raw, { mailbox: { email: 'mittente@pec.azienda.example' } })
  if (!parsed.ok) throw new Error(`${name}: ${parsed.reason} ${parsed.detail}`)
  expect(parsed.warnings).toEqual([])
  return parsed.event
}

const to = 'destinatario@pec.ente.example'

// name, pec_type, what must be in data.pec
const expected: readonly (readonly [string, string, object])[] = [
  [
    '01-accettazione-misti',
    'accettazione',
    {
      recipients: [
        { address: to, type: 'certificato' },
        { address: 'info@ordinaria.example', type: 'esterno' },
      ],
      final: false,
    },
  ],
  [
    '02-non-accettazione-formale',
    'non_accettazione',
    { virus: false, error: 'altro', final: true },
  ],
  ['03-non-accettazione-virus', 'non_accettazione', { virus: true, error: 'virus' }],
  ['04-presa-in-carico', 'presa_in_carico', { taken_for: [to, 'altro@pec.ente.example'] }],
  [
    '05-consegna-completa',
    'avvenuta_consegna',
    { receipt_style: 'completa', recipient: to, has_original: true },
  ],
  [
    '06-consegna-breve',
    'avvenuta_consegna',
    { receipt_style: 'breve', recipient: to, has_original: true },
  ],
  [
    '07-consegna-sintetica',
    'avvenuta_consegna',
    {
      receipt_style: 'sintetica',
      has_original: false,
      timestamp: '2026-10-25T01:30:00.000Z',
    },
  ],
  [
    '08-errore-consegna-nodest',
    'errore_consegna',
    { error: 'no-dest', recipient: to, final: true },
  ],
  ['09-errore-consegna-nodominio', 'errore_consegna', { error: 'no-dominio' }],
  ['10-errore-consegna-virus', 'errore_consegna', { virus: true, error: 'virus' }],
  [
    '11-preavviso-12h',
    'preavviso_mancata_consegna',
    {
      notice: '12h',
      final: false,
      timestamp: '2026-09-15T22:00:31.000Z',
    },
  ],
  ['12-preavviso-24h', 'mancata_consegna', { notice: '24h', final: true }],
  ['13-rilevazione-virus', 'rilevazione_virus', { virus: true }],
  ['14-busta-trasporto', 'posta_certificata', { kind: 'transport', has_original: true }],
  [
    '15-busta-anomalia',
    'unknown',
    { kind: 'anomaly', anomaly: true, sender: 'fornitore@ordinaria.example' },
  ],
  ['18-header-maiuscole', 'avvenuta_consegna', { wire_type: 'avvenuta-consegna', subject: null }],
  ['19-postacert-base64', 'posta_certificata', { receipt_style: 'completa', has_original: true }],
]

describe.skipIf(missing)(
  'the synthetic samples (left out when the folder ../shared is missing)',
  () => {
    it('are all listed here', () => {
      const files = readdirSync(join(samples, 'synthetic')).filter((name) => name.endsWith('.eml'))
      expect(files.sort()).toEqual(expected.map(([name]) => `${name}.eml`))
    })

    it.each(expected)('%s is %s', async (name, type, pec) => {
      const event = await parse(`synthetic/${name}.eml`)
      expect(event.data.pec_type).toBe(type)
      expect(event.data.pec).toMatchObject(pec)
      expect(event.data.pec).toMatchObject({ signed: true })
    })

    it('all but the anomaly name the sending they are about, and share its identifier', async () => {
      for (const [name] of expected.filter(([name]) => !name.startsWith('15'))) {
        const { data } = await parse(`synthetic/${name}.eml`)
        expect(data.pec).toMatchObject({
          reference_message_id: '<orig-0001@azienda.example>',
          identifier: 'opec9.20260915120000.00001.1.1.1@pec.gestore.example',
        })
      }
    })

    it('each have an id of their own, and read the same with LF', async () => {
      const names = expected.map(([name]) => `synthetic/${name}.eml`)
      const events = await Promise.all(names.map((name) => parse(name)))
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
      for (const [i, name] of names.entries()) expect(await parse(name, '\n')).toEqual(events[i])
    })
  },
)

describe.skipIf(missing)(
  'the real messages (left out when the folder ../shared is missing)',
  () => {
    it('avvenuta-consegna.eml is a delivery to the one recipient', async () => {
      const { data, id } = await parse('real/avvenuta-consegna.eml')
      expect(id).toBe('<jpec1329.20260919154119.80600.507.1.1@pec.aruba.it>')
      expect(data).toMatchObject({
        pec_type: 'avvenuta_consegna',
        subject: 'CONSEGNA: Collaudo pecmailer 1',
        from_address: 'posta-certificata@pec.aruba.it',
        pec: {
          provider: 'ARUBA PEC S.p.A.',
          reference_message_id: '<m_jQaMqbpy0CRWKphL@pec.it>',
          recipient: 'mittente@pec.example',
          receipt_style: 'completa',
          timestamp: '2026-09-19T13:41:20.000Z',
        },
      })
    })

    it("errore-consegna.eml is a failure with the provider's words", async () => {
      const { data } = await parse('real/errore-consegna.eml')
      expect(data).toMatchObject({
        pec_type: 'errore_consegna',
        pec: {
          error: 'altro',
          error_detail: '5.1.1 - ARUBA PEC S.p.A. - indirizzo non valido',
          recipient: 'collaudo-inesistente-7k2q9@pec.it',
          final: true,
        },
      })
    })

    it('posta-certificata-xdcr.eml is a transport envelope', async () => {
      const { data, id } = await parse('real/posta-certificata-xdcr.eml')
      expect(id).toBe('<opec21010.20230818173714.75133.134.1.56@pec.aruba.it>')
      expect(data).toMatchObject({
        pec_type: 'posta_certificata',
        from_address: 'sviluppo@pec.datamanagementitalia.it',
        received_at: '2023-08-18T15:37:09.000Z',
        pec: {
          identifier: 'opec21010.20230818173714.75133.134.1.56@pec.aruba.it',
          subject: '[XDCR] xdcr_2022_02_00583.txt',
          has_original: true,
        },
      })
    })

    it('read the same with CRLF', async () => {
      for (const name of readdirSync(join(samples, 'real'))) {
        const { id: _, ...crlf } = await parse(`real/${name}`, '\r\n')
        expect(await parse(`real/${name}`)).toMatchObject(crlf)
      }
    })
  },
)
