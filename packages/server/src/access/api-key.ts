/**
 * What an API key looks like, and its hash: the only form in which it is kept. Not for looking one up. A fast hash is
 * right here: a key has 256 random bits, so there is nothing to guess (reliability.md rule 25).
 */
import { hash } from 'node:crypto'

const keyPrefix = 'car_'
/** 256 bits. */
export const keyRandomBytes = 32
/** 36^50 > 2^256. */
const base36Length = 50
/** Own keys: `car_` and six characters; of a foreign key, which may be less random, only four are shown. */
const shownOfOwn = 10
const shownOfForeign = 4
const shape = /^[\x21-\x7e]{32,255}$/

/** The key made of 32 random bytes: `car_` and 50 lower-case letters and digits, which a double click selects whole. */
export const apiKeyOf = (random: Uint8Array): string =>
  keyPrefix +
  BigInt(`0x${Buffer.from(random).toString('hex')}`)
    .toString(36)
    .padStart(base36Length, '0')

/** May this be a key? Ours are, and any 32 to 255 visible ASCII characters (CARILLON_BOOTSTRAP_API_KEY). */
export const isKeyShaped = (text: string): boolean => shape.test(text)

/**
 * SHA-256 as 64 hex digits. Keys are compared by looking the hash up in an index: how long that takes says nothing about
 * the key.
 */
export const hashKey = (key: string): string => hash('sha256', key, 'hex')

/** The first characters, for people to recognise a key by. */
export const shownPrefix = (key: string): string =>
  key.slice(0, key.startsWith(keyPrefix) ? shownOfOwn : shownOfForeign)
