/**
 * An S3-compatible store on loopback: it checks each request's signature with code of its own (AWS, "Signature Calculations
 * for the Authorization Header"), the checksum, and If-None-Match. Path-style only; not for listing or deleting.
 */
import { createHash, createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { listenOnLoopback } from './listen-on-loopback.ts'

export type FakeS3 = {
  readonly url: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
  /** By `bucket/key`, decoded. */
  readonly objects: Map<string, Uint8Array>
  /** Every write that came, done or refused: `<status> <bucket/key>`. */
  readonly writes: string[]
  /** Answers before the store's own: so many requests get this status. */
  readonly fail: (times: number, status: number, code: string) => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const credentials = {
  accessKeyId: 'FAKES3KEY00EXAMPLE',
  secretAccessKey: 'fake-s3-secret/of+the=tests',
  region: 'us-east-1',
}
const sha256 = (data: string | Uint8Array): string =>
  createHash('sha256').update(data).digest('hex')

/** The signature that the request should have, from what the wire carried. */
const expectedSignature = (
  request: IncomingMessage,
  body: Uint8Array,
  { day, scope, names }: { readonly day: string; readonly scope: string; readonly names: string },
): string => {
  const value = (name: string): string => String(request.headers[name] ?? '').trim()
  const canonical = [
    request.method ?? '',
    request.url ?? '',
    '',
    ...names.split(';').map((name) => `${name}:${value(name)}`),
    '',
    names,
    sha256(body),
  ].join('\n')
  const toSign = `AWS4-HMAC-SHA256\n${value('x-amz-date')}\n${scope}\n${sha256(canonical)}`
  let key: string | Buffer = `AWS4${credentials.secretAccessKey}`
  for (const part of [day, credentials.region, 's3', 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(toSign).digest('hex')
}

const signaturePattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/[^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/

const isSigned = (request: IncomingMessage, body: Uint8Array): boolean => {
  const found = signaturePattern.exec(request.headers.authorization ?? '')
  const [, keyId = '', scope = '', day = '', names = '', signature = ''] = found ?? []
  const signed = names.split(';')
  return (
    keyId === credentials.accessKeyId &&
    signed.includes('host') &&
    signed.includes('x-amz-content-sha256') &&
    request.headers['x-amz-content-sha256'] === sha256(body) &&
    signature === expectedSignature(request, body, { day, scope, names })
  )
}

type Answer = { readonly status: number; readonly code?: string; readonly body?: Uint8Array }

/** Starts it on a free port, with one bucket: `contracts`. */
export const startFakeS3 = async (): Promise<FakeS3> => {
  const objects = new Map<string, Uint8Array>()
  const writes: string[] = []
  const faults: Answer[] = []

  const put = (request: IncomingMessage, key: string, body: Uint8Array): Answer => {
    const checksum = createHash('sha256').update(body).digest('base64')
    if (request.headers['x-amz-checksum-sha256'] !== checksum)
      return { status: 400, code: 'BadDigest' }
    if (request.headers['if-none-match'] === '*' && objects.has(key))
      return { status: 412, code: 'PreconditionFailed' }
    objects.set(key, body)
    return { status: 200 }
  }
  const get = (key: string): Answer => {
    const body = objects.get(key)
    return body === undefined ? { status: 404, code: 'NoSuchKey' } : { status: 200, body }
  }
  const answer = (request: IncomingMessage, body: Uint8Array): Answer => {
    const fault = faults.shift()
    if (fault !== undefined) return fault
    if (!isSigned(request, body)) return { status: 403, code: 'SignatureDoesNotMatch' }
    const key = decodeURIComponent((request.url ?? '').slice(1))
    if (!key.startsWith('contracts/')) return { status: 404, code: 'NoSuchBucket' }
    return request.method === 'PUT' ? put(request, key, body) : get(key)
  }
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, code, body } = answer(request, await buffer(request))
    if (request.method === 'PUT')
      writes.push(`${status} ${decodeURIComponent((request.url ?? '').slice(1))}`)
    response.writeHead(status)
    response.end(body ?? (code === undefined ? '' : `<Error><Code>${code}</Code></Error>`))
  }
  const server = createServer((request, response) => void respond(request, response))
  const port = await listenOnLoopback(server)
  return {
    url: `http://127.0.0.1:${port}`,
    ...credentials,
    objects,
    writes,
    fail: (times, status, code) => {
      for (let n = 0; n < times; n += 1) faults.push({ status, code })
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
