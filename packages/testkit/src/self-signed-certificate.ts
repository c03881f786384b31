/**
 * Makes a throw-away TLS certificate for servers that tests start on loopback. Written as DER by hand because Node
 * makes keys but no certificates, and `openssl` is not everywhere. Not for anything that outlives a test.
 */
import { generateKeyPairSync, sign } from 'node:crypto'

export type Certificate = { readonly key: string; readonly cert: string }

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const size = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x82]), size, body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts)
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'))
const utcTime = (at: Date): Buffer => {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '')
  return tlv(0x17, Buffer.from(digits.slice(2)))
}

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const commonName = (text: string): Buffer =>
  sequence(tlv(0x31, sequence(oid('550403'), tlv(0x0c, Buffer.from(text)))))

const alternativeNames = (names: readonly string[]): Buffer =>
  sequence(
    ...names.map((name) =>
      /^[\d.]+$/.test(name)
        ? tlv(0x87, Buffer.from(name.split('.').map(Number)))
        : tlv(0x82, Buffer.from(name)),
    ),
  )

/** Subject alternative names, and "this is a CA": a client that trusts it then accepts it as its own root. */
const extensions = (names: readonly string[]): Buffer =>
  tlv(
    0xa3,
    sequence(
      sequence(oid('551d11'), tlv(0x04, alternativeNames(names))),
      sequence(oid('551d13'), tlv(0x04, sequence(tlv(0x01, Buffer.from([0xff]))))),
    ),
  )

const pem = (label: string, der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/**
 * A self-signed P-256 certificate for `names` (DNS names and IPv4 addresses), as PEM. Valid from 1 Jan 2020 for
 * `years`, default 29; 0 makes one that has expired.
 */
export const selfSignedCertificate = (names: readonly string[], years = 29): Certificate => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const [first = 'test'] = names
  const end = new Date(Date.UTC(2020 + years, 0, 2))
  const tbs = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    commonName(first),
    sequence(utcTime(new Date(Date.UTC(2020, 0, 1))), utcTime(end)),
    commonName(first),
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(names),
  )
  const signature = sign('sha256', tbs, privateKey)
  const cert = sequence(tbs, ecdsaWithSha256, tlv(0x03, Buffer.from([0]), signature))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: pem('CERTIFICATE', cert),
  }
}
