/**
 * A provider of certified mail for tests: an authority, a certificate for posta-certificata@<domain>, and receipts that it
 * really signs, made with openssl. Test support; everything is thrown away with the folder.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type PecReceipt = {
  /** The value of X-Ricevuta, and daticert's `tipo`. */
  readonly type: string
  /** Our Message-ID, in brackets. */
  readonly reference: string
  /** The mailbox that sent the original, and that the receipt goes to. */
  readonly sender: string
  readonly recipient: string
  readonly recipientType?: 'certificato' | 'esterno'
  /** Of the sending, common to its receipts. Default: derived from the reference. */
  readonly identifier?: string
  /** Certified time. Default 2026-09-15T10:00:00Z. */
  readonly at?: string
  readonly error?: string
  readonly errorDetail?: string
  /** Of the mail that brings the receipt. Default: made of type, recipient and time. */
  readonly messageId?: string
}

/** A certificate with its key, as files. */
export type PecCertificate = { readonly cert: string; readonly key: string; readonly pem: string }

export type CertificateWish = {
  readonly address: string
  /** Who issues it; default the provider's authority. */
  readonly issuer?: PecCertificate
  /** Extended key usage; default emailProtection. */
  readonly usage?: string
}

export type PecProvider = {
  /** posta-certificata@<domain>. */
  readonly address: string
  /** The authority's certificate as PEM. */
  readonly ca: string
  readonly signer: PecCertificate
  readonly certificate: (wish: CertificateWish) => Promise<PecCertificate>
  /** The bytes of a receipt, signed. */
  readonly receipt: (receipt: PecReceipt) => Promise<string>
  /** Puts headers before a signed content (whole MIME part, CRLF). `signers`: others than the provider's own. */
  readonly sign: (
    headers: readonly string[],
    content: string,
    signers?: readonly PecCertificate[],
  ) => Promise<string>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const crlf = (lines: readonly string[]): string => lines.join('\r\n')

const twoDigits = (n: number): string => String(n).padStart(2, '0')

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** daticert.xml of a receipt, its time in UTC. */
export const daticertOf = (receipt: PecReceipt): string => {
  const at = new Date(receipt.at ?? '2026-09-15T10:00:00Z')
  const day = [at.getUTCDate(), at.getUTCMonth() + 1].map(twoDigits).join('/')
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(twoDigits).join(':')
  const about = /consegna/.test(receipt.type) ? `<consegna>${receipt.recipient}</consegna>` : ''
  const detail =
    receipt.errorDetail === undefined
      ? ''
      : `<errore-esteso>${escapeXml(receipt.errorDetail)}</errore-esteso>`
  return `<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="${receipt.type}" errore="${receipt.error ?? 'nessuno'}">
<intestazione><mittente>${receipt.sender}</mittente>
<destinatari tipo="${receipt.recipientType ?? 'certificato'}">${receipt.recipient}</destinatari>
<risposte>${receipt.sender}</risposte><oggetto>Prova</oggetto></intestazione>
<dati><gestore-emittente>Gestore di Prova</gestore-emittente>
<data zona="+0000"><giorno>${day}/${at.getUTCFullYear()}</giorno><ora>${time}</ora></data>
<identificativo>${receipt.identifier ?? `opec.${receipt.reference.replaceAll(/[<>]/g, '')}`}</identificativo>
<msgid>${escapeXml(receipt.reference)}</msgid>${about}${detail}</dati>
</postacert>
`
}

/** The part that is signed: a text and daticert.xml. */
export const contentOf = (daticert: string): string =>
  crlf([
    'Content-Type: multipart/mixed; boundary="inner"',
    '',
    '--inner',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Una ricevuta',
    '--inner',
    'Content-Type: application/xml; name="daticert.xml"',
    'Content-Disposition: inline; filename="daticert.xml"',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(daticert).toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    '--inner--',
    '',
  ])

/** The headers of a receipt from `from`. */
export const headersOf = (receipt: PecReceipt, from: string): readonly string[] => {
  const own = `<${receipt.type}.${receipt.recipient}.${receipt.at ?? ''}.${receipt.reference.replaceAll(/[<>@]/g, '.')}@gestore.example>`
  return [
    `From: ${from}`,
    `To: ${receipt.sender}`,
    `Subject: ${receipt.type.toUpperCase()}: Prova`,
    `Message-ID: ${receipt.messageId ?? own}`,
    `Date: ${new Date(receipt.at ?? '2026-09-15T10:00:00Z').toUTCString()}`,
    `X-Riferimento-Message-ID: ${receipt.reference}`,
    `X-Ricevuta: ${receipt.type}`,
    'MIME-Version: 1.0',
  ]
}

const extensionsOf = ({ address, usage = 'emailProtection' }: CertificateWish): string =>
  [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=digitalSignature',
    `extendedKeyUsage=${usage}`,
    `subjectAltName=email:${address}`,
  ].join('\n')

const newKey = async (folder: string, name: string): Promise<string> => {
  const key = join(folder, `${name}.key`)
  await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
  return key
}

const createAuthority = async (folder: string, name: string): Promise<PecCertificate> => {
  const key = await newKey(folder, name)
  const cert = join(folder, `${name}.pem`)
  const words = `req -x509 -new -key ${key} -days 3650 -out ${cert} -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign`
  await run('openssl', [...words.split(' '), '-subj', `/CN=${name}`])
  return { cert, key, pem: await readFile(cert, 'utf8') }
}

const issue = async (
  folder: string,
  name: string,
  issuer: PecCertificate,
  wish: CertificateWish,
): Promise<PecCertificate> => {
  const key = await newKey(folder, name)
  const [cert, request, extensions] = ['pem', 'csr', 'ext'].map((end) =>
    join(folder, `${name}.${end}`),
  )
  if (cert === undefined || request === undefined || extensions === undefined) throw new Error('no')
  await writeFile(extensions, extensionsOf(wish))
  await run('openssl', ['req', '-new', '-key', key, '-out', request, '-subj', '/CN=Gestore'])
  const by = wish.issuer ?? issuer
  const words = `x509 -req -in ${request} -CA ${by.cert} -CAkey ${by.key} -CAcreateserial -days 30 -extfile ${extensions} -out ${cert}`
  await run('openssl', words.split(' '))
  return { cert, key, pem: await readFile(cert, 'utf8') }
}

const signed = async (
  folder: string,
  content: string,
  signers: readonly PecCertificate[],
): Promise<Buffer> => {
  const input = join(folder, 'content.bin')
  const output = join(folder, 'signature.der')
  await writeFile(input, content)
  const by = signers.flatMap(({ cert, key }) => ['-signer', cert, '-inkey', key])
  const words = `cms -sign -binary -md sha256 -outform DER -in ${input} -out ${output}`
  await run('openssl', [...words.split(' '), ...by])
  return await readFile(output)
}

const assemble = (headers: readonly string[], content: string, signature: Buffer): string =>
  crlf([
    ...headers,
    'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="outer"',
    '',
    'This is an S/MIME signed message',
    '',
    '--outer',
    content,
    '--outer',
    'Content-Type: application/pkcs7-signature; name="smime.p7s"',
    'Content-Transfer-Encoding: base64',
    '',
    signature.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    '--outer--',
    '',
  ])

/** The certificates that a signature (PKCS #7, DER) brings with it, each as PEM. */
export const certificatesOf = async (signature: Uint8Array): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-pkcs7-'))
  const input = join(folder, 'signature.der')
  await writeFile(input, signature)
  const { stdout } = await run('openssl', ['pkcs7', '-inform', 'DER', '-print_certs', '-in', input])
  await rm(folder, { recursive: true })
  return stdout.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? []
}

/** Makes an authority and a provider of this domain. Use it with `await using`. */
export const createPecProvider = async (domain = 'gestore.example'): Promise<PecProvider> => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-pec-'))
  const address = `posta-certificata@${domain}`
  const authority = await createAuthority(folder, 'TestCA')
  const state = { names: 0 }
  const certificate: PecProvider['certificate'] = async (wish) => {
    state.names += 1
    return await issue(folder, `c${state.names}`, authority, wish)
  }
  const signer = await certificate({ address })
  const sign: PecProvider['sign'] = async (headers, content, signers = [signer]) =>
    assemble(headers, content, await signed(folder, content, signers))
  return {
    address,
    ca: authority.pem,
    signer,
    certificate,
    sign,
    receipt: async (receipt) =>
      await sign(headersOf(receipt, address), contentOf(daticertOf(receipt))),
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  }
}
