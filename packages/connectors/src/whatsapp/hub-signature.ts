/**
 * Meta's signature of webhook calls: `X-Hub-Signature-256: sha256=<hex HMAC-SHA256(app secret, raw body)>` (channels.md
 * 7.3). No time is in it: a repeated call looks the same, and the notice ids tell it.
 */
import { createHmac } from 'node:crypto'

export const hubSignatureHeader = 'x-hub-signature-256'

/** The header's value for these bytes. */
export const hubSignature = (appSecret: string, body: Uint8Array): string =>
  `sha256=${createHmac('sha256', appSecret).update(body).digest('hex')}`
