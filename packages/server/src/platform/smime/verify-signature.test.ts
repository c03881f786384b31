/**
 * T-X7: signatures that must never count. Each mail is read as the mailbox reads it (`readMessage`), so that what is
 * checked is the way from bytes to the verdict in the event. Certificates are made by openssl on the spot.
 */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SignatureVerdict } from '@carillon/connectors/verify-signature'
import { parseMail } from '@carillon/connectors/imap/pec/parse-mail'
import { signedPart } from '@carillon/connectors/imap/pec/signed-part'
import { readMessage } from '@carillon/connectors/imap/read-message'
import { instant, type Clock } from '@carillon/domain/clock'
import {
  certificatesOf,
  contentOf,
  createPecProvider,
  daticertOf,
  headersOf,
  type PecProvider,
  type PecReceipt,
} from '@carillon/testkit/pec-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifySignature, type VerifyOptions } from './verify-signature.ts'

/** In an hour: certificates that are made now are good by then. */
const now = Date.now() + 3_600_000
const dayMs = 86_400_000
const clockAt = (ms: number): Clock => ({ now: () => instant(ms) })
const signal = new AbortController().signal

const receipt: PecReceipt = {
  type: 'avvenuta-consegna',
  reference: '<dlv_1@pec.example>',
  sender: 'ufficio@pec.example',
  recipient: 'b@pec.example',
}

type Given = Partial<VerifyOptions> & {
  readonly ca?: string
  readonly providers?: readonly string[]
  /** When the mailbox got it. Default: now. */
  readonly receivedAt?: number
}

const verdictOf = async (mail: string | Uint8Array, given: Given): Promise<SignatureVerdict> => {
  const { ca = '', providers = [], receivedAt = now, ...options } = given
  const verify = createVerifySignature({ clock: clockAt(now), ...options })
  const raw = Buffer.from(mail)
  const read = await readMessage(
    { raw, size: raw.length, truncated: false, receivedAt: instant(receivedAt) },
    {
      mailbox: { id: 'int_x', email: 'ufficio@pec.example' },
      trust: { ca, providers },
      verify: async (signedMail, trust) => await verify(signedMail, trust, signal),
      now: instant(now),
    },
  )
  if (read.kind !== 'event') throw new Error(read.unreadable.reason)
  return (read.event.data['pec'] as { signature: SignatureVerdict }).signature
}

const state: { provider?: PecProvider; other?: PecProvider } = {}
const providers = (): { readonly provider: PecProvider; readonly other: PecProvider } => {
  const { provider, other } = state
  if (provider === undefined || other === undefined) throw new Error('not made')
  return { provider, other }
}
const trusted = (): Given => ({ ca: providers().provider.ca })
const refused = (reason: RegExp) => ({
  valid: false,
  reason: expect.stringMatching(reason) as string,
})

beforeAll(async () => {
  state.provider = await createPecProvider()
  state.other = await createPecProvider()
})
afterAll(async () => {
  await state.provider?.[Symbol.asyncDispose]()
  await state.other?.[Symbol.asyncDispose]()
})

describe('a receipt', () => {
  test('of a provider that a configured authority vouches for is valid', async () => {
    const mail = await providers().provider.receipt(receipt)
    expect(await verdictOf(mail, trusted())).toEqual({
      valid: true,
      signer: 'posta-certificata@gestore.example',
      issuer: 'TestCA',
      expired: false,
      reason: null,
    })
  })

  test('that went through a file, with LF, is valid all the same', async () => {
    const mail = await providers().provider.receipt(receipt)
    expect(await verdictOf(mail.replaceAll('\r\n', '\n'), trusted())).toMatchObject({ valid: true })
  })

  test('is valid by the authorities of the installation, and within the providers named', async () => {
    const mail = await providers().provider.receipt(receipt)
    const { ca } = providers().provider
    expect(await verdictOf(mail, { ca, providers: ['EXAMPLE'] })).toMatchObject({ valid: true })
    expect(await verdictOf(mail, { ca, providers: ['altro.example', 'estore.example'] })).toEqual(
      expect.objectContaining(refused(/none of the configured providers/)),
    )
    const verify = createVerifySignature({ clock: clockAt(now), ca })
    expect(verify).toBeTypeOf('function')
  })

  test('stays valid when the certificate has expired since it came', async () => {
    const mail = await providers().provider.receipt(receipt)
    const later = { ...trusted(), clock: clockAt(now + 400 * dayMs), receivedAt: now }
    expect(await verdictOf(mail, later)).toMatchObject({ valid: true, expired: true, reason: null })
  })
})

describe('never valid (T-X7):', () => {
  test('without a signature', async () => {
    const mail = [
      ...headersOf(receipt, providers().provider.address),
      contentOf(daticertOf(receipt)),
    ]
    expect(await verdictOf(mail.join('\r\n'), trusted())).toMatchObject(refused(/not signed/))
  })

  test('signed by a provider of another authority', async () => {
    const mail = await providers().other.receipt(receipt)
    expect(await verdictOf(mail, trusted())).toMatchObject({
      ...refused(/no configured authority/),
      signer: 'posta-certificata@gestore.example',
    })
  })

  test('without any authority configured, whatever the system trusts', async () => {
    const mail = await providers().provider.receipt(receipt)
    expect(await verdictOf(mail, {})).toMatchObject(refused(/no authority is configured/))
  })

  test('with a certificate that had expired, or was not valid yet, when the mail came', async () => {
    const mail = await providers().provider.receipt(receipt)
    const late = { ...trusted(), clock: clockAt(now + 60 * dayMs), receivedAt: now + 50 * dayMs }
    expect(await verdictOf(mail, late)).toMatchObject({ ...refused(/had expired/), expired: true })
    const early = { ...trusted(), receivedAt: now - 60 * dayMs }
    expect(await verdictOf(mail, early)).toMatchObject(refused(/not valid yet/))
  })

  test('with a leaf that acts as an authority', async () => {
    const { provider } = providers()
    const { address } = provider
    const leaf = await provider.certificate({ address, issuer: provider.signer })
    const mail = await provider.sign(headersOf(receipt, address), contentOf(daticertOf(receipt)), [
      leaf,
    ])
    expect(await verdictOf(mail, trusted())).toMatchObject(refused(/vouch/))
    // Also when the leaf between them is in reach, as an anchor that somebody pasted by mistake.
    const ca = provider.ca + provider.signer.pem
    expect(await verdictOf(mail, { ca })).toMatchObject({ valid: false })
  })

  test('with a certificate that is not for mail', async () => {
    const { provider } = providers()
    const { address } = provider
    const headers = headersOf(receipt, address)
    const content = contentOf(daticertOf(receipt))
    for (const usage of ['serverAuth', 'codeSigning,clientAuth']) {
      const wrong = await provider.certificate({ address, usage })
      const mail = await provider.sign(headers, content, [wrong])
      expect(await verdictOf(mail, trusted())).toMatchObject(refused(/not for mail/))
    }
  })

  test('from another address than the certificate’s', async () => {
    const { provider } = providers()
    const wrong = await provider.certificate({ address: 'mario@gestore.example' })
    const content = contentOf(daticertOf(receipt))
    const mail = await provider.sign(headersOf(receipt, provider.address), content, [wrong])
    expect(await verdictOf(mail, trusted())).toMatchObject(refused(/certificate of another/))
  })

  test('with daticert.xml altered after the signature', async () => {
    const mail = await providers().provider.receipt({ ...receipt, type: 'errore-consegna' })
    const encode = (type: string) =>
      Buffer.from(daticertOf({ ...receipt, type }))
        .toString('base64')
        .replaceAll(/.{76}/g, '$&\r\n')
    const altered = mail
      .replace(encode('errore-consegna'), encode('avvenuta-consegna'))
      .replace('X-Ricevuta: errore-consegna', 'X-Ricevuta: avvenuta-consegna')
    expect(altered).not.toBe(mail)
    expect(await verdictOf(altered, trusted())).toMatchObject(refused(/not what was signed/))
  })

  test('with another header than what was signed', async () => {
    const mail = await providers().provider.receipt({ ...receipt, type: 'accettazione' })
    const altered = mail.replace('X-Ricevuta: accettazione', 'X-Ricevuta: avvenuta-consegna')
    expect(await verdictOf(altered, trusted())).toMatchObject(refused(/"accettazione"/))
  })

  test('with a part that is shown beside the one that is signed, before, after or around it', async () => {
    const { provider } = providers()
    const mail = await provider.receipt(receipt)
    const forged = contentOf(daticertOf({ ...receipt, recipient: 'c@pec.example' }))
    const before = mail.replace('--outer\r\n', () => `--outer\r\n${forged}\r\n--outer\r\n`)
    const after = mail.replace('--outer--', () => `--outer\r\n${forged}\r\n--outer--`)
    const wrapped = mail.replace(
      /Content-Type: multipart\/signed[^]*/,
      (signedMail) =>
        `Content-Type: multipart/signed; boundary="wrap"\r\n\r\n--wrap\r\n${forged}\r\n--wrap\r\n${signedMail}\r\n--wrap--\r\n`,
    )
    for (const spoilt of [before, after, wrapped])
      expect(await verdictOf(spoilt, trusted())).toMatchObject({ valid: false })
    const two = mail.replace(/boundary="outer"/, 'boundary="x"; boundary="outer"')
    expect(await verdictOf(two, trusted())).toMatchObject({ valid: false })
  })

  test('signed twice: a good signature does not carry a second one', async () => {
    const { provider, other } = providers()
    const headers = headersOf(receipt, provider.address)
    const content = contentOf(daticertOf(receipt))
    const withStranger = await provider.sign(headers, content, [provider.signer, other.signer])
    expect(await verdictOf(withStranger, trusted())).toMatchObject({ valid: false })
    const second = await provider.certificate({ address: provider.address })
    const withOwn = await provider.sign(headers, content, [provider.signer, second])
    expect(await verdictOf(withOwn, trusted())).toMatchObject(refused(/more than one/))
  })

  test('with a signature that is none, is huge, or is not base64', async () => {
    const mail = await providers().provider.receipt(receipt)
    const withSignature = (text: string) =>
      mail.replace(/(base64\r\n\r\n)(?![^]*base64)[^]*?(\r\n--outer--)/, `$1${text}$2`)
    expect(await verdictOf(withSignature('MIIB'), trusted())).toMatchObject(
      refused(/can not be read/),
    )
    expect(await verdictOf(withSignature(''), trusted())).toMatchObject(refused(/empty/))
    expect(await verdictOf(withSignature('A'.repeat(600_000)), trusted())).toMatchObject(
      refused(/too large/),
    )
  })

  test('where openssl is missing or hangs: the reason says so', async () => {
    const mail = await providers().provider.receipt(receipt)
    const missing = { ...trusted(), openssl: 'openssl-that-is-not-there' }
    expect(await verdictOf(mail, missing)).toMatchObject(refused(/not installed/))
    const folder = await mkdtemp(join(tmpdir(), 'carillon-hang-'))
    const openssl = join(folder, 'openssl')
    await writeFile(openssl, '#!/bin/sh\nexec sleep 60\n', { mode: 0o700 })
    const hanging = { ...trusted(), openssl, timeoutMs: 200 }
    expect(await verdictOf(mail, hanging)).toMatchObject(refused(/too long/))
    await rm(folder, { recursive: true })
  })
})

const samples = join(import.meta.dirname, '../../../../../../shared/samples/pec')
const haveSamples = existsSync(samples)

describe.skipIf(!haveSamples)(
  `samples${haveSamples ? '' : ' (LEFT OUT: shared/samples/pec is missing)'}`,
  () => {
    const sample = (name: string): Buffer => readFileSync(join(samples, name))

    test('the made-up ones are valid by their own authority', async () => {
      const ca = sample('synthetic/test-ca-cert.pem').toString()
      for (const name of ['01-accettazione-misti', '05-consegna-completa', '12-preavviso-24h'])
        expect(await verdictOf(sample(`synthetic/${name}.eml`), { ca })).toMatchObject({
          valid: true,
        })
    })

    test('real ones are not valid by an authority that has nothing to do with them', async () => {
      for (const name of ['avvenuta-consegna', 'errore-consegna', 'posta-certificata-xdcr'])
        expect(await verdictOf(sample(`real/${name}.eml`), trusted())).toMatchObject({
          valid: false,
        })
    })

    test('a real one of 2023 is valid by AgID CA1, by whose certificate it is accompanied', async () => {
      const mail = sample('real/posta-certificata-xdcr.eml')
      const parsed = await parseMail(mail)
      const part = parsed.ok ? signedPart(mail, parsed.envelope.root) : undefined
      if (part?.ok !== true) throw new Error('not signed')
      const blocks = await certificatesOf(part.signature)
      const ca = blocks.find((pem) => new X509Certificate(pem).subject.includes('CN=AgID CA1'))
      const given = { ca: ca ?? '', receivedAt: Date.parse('2023-06-01') }
      expect(await verdictOf(mail, given)).toEqual({
        valid: true,
        signer: 'posta-certificata@pec.aruba.it',
        issuer: 'AgID CA1',
        expired: true,
        reason: null,
      })
      expect(await verdictOf(mail, { ca: ca ?? '' })).toMatchObject(refused(/had expired/))
    })
  },
)
