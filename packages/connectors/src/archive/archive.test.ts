import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { startFakeS3, type FakeS3 } from '@carillon/testkit/fake-s3'
import type { RemoteFile } from '../tracker.ts'
import type { FileResult } from '../archive-ports.ts'
import { exampleMessage, fakePeer, peerContext } from '../conformance-peer.ts'
import type { HttpPort } from '../http-port.ts'
import { readArchivePath } from './archive-path.ts'
import { connector } from './archive.ts'
import { objectUrl } from './put-object.ts'
import type { ArchiveSettings } from './settings.ts'

const pdf = Buffer.from('%PDF-1.7 signed')
const sha256 = `sha256:${createHash('sha256').update(pdf).digest('hex')}`

/** As the real port does it, without its guard. */
const http: HttpPort = {
  request: async ({ method, url, headers = {}, body, as }) => {
    const given = body === undefined ? {} : { body: Buffer.from(body) }
    const reply = await fetch(url, { method, headers, ...given })
    const bytes = Buffer.from(await reply.arrayBuffer())
    const seen = { status: reply.status, headers: Object.fromEntries(reply.headers) }
    const asked = as === 'bytes' ? { body: '', bytes } : { body: bytes.toString() }
    return { kind: 'response', truncated: false, ...seen, ...asked }
  },
}

type Given = {
  readonly file?: RemoteFile
  readonly written?: FileResult
  readonly to?: string
  readonly settings?: Partial<ArchiveSettings>
}

const send = async (s3: FakeS3 | undefined, given: Given = {}) => {
  const { file = { kind: 'document', bytes: pdf, contentType: 'application/pdf' } } = given
  const smtp = { kind: 'no_answer', message: 'not about mail' } as const
  const peer = fakePeer({ http: { kind: 'not_sent', reason: 'dns', message: 'no' }, smtp })
  const settings: ArchiveSettings =
    s3 === undefined
      ? { kind: 'folder', path: 'a/{{ to }}.pdf' }
      : {
          kind: 's3',
          bucket: 'contracts',
          region: s3.region,
          baseUrl: s3.url,
          path: 'DE 1/é$({{ to }}).pdf',
        }
  const message = exampleMessage({ to: given.to ?? 'doc_1' })
  const secrets =
    s3 === undefined ? {} : { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey }
  const context = {
    ...peerContext(peer, message, { settings: { ...settings, ...given.settings }, secrets }),
    http,
    documents: { fetch: async () => file },
    files: { write: async () => given.written ?? ({ kind: 'written' } as const) },
  }
  return await connector.send(message, context)
}

test('an object is written once, whatever its name; the same again is a success', async () => {
  await using s3 = await startFakeS3()
  const first = await send(s3)
  expect(first).toMatchObject({
    kind: 'accepted',
    ids: ['s3://contracts/DE 1/é$(doc_1).pdf', sha256],
  })
  expect(await send(s3)).toMatchObject({
    kind: 'accepted',
    ids: first.kind === 'accepted' ? first.ids : [],
  })
  expect(s3.objects.get('contracts/DE 1/é$(doc_1).pdf')).toEqual(pdf)
  expect(s3.writes.map((line) => line.slice(0, 3))).toEqual(['200', '412'])
})

test.each([true, false])(
  'other content under the key stays, and is a failure (conditional: %s)',
  async (conditionalWrites) => {
    await using s3 = await startFakeS3()
    const key = 'contracts/DE 1/é$(doc_1).pdf'
    s3.objects.set(key, Buffer.from('older'))
    expect(await send(s3, { settings: { conditionalWrites } })).toMatchObject({
      kind: 'message_rejected',
      reason: expect.stringContaining('other content'),
    })
    expect(s3.objects.get(key)).toEqual(Buffer.from('older'))
  },
)

test('a store without conditional writes is looked at before', async () => {
  await using s3 = await startFakeS3()
  const settings = { conditionalWrites: false }
  expect(await send(s3, { settings })).toMatchObject({ kind: 'accepted' })
  expect(await send(s3, { settings })).toMatchObject({ kind: 'accepted' })
  expect(s3.writes).toHaveLength(1)
})

test('a wrong key and a wrong bucket refuse the integration; a store that is down is tried again', async () => {
  await using s3 = await startFakeS3()
  expect(await send({ ...s3, secretAccessKey: 'another' })).toMatchObject({
    kind: 'integration_rejected',
  })
  expect(await send(s3, { settings: { bucket: 'nobody' } })).toMatchObject({
    kind: 'integration_rejected',
    reason: expect.stringContaining('NoSuchBucket'),
  })
  s3.fail(1, 503, 'SlowDown')
  expect(await send(s3)).toMatchObject({ kind: 'retry' })
})

test.each([
  [{ kind: 'written' }, { kind: 'accepted', ids: ['a/doc_1.pdf', sha256] }],
  [{ kind: 'same' }, { kind: 'accepted', ids: ['a/doc_1.pdf', sha256] }],
  [{ kind: 'different' }, { kind: 'message_rejected' }],
  [
    { kind: 'refused', reason: 'a link' },
    { kind: 'message_rejected', reason: 'a link' },
  ],
  [
    { kind: 'failed', reason: 'ENOSPC' },
    { kind: 'retry', reason: 'ENOSPC' },
  ],
] as const)('a file that is %j', async (written, outcome) => {
  expect(await send(undefined, { written })).toMatchObject(outcome)
})

test.each([
  [{ kind: 'unknown', reason: 'not yet' }, { kind: 'retry' }],
  [
    { kind: 'retry', reason: 'slow', afterMs: 7_000 },
    { kind: 'retry', afterMs: 7_000 },
  ],
  [{ kind: 'stop', reason: 'bad key' }, { kind: 'retry' }],
  [{ kind: 'unusable', reason: 'too large' }, { kind: 'message_rejected' }],
] as const)('a document that is %j', async (file, outcome) => {
  expect(await send(undefined, { file })).toMatchObject(outcome)
})

test.each([
  '../x',
  'a/../b',
  '/a',
  'a//b',
  './a',
  'a\\b',
  'a\0b',
  '',
  ' ',
  'a/ b',
  'x'.repeat(201),
])('the path %j leads nowhere', (path) => {
  expect(readArchivePath(path).ok).toBe(false)
})

test('a folder needs nothing, a bucket all of its fields', () => {
  expect(connector.check?.({ kind: 'folder' }, {})).toEqual([])
  expect(connector.check?.({ kind: 's3' }, {})?.map(({ pointer }) => pointer)).toEqual([
    '/settings/bucket',
    '/settings/region',
    '/secrets/accessKeyId',
    '/secrets/secretAccessKey',
  ])
})

test.each([
  [{}, 'https://b.s3.eu-south-1.amazonaws.com/k'],
  [{ pathStyle: true }, 'https://s3.eu-south-1.amazonaws.com/b/k'],
  [{ baseUrl: 'https://minio.example.org/x/' }, 'https://minio.example.org/x/b/k'],
  [{ baseUrl: 'https://minio.example.org', pathStyle: false }, 'https://b.minio.example.org/k'],
])('the address with %j', (more, expected) => {
  const settings = { kind: 's3', bucket: 'b', region: 'eu-south-1', ...more } as const
  expect(objectUrl(settings, 'k')).toBe(expected)
})
