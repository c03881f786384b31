/**
 * Encrypts secrets at rest, each bound to its place: AES-256-GCM with a key derived per tenant, and the place (tenant,
 * table, column, row) as authenticated data, so that a ciphertext copied elsewhere does not open. Not for passwords and
 * API keys of people (those are hashed) and not for storing: callers keep the bytes.
 *
 * Envelope, version 1: 1 byte version | 1 byte n | n bytes key id (ASCII) | 12 bytes IV | ciphertext | 16 bytes tag.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { fingerprintOf, type SecretKey } from './secret-keys.ts'
import { isTagMismatch } from './tag-mismatch.ts'

/** The place that a secret belongs to. `tenantId` is the UUID, or a fixed word for what belongs to no tenant. */
export type SecretPlace = {
  readonly tenantId: string
  readonly table: string
  readonly column: string
  readonly rowId: string
}

export type OpenError = {
  /**
   * `unknown_key`: sealed with a key that this process does not have. `tampered`: altered, cut, or moved from another
   * place. `malformed`: not an envelope of ours.
   */
  readonly code: 'unknown_key' | 'tampered' | 'malformed'
  /** A sentence with the remedy, for the operator. Holds no secret. */
  readonly message: string
}

export type OpenResult =
  | { readonly ok: true; readonly plaintextJson: string }
  | { readonly ok: false; readonly error: OpenError }

export type RewrapResult =
  | { readonly ok: true; readonly sealed: Buffer; readonly changed: boolean }
  | { readonly ok: false; readonly error: OpenError }

export type Keyring = {
  /** The id of the key that `seal` uses. */
  readonly activeId: string
  /** The ids of all keys that `open` knows, active first. */
  readonly keyIds: readonly string[]
  /** Encrypts JSON text for this place. Two calls never give the same bytes. */
  readonly seal: (plaintextJson: string, place: SecretPlace) => Buffer
  /** Decrypts what `seal` gave for the same place. Never throws for bad data. */
  readonly open: (sealed: Uint8Array, place: SecretPlace) => OpenResult
  /** For rotation: the same secret under the active key; `changed: false` when it already is. */
  readonly rewrap: (sealed: Uint8Array, place: SecretPlace) => RewrapResult
  /**
   * Keys (32 bytes) for another purpose than secrets at rest, such as tokens in links: one of each root key, active first,
   * so that what an older one made is still known after a rotation. `purpose` is a fixed word.
   */
  readonly keysFor: (purpose: string) => readonly Uint8Array[]
}

const version = 1
const ivBytes = 12
const tagBytes = 16
const algorithm = 'aes-256-gcm'
/** Derived keys kept at hand; deriving one costs some microseconds, so forgetting the oldest is cheap. */
const mostDerivedKeys = 1_000

type Envelope = {
  readonly keyId: string
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const parseEnvelope = (sealed: Uint8Array): Envelope | undefined => {
  const idEnd = 2 + (sealed[1] ?? 0)
  if (sealed[0] !== version || idEnd === 2) return undefined
  if (sealed.length < idEnd + ivBytes + tagBytes) return undefined
  return {
    keyId: Buffer.from(sealed.subarray(2, idEnd)).toString('latin1'),
    iv: sealed.subarray(idEnd, idEnd + ivBytes),
    ciphertext: sealed.subarray(idEnd + ivBytes, sealed.length - tagBytes),
    tag: sealed.subarray(sealed.length - tagBytes),
  }
}

/** The id of the key that these bytes were sealed with; undefined when they are not an envelope. For counting what a rotation still has to do. */
export const sealedKeyId = (sealed: Uint8Array): string | undefined => parseEnvelope(sealed)?.keyId

/** As JSON array, because a plain join would make ("a|b", "c") and ("a", "b|c") the same place. */
const authenticatedData = (place: SecretPlace, keyId: string): Buffer =>
  Buffer.from(
    JSON.stringify([version, place.tenantId, place.table, place.column, place.rowId, keyId]),
  )

const malformed: OpenError = {
  code: 'malformed',
  message: 'The stored secret is not in a form that this version knows. Enter the secret again.',
}
const tampered: OpenError = {
  code: 'tampered',
  message:
    'The stored secret was altered, moved from another row, or the key with this id is not the one it was sealed with. ' +
    'Restore the row or the key from a backup, or enter the secret again.',
}
const unknownKey = (keyId: string): OpenError => ({
  code: 'unknown_key',
  message:
    `The stored secret was sealed with key "${keyId}", which is not configured. ` +
    'Add that key behind the active one in CARILLON_SECRET_KEY ("new:<base64>,old:<base64>"), or restore the key file.',
})

/**
 * Per-tenant keys from the root keys by HKDF-SHA-256: a root key never encrypts data itself, which keeps every key
 * far below the 2^32 random IVs that NIST SP 800-38D §8.3 allows.
 */
const createDerivation = (): ((root: SecretKey, tenantId: string) => Uint8Array) => {
  const derived = new Map<string, Uint8Array>()
  return (root, tenantId) => {
    const name = `${root.id} ${tenantId}`
    const known = derived.get(name)
    if (known !== undefined) return known
    const info = `carillon secret v${version} ${tenantId}`
    const key = new Uint8Array(hkdfSync('sha256', root.key32, new Uint8Array(0), info, 32))
    const [oldest] = derived.keys()
    if (derived.size >= mostDerivedKeys && oldest !== undefined) derived.delete(oldest)
    derived.set(name, key)
    return key
  }
}

/** Every key by its id and by its fingerprint: a key that gets a name later still opens what it sealed without one. */
const indexKeys = (keys: readonly SecretKey[]): ReadonlyMap<string, SecretKey> => {
  const byFingerprint = keys.map((key) => [fingerprintOf(key.key32), key] as const)
  return new Map([...byFingerprint, ...keys.map((key) => [key.id, key] as const)])
}

const encrypt = (key: Uint8Array, plaintext: string, aad: Buffer): Buffer => {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes })
  cipher.setAAD(aad)
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return Buffer.concat([iv, body, cipher.getAuthTag()])
}

/** The plaintext, or undefined when the tag does not match. */
const decrypt = (key: Uint8Array, envelope: Envelope, aad: Buffer): string | undefined => {
  // Without authTagLength, Node accepts tags of 4 to 16 bytes: a cut tag can be forged (DEP0182).
  const decipher = createDecipheriv(algorithm, key, envelope.iv, { authTagLength: tagBytes })
  decipher.setAAD(aad)
  decipher.setAuthTag(envelope.tag)
  const body = decipher.update(envelope.ciphertext)
  try {
    return Buffer.concat([body, decipher.final()]).toString('utf8')
  } catch (error) {
    if (isTagMismatch(error)) return undefined
    throw error
  }
}

/**
 * A keyring of these keys; `activeId` names the one that seals. Throws when the active key is missing: that is a
 * composition bug (`parseSecretKeys` gives both).
 */
export const createKeyring = (keys: readonly SecretKey[], activeId: string): Keyring => {
  const byId = indexKeys(keys)
  const active = keys.find((key) => key.id === activeId)
  if (active === undefined) throw new Error(`the active key "${activeId}" is not in the keyring`)
  const deriveKey = createDerivation()

  const seal = (plaintextJson: string, place: SecretPlace): Buffer => {
    const id = Buffer.from(active.id, 'latin1')
    const aad = authenticatedData(place, active.id)
    const body = encrypt(deriveKey(active, place.tenantId), plaintextJson, aad)
    return Buffer.concat([Uint8Array.of(version, id.length), id, body])
  }

  const open = (sealed: Uint8Array, place: SecretPlace): OpenResult => {
    const envelope = parseEnvelope(sealed)
    if (envelope === undefined) return { ok: false, error: malformed }
    const root = byId.get(envelope.keyId)
    if (root === undefined) return { ok: false, error: unknownKey(envelope.keyId) }
    const aad = authenticatedData(place, envelope.keyId)
    const plaintextJson = decrypt(deriveKey(root, place.tenantId), envelope, aad)
    return plaintextJson === undefined
      ? { ok: false, error: tampered }
      : { ok: true, plaintextJson }
  }

  const rewrap = (sealed: Uint8Array, place: SecretPlace): RewrapResult => {
    const opened = open(sealed, place)
    if (!opened.ok) return opened
    if (sealedKeyId(sealed) === active.id) {
      return { ok: true, sealed: Buffer.from(sealed), changed: false }
    }
    return { ok: true, sealed: seal(opened.plaintextJson, place), changed: true }
  }

  const others = keys.filter((key) => key.id !== activeId)
  const keysFor = (purpose: string): readonly Uint8Array[] =>
    [active, ...others].map(({ key32 }) => {
      const info = `carillon purpose v${version} ${purpose}`
      return new Uint8Array(hkdfSync('sha256', key32, new Uint8Array(0), info, 32))
    })
  return {
    activeId,
    keyIds: [activeId, ...others.map((key) => key.id)],
    seal,
    open,
    rewrap,
    keysFor,
  }
}
