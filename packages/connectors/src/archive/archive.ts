/**
 * Keeps signed documents: in a folder of the server, or in a bucket that speaks the API of S3. One delivery a document,
 * each document once, its SHA-256 on record with the attempt. Not for deleting, and not for documents of our own making.
 */
import { createHash } from 'node:crypto'
import type { Outcome } from '@carillon/domain/outcome'
import type { FilesPort } from '../archive-ports.ts'
import { baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { messageFault, slowDown, tryAgain } from '../error-table.ts'
import { redact } from '../http-outcome.ts'
import type { RemoteFile } from '../tracker.ts'
import { verificationOf } from '../verification-of.ts'
import { readArchivePath } from './archive-path.ts'
import { archiveExamples } from './examples.ts'
import { confidential, objectUrl, putObject, signedRequest } from './put-object.ts'
import {
  archiveSecrets,
  archiveSettings,
  type ArchiveSecrets,
  type ArchiveSettings,
} from './settings.ts'

type Context = SendContext<ArchiveSettings, ArchiveSecrets>

const docs = `Keeps the documents of tracked items, such as contracts that were signed, in a folder of the server or in a
bucket of [Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html) or of a store with the same API
(MinIO, Ceph, Garage). Use it with the rule action \`archive\` on \`status.changed\`. A path or key is written once: the same
document again is a success, another one under the same path is a failure that says so. The attempt has the SHA-256.`

const defaultPath = '{{ data.reference | default: data.remoteId }}/{{ data.remoteId }}-{{ to }}.pdf'

const check = (settings: ArchiveSettings, secrets: Partial<ArchiveSecrets>) => {
  if (settings.kind === 'folder') return baseUrlProblems(settings)
  const missing = (pointer: string, value: unknown) =>
    value === undefined ? [{ pointer, detail: 'is required for s3' }] : []
  return [
    ...missing('/settings/bucket', settings.bucket),
    ...missing('/settings/region', settings.region),
    ...missing('/secrets/accessKeyId', secrets.accessKeyId),
    ...missing('/secrets/secretAccessKey', secrets.secretAccessKey),
    ...baseUrlProblems(settings),
  ]
}

/** The id of a document of the event's item. */
const parseAddress = (to: string) => {
  const address = to.trim()
  if (address === '') return { ok: false, reason: 'the event has no document' } as const
  return /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$/.test(address)
    ? ({ ok: true, address } as const)
    : ({ ok: false, reason: 'not the id of a document' } as const)
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const rendered = context.render(context.settings.path ?? defaultPath, 'none')
  if (!rendered.ok) return messageFault(`path: ${rendered.reason}`)
  const place = readArchivePath(rendered.text)
  if (!place.ok) return messageFault(place.reason)
  const { documents, files } = context
  if (documents === undefined || files === undefined)
    throw new Error('an archive without its ports')
  const file = await documents.fetch(message.to)
  if (file.kind !== 'document') return outcomeOfFile(file)
  if (context.settings.kind === 'folder') return await keepFile(place.path, file.bytes, files)
  const { bytes, contentType } = file
  const { deliveryId } = message
  return await putObject({ key: place.path, bytes, contentType, deliveryId }, context)
}

/** The document's side of the exchange. What the archive's credentials are worth shows nothing of it. */
const outcomeOfFile = (file: Exclude<RemoteFile, { readonly kind: 'document' }>): Outcome => {
  const reason = `the document: ${file.reason}`
  switch (file.kind) {
    case 'unusable':
      return messageFault(reason)
    // It may be archived over there a few minutes after it was completed (sources.md B1).
    case 'unknown':
    case 'stop':
      return tryAgain(reason)
    case 'retry':
      return file.afterMs === undefined
        ? tryAgain(reason)
        : slowDown(reason, 'message', file.afterMs)
  }
}

const keepFile = async (path: string, bytes: Uint8Array, files: FilesPort): Promise<Outcome> => {
  const result = await files.write(path, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  switch (result.kind) {
    case 'written':
    case 'same':
      return { kind: 'accepted', ids: [path, `sha256:${sha256}`] }
    case 'different':
      return messageFault(`other content is archived under this path already: ${path}`)
    case 'refused':
      return messageFault(result.reason)
    case 'failed':
      return tryAgain(result.reason)
  }
}

/** A key that nobody has: 404 proves that we may read, and 403 is said of a bucket that is not ours. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { settings, secrets, http, now, signal } = context
  if (settings.kind === 'folder') {
    return { ok: true, detail: 'Files go below CARILLON_ARCHIVE_DIR of the server.' }
  }
  const url = objectUrl(settings, 'carillon-test-of-credentials')
  const request = signedRequest(context, { method: 'GET', url })
  const reply = await http.request(request, signal)
  const hidden = confidential(secrets, request)
  if (reply.kind === 'response' && reply.body.includes('<Code>NoSuchBucket</Code>')) {
    return { ok: false, error: redact(`There is no bucket "${settings.bucket}".`, hidden) }
  }
  return verificationOf(reply, {
    now,
    secrets: hidden,
    proof: ({ status }) => (status === 404 || status === 200 ? '' : undefined),
    stranger: 'not an answer of S3',
  })
}

export const connector = defineConnector({
  id: 'archive',
  name: 'Archive',
  channel: 'archive',
  docs,
  settings: archiveSettings,
  secrets: archiveSecrets,
  // A document of 25 MB is held in memory while it is on its way.
  limits: { concurrency: 4 },
  check,
  parseAddress,
  send,
  verify,
  examples: archiveExamples,
})
