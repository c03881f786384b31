/**
 * The token of the link that `npm start` prints while there is nobody: who can read the server's output makes the first
 * person with it. It is derived from the key for secrets, so every process knows it and none stores it. It is of no use once
 * there is a person. Not for anything else.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Keyring } from '../platform/secrets/keyring.ts'

const purpose = 'set-up link'
const bytes = 24

const tokens = (keyring: Keyring): readonly Buffer[] =>
  keyring
    .keysFor(purpose)
    .map((key) => createHmac('sha256', key).update(purpose).digest().subarray(0, bytes))

/** 32 characters of base64url. */
export const setupTokenOf = (keyring: Keyring): string => {
  const [token] = tokens(keyring)
  if (token === undefined) throw new Error('a set-up token needs a key')
  return token.toString('base64url')
}

/** Is it the token of this installation, also of an older key? Takes as long whatever the text is. */
export const isSetupToken = (keyring: Keyring, text: string): boolean => {
  const given = Buffer.from(text, 'base64url')
  return tokens(keyring).some(
    (token) => given.length === token.length && timingSafeEqual(given, token),
  )
}
