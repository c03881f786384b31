/** Recorded exchanges for the conformance suite. Amazon S3 API Reference: PutObject, Error Responses. */
import type { Example } from '../define-connector.ts'
import type { ArchiveSecrets, ArchiveSettings } from './settings.ts'

const settings: ArchiveSettings = {
  kind: 's3',
  bucket: 'contracts',
  region: 'eu-south-1',
  path: 'signed/{{ to }}.pdf',
}
const secrets: ArchiveSecrets = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const message = { to: 'doc_1' }
const error = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`

export const archiveExamples: readonly Example<ArchiveSettings, ArchiveSecrets>[] = [
  {
    name: 'a document is put where nothing is',
    settings,
    secrets,
    message,
    request: {
      method: 'PUT',
      headers: { 'if-none-match': '*', 'content-type': 'application/pdf' },
    },
    reply: { status: 200, headers: { etag: '"x"' } },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'the bucket in the path of a store of one’s own',
    settings: { ...settings, baseUrl: 'https://minio.example.org:9000', region: 'us-east-1' },
    secrets,
    message,
    request: { method: 'PUT' },
    reply: { status: 200 },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'a store that asks to slow down',
    settings,
    secrets,
    message,
    reply: { status: 503, body: error('SlowDown') },
    outcome: { kind: 'retry' },
  },
  {
    name: 'two writers of the same key',
    settings,
    secrets,
    message,
    reply: { status: 409, body: error('ConditionalRequestConflict') },
    outcome: { kind: 'retry', reason: 'ConditionalRequestConflict' },
  },
  {
    name: 'a key that may not write',
    settings,
    secrets,
    message,
    reply: { status: 403, body: error('AccessDenied') },
    outcome: { kind: 'integration_rejected' },
  },
  {
    name: 'a bucket that is not there',
    settings,
    secrets,
    message,
    reply: { status: 404, body: error('NoSuchBucket') },
    outcome: { kind: 'integration_rejected', reason: 'NoSuchBucket' },
  },
  {
    name: 'an object that the store does not take',
    settings,
    secrets,
    message,
    reply: { status: 400, body: error('EntityTooLarge') },
    outcome: { kind: 'message_rejected' },
  },
]
