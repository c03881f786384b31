import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHttpSink, type SinkAnswer } from '@carillon/testkit/http-sink'
import { recordingIo } from '@carillon/testkit/recording-io'
import type { ImportAnswer } from '../integrations/schema.ts'
import { importOlderVerb } from './import-older.ts'

const place = { folder: '' }
beforeAll(async () => {
  place.folder = await mkdtemp(join(tmpdir(), 'carillon-import-'))
})
afterAll(async () => {
  await rm(place.folder, { recursive: true })
})

const file = async (name: string, content: unknown): Promise<string> => {
  const path = join(place.folder, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

type Row = ImportAnswer['rows'][number]
type Sent = { olderKey?: string; dryRun: boolean; items: { name: string }[] }

const row = (values: Partial<Row> & Pick<Row, 'index' | 'name'>): Row => ({
  status: 'created',
  connector: 'telegram',
  id: 'int_1',
  to: null,
  notes: [],
  errors: [],
  ...values,
})

/** Refuses rows whose name begins with "bad". */
const fakeImport = (body: string): SinkAnswer => {
  const { items, dryRun } = JSON.parse(body) as Sent
  const rows = items.map(({ name }, index) =>
    name.startsWith('bad')
      ? row({
          index,
          name,
          status: 'refused',
          id: null,
          errors: [{ pointer: '/secretText', detail: 'Wrong key.' }],
        })
      : row({
          index,
          name,
          status: dryRun ? 'would_create' : 'created',
          to: '-100',
          notes: ['Changed.'],
          generatedSecrets: { signingSecret: 'whsec_x' },
        }),
  )
  return { status: 201, body: JSON.stringify({ dryRun, created: dryRun ? 0 : rows.length, rows }) }
}

const run = async (args: readonly string[], url: string) => {
  const io = recordingIo({ CARILLON_URL: url, CARILLON_API_KEY: 'key' })
  return { code: await importOlderVerb.run(args, io), io }
}

const item = (name: string) => ({
  connector: 'telegram',
  name,
  settings: { chat_id: '-100' },
  secretText: 'e30=',
})

test('rows and key go to the server as they are, and its report is shown row by row', async () => {
  await using api = await startHttpSink(({ body }) => fakeImport(body))
  const rows = await file('rows.json', [item('Ops'), item('bad one')])
  const key = await file('older.key', 'a2V5\n')
  const { code, io } = await run([rows, '--older-key-file', key], api.url)
  expect(JSON.parse(api.requests[0]?.body ?? '')).toEqual({
    olderKey: 'a2V5',
    dryRun: false,
    items: [item('Ops'), item('bad one')],
  })
  expect(io.outLines).toEqual([
    'created       row 1  Ops  telegram int_1',
    '    route: "to": "-100"',
    '    note: Changed.',
    '    made anew, shown this once: signingSecret = whsec_x',
    'refused       row 2  bad one  telegram',
    '    /secretText: Wrong key.',
    '2 rows: 1 made, 0 there already, 1 refused',
  ])
  expect(code).toBe(1)
})

test('many rows go in several requests and keep their numbers', async () => {
  await using api = await startHttpSink(({ body }) => fakeImport(body))
  const rows = await file(
    'many.json',
    Array.from({ length: 250 }, (_, index) => item(`n${index}`)),
  )
  const { code, io } = await run([rows, '--dry-run', '--json'], api.url)
  expect(api.requests.map(({ body }) => (JSON.parse(body) as Sent).items.length)).toEqual([
    100, 100, 50,
  ])
  expect(io.outLines.map((line) => (JSON.parse(line) as Row).index)).toEqual(
    Array.from({ length: 250 }, (_, i) => i),
  )
  expect(io.errLines).toEqual(['carillon: 250 rows: 250 would be made, 0 there already, 0 refused'])
  expect(code).toBe(0)
})

test.each([
  ['no JSON', '{,', /is no valid JSON.*Remedy/],
  ['no array', '{"a":1}', /has no rows/],
  ['an empty array', '[]', /has no rows/],
])('a file with %s is told and nothing is sent', async (_name, content, message) => {
  const { code, io } = await run([await file('wrong.json', content)], 'http://127.0.0.1:9')
  expect([code, io.errLines[0]]).toEqual([1, expect.stringMatching(message)])
})

test('a key file that is not there is told by its name', async () => {
  const rows = await file('r.json', [item('x')])
  const { code, io } = await run(
    [rows, '--older-key-file', join(place.folder, 'nokey')],
    'http://127.0.0.1:9',
  )
  expect([code, io.errLines[0]]).toEqual([1, expect.stringMatching(/ENOENT.*nokey/)])
})
