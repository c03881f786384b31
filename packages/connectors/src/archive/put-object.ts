/**
 * Keeps an object in an S3-compatible store, never twice: written only where nothing is, and what is there is compared.
 * Sources: Amazon S3 API Reference, PutObject ("If-None-Match", "x-amz-checksum-sha256"), GetObject, Error Responses.
 */
import { createHash } from 'node:crypto'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlOf } from '../base-url.ts'
import type { SendContext } from '../define-connector.ts'
import { integrationFault, messageFault, tryAgain } from '../error-table.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpReply, HttpRequest, HttpResponse } from '../http-port.ts'
import { s3Path, sigV4Headers } from '../sigv4.ts'
import type { ArchiveSecrets, ArchiveSettings } from './settings.ts'

export type S3Context = Pick<
  SendContext<ArchiveSettings, ArchiveSecrets>,
  'settings' | 'secrets' | 'http' | 'now' | 'signal'
>

export type ArchiveObject = {
  readonly key: string
  readonly bytes: Uint8Array
  readonly contentType: string
  readonly deliveryId: string
}

const transferMs = 120_000
/** As large as what is archived: 25 MB. */
const objectBytes = 25 * 1_048_576

/** The URL of a key; the bucket itself without one. */
export const objectUrl = (settings: ArchiveSettings, key: string): string => {
  const { bucket = '', region = '', pathStyle = settings.baseUrl !== undefined } = settings
  const base = new URL(baseUrlOf(settings.baseUrl, `https://s3.${region}.amazonaws.com`))
  if (!pathStyle) base.host = `${bucket}.${base.host}`
  const prefix = base.pathname.replace(/\/+$/, '')
  return `${base.origin}${prefix}/${pathStyle ? `${bucket}/` : ''}${s3Path(key)}`
}

/** A signed request for the URL. */
export const signedRequest = (
  { settings, secrets, now }: Pick<S3Context, 'settings' | 'secrets' | 'now'>,
  request: HttpRequest,
): HttpRequest => ({
  timeoutMs: transferMs,
  ...request,
  headers: sigV4Headers({
    method: request.method,
    url: request.url,
    headers: request.headers ?? {},
    body: request.body ?? '',
    region: settings.region ?? '',
    service: 's3',
    accessKeyId: secrets.accessKeyId ?? '',
    secretAccessKey: secrets.secretAccessKey ?? '',
    sessionToken: secrets.sessionToken,
    now,
  }),
})

/** The keys, and the signature of these requests, which a server may repeat. */
export const confidential = (
  { accessKeyId, secretAccessKey, sessionToken }: ArchiveSecrets,
  ...requests: readonly HttpRequest[]
): readonly (string | undefined)[] => {
  const signatures = requests.flatMap(({ headers = {} }) => {
    const authorization = headers['authorization'] ?? ''
    return [authorization, ...authorization.split(' ').slice(1)]
  })
  return [accessKeyId, secretAccessKey, sessionToken, ...signatures]
}

/** Puts it, or finds that it is there. `accepted` has the key's URL and the checksum as ids. */
export const putObject = async (object: ArchiveObject, context: S3Context): Promise<Outcome> => {
  if (context.settings.conditionalWrites === false) {
    const found = await compareObject(object, context)
    if (found !== 'absent') return found
  }
  const digest = createHash('sha256').update(object.bytes).digest()
  const request = signedRequest(context, {
    method: 'PUT',
    url: objectUrl(context.settings, object.key),
    body: object.bytes,
    headers: {
      'content-type': object.contentType,
      ...(context.settings.conditionalWrites === false ? {} : { 'if-none-match': '*' }),
      'x-amz-checksum-sha256': digest.toString('base64'),
      'x-amz-meta-carillon-delivery': object.deliveryId,
    },
  })
  const reply = await context.http.request(request, context.signal)
  if (reply.kind === 'response' && reply.status === 412) {
    const found = await compareObject(object, context)
    return found === 'absent' ? tryAgain('the object was there, and then it was not') : found
  }
  return outcomeOf(reply, request, object, context)
}

const idsOf = ({ key, bytes }: ArchiveObject, { settings }: S3Context): readonly string[] => [
  `s3://${settings.bucket ?? ''}/${key}`,
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
]

/** Looks at what is under the key: the same bytes are a success, other bytes stay and are a failure. */
const compareObject = async (
  object: ArchiveObject,
  context: S3Context,
): Promise<Outcome | 'absent'> => {
  const url = objectUrl(context.settings, object.key)
  const more = { maxBytes: objectBytes, as: 'bytes' } as const
  const request = signedRequest(context, { method: 'GET', url, ...more })
  const reply = await context.http.request(request, context.signal)
  if (reply.kind !== 'response' || reply.status !== 200) {
    const isAbsent = reply.kind === 'response' && reply.status === 404
    const outcome = outcomeOf(reply, request, object, context)
    // A bucket that is not there is 404, too.
    if (isAbsent && outcome.kind !== 'integration_rejected') return 'absent'
    return outcome.kind === 'accepted' || outcome.kind === 'unknown' ? unread(outcome) : outcome
  }
  const { bytes = new Uint8Array(), truncated } = reply
  if (truncated && bytes.length < objectBytes) return tryAgain('what is there could not be read')
  return !truncated && Buffer.from(bytes).equals(object.bytes)
    ? { kind: 'accepted', ids: idsOf(object, context), httpStatus: 200 }
    : messageFault(`other content is archived under this key already: ${object.key}`)
}

/** A GET that got no answer changes nothing over there: it is not the unknown of a write. */
const unread = (outcome: Outcome): Outcome =>
  tryAgain('reason' in outcome ? outcome.reason : 'what is there could not be read')

const outcomeOf = (
  reply: HttpReply,
  request: HttpRequest,
  object: ArchiveObject,
  context: S3Context,
): Outcome =>
  outcomeOfReply(reply, {
    now: context.now,
    secrets: confidential(context.secrets, request),
    read: (response) => readAnswer(response, object, context),
  })

/** <Error><Code>NoSuchBucket</Code>…: the codes that say more than their status. */
const readAnswer = (
  response: HttpResponse,
  object: ArchiveObject,
  context: S3Context,
): Outcome | undefined => {
  const { status } = response
  if (status >= 200 && status < 300) return { kind: 'accepted', ids: idsOf(object, context) }
  const code = /<Code>([A-Za-z0-9]{1,80})<\/Code>/.exec(response.body)?.[1]
  const found = code === undefined ? undefined : meaningOf(code)
  if (found !== undefined) return found
  // Two writers of the same key at the same time (ConditionalRequestConflict): the next try finds out who won.
  if (status === 409) return tryAgain(`HTTP 409: ${code ?? 'a conflict'}`)
  return status === 501
    ? integrationFault(
        'HTTP 501: the store knows no conditional writes: set conditionalWrites to false',
      )
    : undefined
}

const faults: ReadonlySet<string> = new Set([
  'NoSuchBucket',
  'InvalidBucketName',
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'RequestTimeTooSkewed',
  'ExpiredToken',
  'InvalidToken',
  'QuotaExceeded',
])
const passing: ReadonlySet<string> = new Set([
  'BadDigest',
  'RequestTimeout',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
])

const meaningOf = (code: string): Outcome | undefined => {
  if (faults.has(code)) return integrationFault(`${code}: bucket, region or credentials`)
  return passing.has(code) ? tryAgain(code) : undefined
}
