/**
 * AWS Signature Version 4 in the Authorization header, for requests without a query. Source: AWS General Reference,
 * "Create a signed AWS API request", and for S3 "Signature Calculations for the Authorization Header".
 */
import { createHash, createHmac } from 'node:crypto'
import { toIso, type Instant } from '@carillon/domain/clock'

type Signing = {
  readonly method: string
  /** Without a query. */
  readonly url: string
  /** Names are lower-case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly region: string
  /** In `s3` paths are encoded once only, and the body's hash is a header. */
  readonly service: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly now: Instant
}

const sha256 = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest()

/** "20150830T123600Z". */
const amzDate = (now: Instant): string => toIso(now).replaceAll(/[-:]|\.\d+/g, '')

/** RFC 3986: encodeURIComponent leaves five characters alone that AWS wants encoded. */
const encoded = (segment: string): string =>
  encodeURIComponent(segment).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** The segments of the path as it is sent, each encoded once more; S3 takes them as they are sent (`s3Path` makes them so). */
const canonicalPath = (url: URL, service: string): string =>
  service === 's3' ? url.pathname : url.pathname.split('/').map(encoded).join('/')

/** An object's key as the path of its URL, without the slash in front: every segment encoded as AWS wants it. */
export const s3Path = (key: string): string => key.split('/').map(encoded).join('/')

/** Returns the given headers with `x-amz-date`, `authorization` and, for temporary credentials, `x-amz-security-token`. */
export const sigV4Headers = (signing: Signing): Readonly<Record<string, string>> => {
  const url = new URL(signing.url)
  const time = amzDate(signing.now)
  const bodyHash = sha256(signing.body)
  const sent = {
    ...signing.headers,
    'x-amz-date': time,
    ...(signing.service === 's3' ? { 'x-amz-content-sha256': bodyHash } : {}),
    ...(signing.sessionToken === undefined ? {} : { 'x-amz-security-token': signing.sessionToken }),
  }
  // The HTTP client sets `host`, and it is signed all the same.
  const signed = Object.entries({ ...sent, host: url.host }).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    signing.method,
    canonicalPath(url, signing.service),
    '',
    ...signed.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names,
    bodyHash,
  ].join('\n')
  const day = time.slice(0, 8)
  const scope = `${day}/${signing.region}/${signing.service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [signing.region, signing.service, 'aws4_request'].reduce<Buffer>(
    hmac,
    hmac(`AWS4${signing.secretAccessKey}`, day),
  )
  const signature = hmac(key, toSign).toString('hex')
  const credential = `Credential=${signing.accessKeyId}/${scope}`
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`,
  }
}
