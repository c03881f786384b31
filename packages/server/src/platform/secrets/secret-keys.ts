/**
 * The root keys as text: what CARILLON_SECRET_KEY and the key file in the data directory hold. Only reading and
 * checking; encrypting is in `keyring.ts`.
 */
import { createHash } from 'node:crypto'

/** A root key: 32 bytes, and the id that everything encrypted with it carries. */
export type SecretKey = { readonly id: string; readonly key32: Uint8Array }

export type ParsedSecretKeys =
  | { readonly ok: true; readonly keys: readonly SecretKey[]; readonly activeId: string }
  | { readonly ok: false; readonly error: string }

/** The id takes one length byte in the envelope; 32 is plenty and keeps log lines short. */
const idPattern = /^[A-Za-z0-9._-]{1,32}$/
/** More keys than this at a time is a mistake: a rotation needs two. */
const mostKeys = 16
const howToMake = 'Make one with: node -p "crypto.randomBytes(32).toString(\'base64\')"'

/** The id of a key that was given without one: the beginning of its SHA-256, so that a wrong key is named, not "broken data". */
export const fingerprintOf = (key32: Uint8Array): string =>
  createHash('sha256').update(key32).digest('hex').slice(0, 12)

/** 32 bytes of base64 or base64url text, or the reason why not. The text itself never gets into the reason. */
const parseKey32 = (text: string): { readonly key32: Uint8Array } | { readonly reason: string } => {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')
  const key32 = Buffer.from(standard, 'base64')
  if (key32.toString('base64').replace(/=+$/, '') !== standard) {
    return { reason: 'is not base64' }
  }
  if (key32.length !== 32) return { reason: `has ${key32.length} bytes instead of 32` }
  if (key32.every((byte) => byte === key32[0])) {
    return { reason: 'consists of one repeated byte: that is a placeholder, not a key' }
  }
  return { key32 }
}

const parseEntry = (entry: string, position: number): SecretKey | { readonly error: string } => {
  const colon = entry.indexOf(':')
  const givenId = colon < 0 ? undefined : entry.slice(0, colon).trim()
  const name = `key ${position}`
  if (givenId !== undefined && !idPattern.test(givenId)) {
    return { error: `${name}: an id has 1 to 32 letters, digits, ".", "_" or "-", then ":"` }
  }
  const parsed = parseKey32(entry.slice(colon + 1).trim())
  if ('reason' in parsed) return { error: `${name} ${parsed.reason}. ${howToMake}` }
  return { id: givenId ?? fingerprintOf(parsed.key32), key32: parsed.key32 }
}

/**
 * Reads "<base64>" or "id1:<base64>,id2:<base64>" (each 32 bytes; the first is active, the others only decrypt).
 * A key without an id gets its fingerprint as the id. The error is a sentence with a remedy and holds no key material.
 */
export const parseSecretKeys = (text: string): ParsedSecretKeys => {
  const entries = text.trim().split(',')
  if (entries.length > mostKeys) return { ok: false, error: `more than ${mostKeys} keys` }
  const keys: SecretKey[] = []
  for (const [at, entry] of entries.entries()) {
    const key = parseEntry(entry.trim(), at + 1)
    if ('error' in key) return { ok: false, error: key.error }
    if (keys.some((other) => other.id === key.id)) {
      return { ok: false, error: `key ${at + 1}: the id "${key.id}" is there twice` }
    }
    keys.push(key)
  }
  const [active] = keys
  if (active === undefined) return { ok: false, error: `no key given. ${howToMake}` }
  return { ok: true, keys, activeId: active.id }
}
