import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startHttpSink, type HttpSink, type SinkAnswer } from '@carillon/testkit/http-sink'
import { recordingIo, type RecordingIo } from '@carillon/testkit/recording-io'
import { createIngestVerb } from './ingest.ts'

const place = { folder: '' }
beforeAll(async () => {
  place.folder = await mkdtemp(join(tmpdir(), 'carillon-ingest-'))
})
afterAll(async () => {
  await rm(place.folder, { recursive: true })
})

const file = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(place.folder, name)
  await writeFile(path, content)
  return path
}

const mail = (id: string): string =>
  `From: a@example.org\nTo: b@example.org\nSubject: s\nMessage-ID: <${id}>\n\nhello\n`
const event = (id: string, type = 'order.paid') => ({ id, source: 'shop', type })

type Sent = {
  readonly id?: unknown
  readonly source?: string
  readonly data?: { mailbox_email?: string; received_at?: string }
}

/** Knows ids that begin with "known" and refuses those that begin with "bad", all of a request or nothing, as the API does. */
const fakeApi = (body: string): SinkAnswer => {
  const parsed = JSON.parse(body) as Sent | readonly Sent[]
  const events = Array.isArray(parsed) ? (parsed as readonly Sent[]) : [parsed as Sent]
  const ids = events.map(({ id }) => String(id))
  const bad = ids.findIndex((id) => id.startsWith('bad'))
  if (bad >= 0) {
    const errors = [{ pointer: Array.isArray(parsed) ? `/${bad}/id` : '/id', detail: 'Is bad.' }]
    return {
      status: 400,
      body: JSON.stringify({ code: 'validation_failed', detail: 'No.', errors }),
    }
  }
  const answers = ids.map((id) => ({ id: `evt_${id}`, duplicate: id.includes('known') }))
  const duplicates = answers.filter(({ duplicate }) => duplicate).length
  const accepted = { accepted: ids.length - duplicates, duplicates, events: answers }
  return { status: 202, body: JSON.stringify(accepted) }
}

const startApi = async (): Promise<HttpSink> => await startHttpSink(({ body }) => fakeApi(body))

type Ran = { readonly code: number; readonly io: RecordingIo }

const ingest = async (url: string, args: readonly string[], stdin = ''): Promise<Ran> => {
  const io = recordingIo({ CARILLON_URL: url, CARILLON_API_KEY: 'key' })
  const code = await createIngestVerb(async () => Buffer.from(stdin)).run(args, io)
  return { code, io }
}

const sentEvents = (sink: HttpSink): readonly Sent[] =>
  sink.requests.flatMap(({ body }) => {
    const parsed = JSON.parse(body) as Sent | readonly Sent[]
    return Array.isArray(parsed) ? (parsed as readonly Sent[]) : [parsed as Sent]
  })

test('each file gets a line with what became of it, broken ones name the remedy, and the others go on', async () => {
  await using api = await startApi()
  const files = [
    await file('one.eml', mail('one@x')),
    await file('known.json', JSON.stringify(event('known'))),
    await file('broken.json', '{"id": 1,}'),
    await file('broken.eml', 'no mail at all'),
    await file('bad.json', JSON.stringify(event('bad'))),
    join(place.folder, 'absent.eml'),
    await file('last.json', JSON.stringify(event('last'))),
  ]
  const { code, io } = await ingest(api.url, files)
  const lines = io.outLines.map((line) =>
    line.replaceAll(`${place.folder}/`, '').replaceAll(/ {2,}/g, '  '),
  )
  expect(lines).toEqual([
    'accepted  evt_<one@x>  one.eml (mail.received unknown, inbound)',
    'duplicate  evt_known  known.json (order.paid)',
    expect.stringMatching(
      /^unreadable {2}broken\.json is no valid JSON: .*Remedy: one event/,
    ) as unknown,
    expect.stringMatching(
      /^unreadable {2}broken\.eml is no usable mail: .*Remedy: give a mail/,
    ) as unknown,
    'refused  bad.json (order.paid): /id: Is bad.',
    expect.stringMatching(/^unreadable {2}absent\.eml can't be read: ENOENT/) as unknown,
    'accepted  evt_last  last.json (order.paid)',
    '7 files: 2 accepted, 1 duplicate, 1 refused, 3 files unreadable',
  ])
  expect(code).toBe(1)
})

test('when all are in, the exit code is 0, duplicates included', async () => {
  await using api = await startApi()
  const { code } = await ingest(api.url, [
    await file('k.json', JSON.stringify([event('known1'), event('n')])),
  ])
  expect(code).toBe(0)
})

test('a mail takes the mailbox and the time it was received from the options', async () => {
  await using api = await startApi()
  const path = await file('m.eml', mail('m@x'))
  await ingest(api.url, [
    path,
    '--mailbox',
    'Ufficio@PEC.example',
    '--received-at',
    '2026-11-22T11:00:00+01:00',
    '--tenant',
    'acme',
  ])
  expect(sentEvents(api)).toMatchObject([
    {
      id: '<m@x>',
      source: 'mail/ufficio@pec.example',
      data: { mailbox_email: 'ufficio@pec.example', received_at: '2026-11-22T10:00:00.000Z' },
    },
  ])
  expect(api.requests[0]?.headers['carillon-tenant']).toBe('acme')
})

test('without the options a mail is of an unknown mailbox and of no time of ours', async () => {
  await using api = await startApi()
  await ingest(api.url, [await file('m2.eml', mail('m2@x'))])
  expect(sentEvents(api)).toMatchObject([
    { source: 'mail/unknown', data: { mailbox_email: null, received_at: null } },
  ])
})

test('a long array goes in requests of at most 1,000 events and 3 MB, in order', async () => {
  await using api = await startApi()
  const ids = Array.from({ length: 2_500 }, (_, index) => `e${index}`)
  const small = await file('many.json', JSON.stringify(ids.map((id) => event(id))))
  const data = { text: 'x'.repeat(200_000) }
  const large = await file(
    'large.json',
    JSON.stringify(Array.from({ length: 20 }, (_, index) => ({ ...event(`l${index}`), data }))),
  )
  const { code, io } = await ingest(api.url, [small, large])
  expect(sentEvents(api).map(({ id }) => id)).toEqual([
    ...ids,
    ...Array.from({ length: 20 }, (_, i) => `l${i}`),
  ])
  for (const { body } of api.requests) {
    expect((JSON.parse(body) as unknown[]).length).toBeLessThanOrEqual(1_000)
    expect(body.length).toBeLessThanOrEqual(3_000_002)
  }
  expect(api.requests.length).toBeGreaterThanOrEqual(5)
  expect(io.outLines.at(-1)).toBe('2 files: 2520 accepted')
  expect(code).toBe(0)
})

test('wrong events of an array are named by their number, and the others are in', async () => {
  await using api = await startApi()
  const items = ['a', 'bad1', 'known', 'b', 'bad2'].map((id) => event(id))
  const { code, io } = await ingest(api.url, [
    await file('mixed.json', JSON.stringify([...items, 7])),
  ])
  const lines = io.outLines.map((line) =>
    line.replaceAll(`${place.folder}/`, '').replaceAll(/ {2,}/g, '  '),
  )
  expect(lines).toEqual([
    'mixed  mixed.json (6 events: 2 accepted, 1 duplicate, 3 refused)',
    '  event 2: /id: Is bad.',
    '  event 5: /id: Is bad.',
    '  event 6: is no JSON object, so no event',
    '1 file: 2 accepted, 1 duplicate, 3 refused',
  ])
  expect(code).toBe(1)
})

test('files of a folder go together, by name, also from folders in it; other files are left alone', async () => {
  await using api = await startApi()
  const folder = join(place.folder, 'box')
  await mkdir(join(folder, 'sub'), { recursive: true })
  await file('box/b.EML', mail('b@x'))
  await file('box/a.json', JSON.stringify(event('a')))
  await file('box/sub/c.eml', mail('c@x'))
  await file('box/readme.txt', 'hello')
  const { io } = await ingest(api.url, [folder])
  expect(api.requests).toHaveLength(1)
  expect(sentEvents(api).map(({ id }) => id)).toEqual(['a', '<b@x>', '<c@x>'])
  expect(io.outLines.at(-1)).toBe('3 files: 3 accepted')
})

test('a folder without anything to send is told', async () => {
  const folder = join(place.folder, 'nothing')
  await mkdir(folder)
  const { code, io } = await ingest('http://127.0.0.1:9', [folder, '--dry-run'])
  expect([code, io.outLines[0]]).toEqual([
    1,
    expect.stringContaining('has no .eml and no .json files'),
  ])
})

test('standard input may be a mail or JSON', async () => {
  await using api = await startApi()
  await ingest(api.url, ['-'], mail('stdin@x'))
  await ingest(api.url, ['-'], `\uFEFF \n[${JSON.stringify(event('piped'))}]`)
  expect(sentEvents(api).map(({ id }) => id)).toEqual(['<stdin@x>', 'piped'])
})

test('a dry run sends nothing and says what it would send', async () => {
  await using api = await startApi()
  const path = await file('dry.json', JSON.stringify(event('dry')))
  const { code, io } = await ingest(api.url, [path, '--dry-run', '--json'])
  expect(io.outLines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { file: path, events: [{ status: 'ready', event: event('dry') }], notes: [] },
    { summary: expect.objectContaining({ files: 1, ready: 1, accepted: 0 }) as unknown },
  ])
  expect([code, api.requests.length]).toEqual([0, 0])
})

test('a dry run needs neither a server nor a key', async () => {
  const io = recordingIo({})
  const path = await file('dry2.eml', mail('dry2@x'))
  const code = await createIngestVerb(async () => Buffer.alloc(0)).run([path, '--dry-run'], io)
  expect([code, io.errLines]).toEqual([0, []])
})

test('with --json every file is an object with the ids', async () => {
  await using api = await startApi()
  const path = await file('j.json', JSON.stringify([event('j'), event('bad')]))
  const { io } = await ingest(api.url, [path, '--json'])
  expect(JSON.parse(io.outLines[0] ?? '')).toEqual({
    file: path,
    events: [
      { status: 'accepted', id: 'evt_j' },
      { status: 'refused', reason: '/id: Is bad.' },
    ],
    notes: [],
  })
})

test('a wrong key ends the run with a sentence that names CARILLON_API_KEY, and nothing is called sent', async () => {
  await using sink = await startHttpSink(() => ({
    status: 401,
    body: JSON.stringify({ code: 'unauthenticated', detail: 'No.' }),
  }))
  const path = await file('u.json', JSON.stringify(event('u')))
  const { code, io } = await ingest(sink.url, [path])
  expect(io.errLines.join('\n')).toMatch(/Set CARILLON_API_KEY/)
  expect(io.outLines.at(-1)).toBe('1 file: 1 not sent')
  expect([code, sink.requests.length]).toEqual([1, 1])
})

test('when the server breaks in the middle, what it took is told and the rest is called not sent', async () => {
  await using sink = await startHttpSink(({ body }) => fakeApi(body))
  const bodyOf = (id: string): string => fakeApi(JSON.stringify([event(id)])).body as string
  sink.answer(
    '/api/v1/events',
    {
      status: 202,
      body: bodyOf('first').replace(
        /"events":\[.*\]/,
        `"events":${JSON.stringify(Array.from({ length: 1_000 }, () => ({ id: 'evt_1', duplicate: false })))}`,
      ),
    },
    { status: 500, body: JSON.stringify({ code: 'internal', detail: 'Broken.' }) },
  )
  const many = await file(
    'thousand.json',
    JSON.stringify(Array.from({ length: 1_000 }, (_, i) => event(`t${i}`))),
  )
  const next = await file('next.json', JSON.stringify(event('next')))
  const after = await file('after.json', JSON.stringify(event('after')))
  const { code, io } = await ingest(sink.url, [many, next, after])
  expect(io.outLines.at(-1)).toBe('3 files: 1000 accepted, 2 not sent')
  expect(io.errLines.join('\n')).toMatch(/answered 500: Broken\..*\n.*run the same command again/)
  expect(code).toBe(1)
})

test.each([
  [[]],
  [['--nope', 'x.eml']],
  [['x.eml', '--mailbox', 'nobody']],
  [['x.eml', '--received-at', 'yesterday']],
  [['x.eml', '--received-at', '2026-13-45T99:00:00Z']],
])('used wrongly (%j) it says how it is used and ends with 2', async (args) => {
  const { code, io } = await ingest('http://127.0.0.1:9', args)
  expect([code, io.errLines.at(-1), io.outLines]).toEqual([
    2,
    expect.stringMatching(/^Usage: carillon ingest/),
    [],
  ])
})

const samples = fileURLToPath(new URL('../../../../../shared/samples/pec', import.meta.url))
const haveSamples = existsSync(samples)

describe.skipIf(!haveSamples)(
  'real certified mail (needs shared/samples/pec beside the repository)',
  () => {
    test('every sample is read, and the real ones are what they are', async () => {
      const { code, io } = await ingest('http://127.0.0.1:9', [samples, '--dry-run'])
      const text = io.outLines.join('\n')
      expect(text).toMatch(
        /real\/avvenuta-consegna\.eml \(mail\.received avvenuta_consegna, inbound\)/,
      )
      expect(text).toMatch(/real\/errore-consegna\.eml \(mail\.received errore_consegna, inbound\)/)
      expect(text).toMatch(
        /real\/posta-certificata-xdcr\.eml \(mail\.received posta_certificata, inbound\)/,
      )
      expect([code, text.includes('unreadable')]).toEqual([0, false])
    })
  },
)
