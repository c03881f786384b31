/** Reads the certificate that signed: whose address, who issued it, what for. Judges no chain: openssl has done that. */
import { X509Certificate } from 'node:crypto'

export type Signer = {
  /** E-mail addresses of the subject alternative names, lower case. */
  readonly addresses: readonly string[]
  /** The issuer's common name, or the whole name where it has none. */
  readonly issuer: string
  /** It may sign e-mail: emailProtection is among its extended key usages, or it is bound to none (RFC 8550 section 4.4.4). */
  readonly isForMail: boolean
  readonly validTo: Date
}

/** emailProtection and anyExtendedKeyUsage (RFC 5280 section 4.2.1.12). */
const usagesForMail = ['1.3.6.1.5.5.7.3.4', '2.5.29.37.0']

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu

/** Node quotes a name that could be taken for several (CVE-2021-44532): whoever issues such a one is not read further. */
const addressesOf = (names: string | undefined): readonly string[] => {
  if (names === undefined || names.includes('"')) return []
  return names
    .split(', ')
    .flatMap((name) => (name.startsWith('email:') ? [name.slice(6).trim().toLowerCase()] : []))
}

const issuerOf = (issuer: string): string => {
  const common = issuer.split('\n').find((line) => line.startsWith('CN='))
  return (common?.slice(3) ?? issuer.replaceAll('\n', ', ')).slice(0, 200)
}

// The name notwithstanding, Node's `keyUsage` are the extended ones; its types do not know that there may be none.
const isForMail = ({ keyUsage }: { readonly keyUsage: string[] | undefined }): boolean =>
  keyUsage === undefined || usagesForMail.some((usage) => keyUsage.includes(usage))

const readCertificate = (pem: string): X509Certificate | undefined => {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    // What openssl took and Node can't read is nobody's certificate to us; anything else is a fault of ours.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** The certificates in `pem`, in its order; undefined when one can't be read. */
export const readSigners = (pem: string): readonly Signer[] | undefined => {
  const certificates = (pem.match(block) ?? []).map(readCertificate)
  const known = certificates.filter((certificate) => certificate !== undefined)
  if (known.length < certificates.length) return undefined
  return known.map((certificate) => ({
    addresses: addressesOf(certificate.subjectAltName),
    issuer: issuerOf(certificate.issuer),
    isForMail: isForMail(certificate),
    validTo: certificate.validToDate,
  }))
}
