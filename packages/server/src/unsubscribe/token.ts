/**
 * The token of an unsubscribe link: all that the page needs, encrypted and signed, so that it needs no row in the database,
 * tells nothing to whoever sees the link in a log, and can't be made by anybody else. Not for what a request with it does.
 *
 * Text: base64url of 16 bytes of signature | body, encrypted. The construction is SIV (RFC 5297) with HMAC-SHA-256 and
 * AES-256-CTR: the signature over the plain body is the cipher's IV. So the same link has the same token at every attempt,
 * and there is no nonce to be repeated. Body: 1 byte version | 16 bytes tenant | 16 bytes delivery | 1 byte kind (0
 * campaign, 1 subscription, then its 16 bytes) | 1 byte n | n bytes channel | the address, in UTF-8.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { isUuid } from '@carillon/domain/ids'
import { longestAddressBytes } from '@carillon/domain/suppression'

/** Who unsubscribes from what. The ids are UUIDs. */
export type UnsubscribeGrant = {
  readonly tenantId: string
  /** The message that the link stood in. */
  readonly deliveryId: string
  readonly channel: string
  readonly address: string
  /** Undefined: campaigns. */
  readonly subscription: string | undefined
}

export type UnsubscribeTokens = {
  /** Letters, digits, - and _. The same grant gives the same token. */
  readonly sign: (grant: UnsubscribeGrant) => string
  /** The grant, or undefined for whatever we have not signed. Never throws. */
  readonly read: (token: string) => UnsubscribeGrant | undefined
}

const version = 1
const signatureBytes = 16
const smallestBody = 1 + 16 + 16 + 1 + 1
const longestToken = Math.ceil(
  ((signatureBytes + smallestBody + 16 + 255 + longestAddressBytes) * 4) / 3,
)

/** Tokens with these keys: the first one signs, all are known. Signing throws when there is none. */
export const createUnsubscribeTokens = (keys: readonly Uint8Array[]): UnsubscribeTokens => {
  const pairs = keys.map((key) => ({ mac: subKey(key, 'mac'), cipher: subKey(key, 'cipher') }))
  const [active] = pairs
  return {
    sign: (grant) => {
      if (active === undefined) throw new Error('a token needs a key')
      const body = encode(grant)
      const signature = signatureOf(active.mac, body)
      const cipher = createCipheriv('aes-256-ctr', active.cipher, signature)
      return Buffer.concat([signature, cipher.update(body), cipher.final()]).toString('base64url')
    },
    read: (token) => {
      const bytes = bytesOf(token)
      if (bytes === undefined) return undefined
      for (const pair of pairs) {
        const body = opened(pair, bytes)
        if (body !== undefined) return decode(body)
      }
      return undefined
    },
  }
}

type KeyPair = { readonly mac: Buffer; readonly cipher: Buffer }

const subKey = (key: Uint8Array, use: string): Buffer =>
  createHmac('sha256', key).update(use).digest()

const signatureOf = (key: Buffer, body: Uint8Array): Buffer =>
  createHmac('sha256', key).update(body).digest().subarray(0, signatureBytes)

/** One spelling only: Node skips what is no base64url, and the last character has bits to spare. */
const bytesOf = (token: string): Buffer | undefined => {
  if (token.length > longestToken || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined
  const bytes = Buffer.from(token, 'base64url')
  return bytes.length >= signatureBytes + smallestBody && bytes.toString('base64url') === token
    ? bytes
    : undefined
}

const opened = ({ mac, cipher }: KeyPair, bytes: Buffer): Buffer | undefined => {
  const signature = bytes.subarray(0, signatureBytes)
  const decipher = createDecipheriv('aes-256-ctr', cipher, signature)
  const body = Buffer.concat([decipher.update(bytes.subarray(signatureBytes)), decipher.final()])
  return timingSafeEqual(signature, signatureOf(mac, body)) ? body : undefined
}

const uuidBytes = (uuid: string): Buffer => {
  if (!isUuid(uuid)) throw new Error('a token needs UUIDs')
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

const uuidOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const encode = ({
  tenantId,
  deliveryId,
  channel,
  address,
  subscription,
}: UnsubscribeGrant): Buffer =>
  Buffer.concat([
    Uint8Array.of(version),
    uuidBytes(tenantId),
    uuidBytes(deliveryId),
    Uint8Array.of(subscription === undefined ? 0 : 1),
    ...(subscription === undefined ? [] : [uuidBytes(subscription)]),
    Uint8Array.of(Buffer.byteLength(channel)),
    Buffer.from(channel),
    Buffer.from(address),
  ])

/** The body is one of ours. Undefined: of a version that this program does not know. */
const decode = (body: Buffer): UnsubscribeGrant | undefined => {
  if (body[0] !== version) return undefined
  const channelAt = 34 + (body[33] === 1 ? 16 : 0)
  const addressAt = channelAt + 1 + (body[channelAt] ?? 0)
  return {
    tenantId: uuidOf(body.subarray(1, 17)),
    deliveryId: uuidOf(body.subarray(17, 33)),
    subscription: body[33] === 1 ? uuidOf(body.subarray(34, 50)) : undefined,
    channel: body.toString('utf8', channelAt + 1, addressAt),
    address: body.toString('utf8', addressAt),
  }
}
