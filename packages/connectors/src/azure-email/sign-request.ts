/**
 * Signs a request to Azure Communication Services with an access key: HMAC-SHA256 over verb, path, date, host and the
 * body's hash (channels.md section 4, @azure/communication-common). Knows nothing about e-mail.
 */
import { createHash, createHmac } from 'node:crypto'
import { instant, type Instant } from '@carillon/domain/clock'

type Unsigned = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly body: string
  readonly accessKey: string
  readonly now: Instant
}

/**
 * The three headers that prove the request. `host` is signed too and is not among them: the HTTP client sends the URL's own.
 * `accessKey` is base64; Azure refuses a date that is more than minutes off†.
 */
export const signedHeaders = ({ method, url, body, accessKey, now }: Unsigned) => {
  const { host, pathname, search } = new URL(url)
  const date = new Date(instant(now)).toUTCString()
  const hash = createHash('sha256').update(body).digest('base64')
  const signature = createHmac('sha256', Buffer.from(accessKey, 'base64'))
    .update(`${method}\n${pathname}${search}\n${date};${host};${hash}`)
    .digest('base64')
  return {
    'x-ms-date': date,
    'x-ms-content-sha256': hash,
    authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
  } as const
}
