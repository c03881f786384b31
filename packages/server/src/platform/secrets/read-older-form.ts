/**
 * Reads secrets in the two forms of the PEC notifier that Carillon replaces, for the one-off import:
 * base64(nonce 12 + ciphertext + tag 16), AES-256-GCM under one key without authenticated data; and, in its older rows,
 * base64 of plain JSON. Nothing of ours is ever written in these forms.
 */
import { isUtf8 } from 'node:buffer'
import { createDecipheriv } from 'node:crypto'
import { isTagMismatch } from './tag-mismatch.ts'

export type OlderForm =
  | {
      readonly ok: true
      readonly form: 'encrypted' | 'plain'
      /** The JSON object that was stored, e.g. {"bot_token": "…"}. */
      readonly json: Readonly<Record<string, unknown>>
    }
  | { readonly ok: false; readonly error: string }

type Options = {
  /** The 32 bytes of the older system's key; undefined when only plain rows are expected. */
  readonly olderKey: Uint8Array | undefined
}

const nonceBytes = 12
const tagBytes = 16
const base64Pattern = /^[A-Za-z0-9+/]+={0,2}$/

const failed = (error: string): OlderForm => ({ ok: false, error })

/** The caller decides what undefined means: not JSON, or no object. */
const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    return isObject ? { ...json } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Random bytes of a ciphertext are hardly ever UTF-8: the caller decides what undefined means. */
const decodeUtf8 = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? new TextDecoder().decode(bytes) : undefined

const decrypt = (bytes: Uint8Array, key: Uint8Array): string | undefined => {
  if (bytes.length < nonceBytes + tagBytes) return undefined
  const nonce = bytes.subarray(0, nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes))
  const body = decipher.update(bytes.subarray(nonceBytes, bytes.length - tagBytes))
  try {
    return Buffer.concat([body, decipher.final()]).toString('utf8')
  } catch (error) {
    // Another key, or not this form at all.
    if (isTagMismatch(error)) return undefined
    throw error
  }
}

/**
 * Tells the two forms apart and gives the stored JSON object. A matching GCM tag is proof of the encrypted form, so
 * that is tried first; what does not decrypt is plain only when it is UTF-8 text of a JSON object. Never throws for bad
 * input; the error is a sentence with a remedy and holds no secret.
 */
export const readOlderForm = (text: string, { olderKey }: Options): OlderForm => {
  if (olderKey !== undefined && olderKey.length !== 32) {
    return failed(`The older key has ${olderKey.length} bytes instead of 32.`)
  }
  const compact = text.replaceAll(/\s/g, '')
  if (!base64Pattern.test(compact)) return failed('The value is not base64: copy it unchanged.')
  const bytes = Buffer.from(compact, 'base64')

  const decrypted = olderKey === undefined ? undefined : decrypt(bytes, olderKey)
  if (decrypted !== undefined) {
    const json = parseObject(decrypted)
    if (json === undefined) return failed('The value decrypts, but not to a JSON object.')
    return { ok: true, form: 'encrypted', json }
  }

  const plain = decodeUtf8(bytes)
  const json = plain === undefined ? undefined : parseObject(plain)
  if (json !== undefined) return { ok: true, form: 'plain', json }
  return failed(
    olderKey === undefined
      ? 'The value is not plain JSON: it is encrypted (give the older key) or damaged.'
      : 'The value does not decrypt with the older key and is not plain JSON: another key, or damaged.',
  )
}
