/**
 * Is this JSON Web Signature by one of these public keys? RFC 7515 (JWS, with the payload detached by its appendix F) and
 * RFC 7518 (algorithms); the caller says which algorithm it expects, the token's own word never chooses. Not for
 * encryption, claims, or symmetric keys.
 */
import { constants, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import { readJson } from './read-json.ts'

export type JwsAlgorithm = 'PS256' | 'RS256' | 'ES256' | 'EdDSA'

const headerShape = Type.Object({
  alg: Type.String({ maxLength: 20 }),
  kid: Type.Optional(Type.String({ maxLength: 200 })),
  crit: Type.Optional(Type.Unknown()),
})

/** The two or three parts, or undefined: no JWS in compact form. */
const partsOf = (jws: string): readonly [string, string, string] | undefined => {
  if (jws.length > 100_000) return undefined
  const [header = '', payload = '', signature = '', ...rest] = jws.split('.')
  const isForm = rest.length === 0 && /^[\w-]+$/.test(header) && /^[\w-]+$/.test(signature)
  return isForm && /^[\w-]*$/.test(payload) ? [header, payload, signature] : undefined
}

const headerOf = (part: string): Static<typeof headerShape> | undefined =>
  readJson(headerShape, Buffer.from(part, 'base64url').toString('utf8'))

/** The key that a JWS says it is made with; undefined: it is no JWS, or names none. Believe nothing of it. */
export const kidOfJws = (jws: string): string | undefined => {
  const parts = partsOf(jws)
  return parts === undefined ? undefined : headerOf(parts[0])?.kid
}

const keySet = Type.Object({ keys: Type.Array(Type.Unknown(), { maxItems: 100 }) })
const keyShape = Type.Object({
  kty: Type.Union([Type.Literal('RSA'), Type.Literal('EC'), Type.Literal('OKP')]),
  kid: Type.Optional(Type.String()),
  use: Type.Optional(Type.String()),
  alg: Type.Optional(Type.String()),
})

const kinds = { PS256: 'rsa', RS256: 'rsa', ES256: 'ec', EdDSA: 'ed25519' } as const

/** The keys of a JWKS document that may have made this signature. Without `kid` all that are of the right kind. */
const keysFor = (
  document: unknown,
  { alg, kid }: { readonly alg: JwsAlgorithm; readonly kid: string | undefined },
): readonly KeyObject[] => {
  if (!Check(keySet, document)) return []
  return document.keys.flatMap((given) => {
    if (!Check(keyShape, given)) return []
    if (kid !== undefined && given.kid !== kid) return []
    if ((given.use ?? 'sig') !== 'sig' || (given.alg ?? alg) !== alg) return []
    const key = readKey(given)
    return key?.asymmetricKeyType === kinds[alg] ? [key] : []
  })
}

const readKey = (given: Static<typeof keyShape>): KeyObject | undefined => {
  try {
    // Only the public members: a document that also has private ones gives a public key all the same.
    const key: JsonWebKey = { ...given }
    return createPublicKey({ key, format: 'jwk' })
  } catch (error) {
    // A member is missing or no number: such a key verifies nothing.
    if (error instanceof Error) return undefined
    throw error
  }
}

const fits = (alg: JwsAlgorithm, key: KeyObject, input: Uint8Array, signature: Buffer): boolean => {
  switch (alg) {
    case 'PS256':
      return verify(
        'sha256',
        input,
        // RFC 7518 3.5: the salt is as long as the hash.
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      )
    case 'RS256':
      return verify('sha256', input, key, signature)
    case 'ES256':
      return verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'EdDSA':
      return verify(null, input, key, signature)
  }
}

/**
 * Undefined when the JWS is by a key of the document and over these bytes, else what is wrong with it. A payload inside
 * (compact form) must be these bytes too. `algorithms` are those that are believed. Never throws.
 */
export const jwsProblem = (
  jws: string,
  given: {
    readonly payload: Uint8Array
    /** A JWKS document, RFC 7517. */
    readonly keys: unknown
    readonly algorithms: readonly JwsAlgorithm[]
  },
): string | undefined => {
  const parts = partsOf(jws)
  const header = parts === undefined ? undefined : headerOf(parts[0])
  if (parts === undefined || header === undefined) return 'the call is not signed'
  const alg = given.algorithms.find((each) => each === header.alg)
  if (alg === undefined) return 'the signature is of an algorithm that is not expected'
  // RFC 7515 4.1.11: what we don't understand and is critical makes the signature worthless to us.
  if (header.crit !== undefined) return 'the signature has critical extensions'
  const payload = Buffer.from(given.payload).toString('base64url')
  if (parts[1] !== '' && parts[1] !== payload) return 'the signature is over another body'
  const input = Buffer.from(`${parts[0]}.${payload}`)
  const signature = Buffer.from(parts[2], 'base64url')
  // One spelling a signature: base64url decoding is lenient about the bits that are left over.
  if (signature.toString('base64url') !== parts[2]) return 'no signature fits'
  const keys = keysFor(given.keys, { alg, kid: header.kid })
  if (keys.length === 0) return 'the signature is by a key that is not known'
  return keys.some((key) => fits(alg, key, input, signature)) ? undefined : 'no signature fits'
}
