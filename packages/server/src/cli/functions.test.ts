import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startHttpSink, type SinkAnswer } from '@carillon/testkit/http-sink'
import { recordingIo, type RecordingIo } from '@carillon/testkit/recording-io'
import { functionsVerb } from './functions.ts'

const place = { folder: '' }
beforeEach(async () => {
  place.folder = await mkdtemp(join(tmpdir(), 'carillon-cli-functions-'))
})
afterEach(async () => {
  await rm(place.folder, { recursive: true })
})

const inFolder = (file: string): string => join(place.folder, file)
const write = async (file: string, text: string): Promise<string> => {
  await mkdir(dirname(inFolder(file)), { recursive: true })
  await writeFile(inFolder(file), text)
  return inFolder(file)
}

/** No server answers there. */
const nowhere = 'http://127.0.0.1:1'
const ioFor = (url = nowhere): RecordingIo =>
  recordingIo({
    CARILLON_URL: url,
    CARILLON_API_KEY: 'key',
    CARILLON_FUNCTIONS_DIR: inFolder('functions'),
    CARILLON_FUNCTION_GREETING: 'Hello',
  })

const run = async (args: readonly string[], io = ioFor()) => {
  const code = await functionsVerb.run(args, io)
  return { code, out: io.outLines.join('\n'), err: io.errLines.join('\n') }
}

const people = JSON.stringify([
  { channel: 'email', channelConfig: 'anna@example.org', userId: 'anna' },
  { channel: 'sms', channelConfig: '+390612345678', language: 'it' },
])

test('a new function checks fine and runs as it is, for each registration in its channel', async () => {
  expect((await run(['new', 'SystemErrors'])).code).toBe(0)
  const checked = await run(['check', '--offline'])
  expect(checked).toEqual({ code: 0, out: 'SystemErrors.ts  fine (exports execute)', err: '' })
  const registrations = await write('people.json', people)
  const ran = await run(['run', 'SystemErrors', '--registrations', registrations])
  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(ran.out.split('\n')).toEqual([
    expect.stringMatching(/^CHANNEL +TO +SUBJECT +MESSAGE +HTML$/),
    expect.stringMatching(
      /^email +anna@example\.org +News from SystemErrors +News from SystemErrors {2}You get/,
    ),
    expect.stringMatching(/^sms +\+390612345678 +News from SystemErrors$/),
    'Result: {"success":true,"messagesSent":2}',
    '2 messages for 2 registrations; nothing was sent.',
  ])
})

test('what is there is never written over; a tenant gets its own beside it', async () => {
  await write('functions/Digest.ts', 'mine')
  const again = await run(['new', 'Digest'])
  expect(again).toMatchObject({
    code: 1,
    err: expect.stringContaining('is there already') as string,
  })
  expect(await readFile(inFolder('functions/Digest.ts'), 'utf8')).toBe('mine')
  expect((await run(['new', 'Digest', '--tenant', 'acme'])).code).toBe(0)
  expect(await readFile(inFolder('functions/acme/Digest.ts'), 'utf8')).toContain(
    'export const execute',
  )
})

test.each([
  [['new', 'System-Errors'], 'letters and "_" only'],
  [['new', '../x'], 'letters and "_" only'],
  [['new', 'Digest', '--tenant', '../x'], "takes a tenant's slug"],
  [['new'], 'takes the id of one subscription'],
  [['run', 'a', 'b'], 'takes the id of one subscription'],
  [['list', 'a'], 'takes no names'],
  [[], 'say new, check, run or list'],
  [['dance'], 'say new, check, run or list'],
  [['check', '--fast'], '--fast'],
])('used wrongly, it says how it is used: %j', async (args, problem) => {
  const { code, err } = await run(args)
  expect(code).toBe(2)
  expect(err).toContain(problem)
})

test('check names what does not load, what is never called and what was misspelt', async () => {
  await write('functions/Digest.ts', 'export const execute = () => {\n  const a = ;\n}')
  await write('functions/Digest-2.ts', '')
  await write('functions/_parts/word.ts', '')
  await write('functions/acme/Login.mjs', 'console.log("hi"); export default () => {}')
  const all = await run(['check', '--offline'])
  expect(all.code).toBe(1)
  expect(all.out).toMatch(/^Digest\.ts +WRONG: .*SyntaxError.*\(Digest\.ts:2\)$/m)
  expect(all.out).toMatch(/^acme\/Login\.mjs +fine \(exports default\)$/m)
  expect(all.err).toContain('Digest-2.ts is never called')
  expect(all.err).toContain('acme/Login.mjs: hi')
  expect(all.err).not.toContain('word')

  expect((await run(['check', 'Login', '--offline'])).code).toBe(0)
  const missing = await run(['check', 'Digets', '--offline'])
  expect(missing).toMatchObject({
    code: 1,
    err: expect.stringContaining('did you mean Digest?') as string,
  })
  const json = await run(['check', 'Login', '--offline', '--json'])
  expect(JSON.parse(json.out)).toEqual({
    file: 'acme/Login.mjs',
    ok: true,
    form: 'default',
    notes: [],
  })
})

test('check compares with the subscriptions of a server, and goes on without one', async () => {
  await write('functions/SystemErors.ts', 'export const execute = () => {}')
  await write('functions/Digest.ts', 'export const execute = () => {}')
  await using api = await startHttpSink((): SinkAnswer => ({
    body: JSON.stringify({
      items: [{ subscriptionId: 'SystemErrors' }, { subscriptionId: 'Digest' }],
      nextCursor: null,
    }),
  }))
  const compared = await run(['check'], ioFor(api.url))
  expect(compared).toMatchObject({ code: 0, err: '' })
  expect(compared.out).toContain(
    'note: the tenant has no subscription SystemErors; did you mean SystemErrors?',
  )
  expect(compared.out).not.toContain('no subscription Digest')
  const alone = await run(['check'])
  expect(alone.code).toBe(0)
  expect(alone.err).toContain('not compared with the subscriptions of a server: no answer from')
})

test('run hands over parameters and the environment, and shows the log without secrets', async () => {
  await write(
    'functions/Digest.ts',
    `export const execute = async ({ eventParameters, registrations, messaging, log }) => {
  log.warn('look', { password: 'CANARY', n: 1 })
  await messaging.send({ registration: registrations[0], subject: 'S', message: process.env.CARILLON_FUNCTION_GREETING + ' ' + eventParameters.name, html: '<b>' })
  return { success: false, messagesSent: 1, errorMessage: 'half', more: [1] }
}`,
  )
  const params = await write('params.json', '{"name":"Anna\\u001b[2J"}')
  const registrations = await write('people.json', people)
  const args = ['run', 'Digest', '--params', params, '--registrations', registrations]
  const shown = await run(args)
  expect(shown.code).toBe(1)
  expect(shown.out).toMatch(/email +anna@example\.org +S +Hello Anna \[2J +3 characters/)
  expect(shown.out).toContain('{"success":false,"messagesSent":1,"errorMessage":"half","more":[1]}')
  expect(shown.err).toContain('warn: look {"fields":{"password":"[redacted]","n":1}}')
  const json = await run([...args, '--json'])
  expect(JSON.parse(json.out)).toMatchObject({ kind: 'done', messages: [{ html: '<b>' }] })
})

test('a function that throws shows the place in its own file, and not our frames', async () => {
  await write('functions/Digest.ts', `export const execute = () => {\n  throw new Error('no')\n}`)
  const registrations = await write('people.json', people)
  const { code, err, out } = await run(['run', 'Digest', '--registrations', registrations])
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain('carillon functions: no (Digest.ts:2:9)')
  expect(err).toMatch(/at execute \(.*Digest\.ts:2:9\)/)
  expect(err).not.toContain('function-thread')
})

test.each([
  ['{', "can't be used"],
  ['{}', 'it must be a list of'],
  ['[{"channel":"email"}]', 'it must be a list of'],
])('registrations that are none are refused: %s', async (text, problem) => {
  await write('functions/Digest.ts', 'export const execute = () => {}')
  const registrations = await write('people.json', text)
  const { code, err } = await run(['run', 'Digest', '--registrations', registrations])
  expect(code).toBe(2)
  expect(err).toContain(problem)
})

test('a missing function, a missing file of parameters', async () => {
  const registrations = await write('people.json', people)
  const missing = await run(['run', 'Digest', '--registrations', registrations])
  expect(missing).toMatchObject({
    code: 1,
    err: expect.stringContaining('carillon functions new Digest') as string,
  })
  const params = await run(['run', 'Digest', '--params', inFolder('none.json')])
  expect(params).toMatchObject({ code: 2, err: expect.stringContaining('ENOENT') as string })
})

test('without a file the active registrations of the server are taken, page by page', async () => {
  await write(
    'functions/Digest.ts',
    `export const execute = ({ registrations }) => ({ success: true, messagesSent: 0, ids: registrations.map(({ id, language }) => id + language) })`,
  )
  const item = (id: string, language: string | null) => ({
    id,
    userId: 'u',
    channel: 'email',
    channelConfig: 'a@b.c',
    enabled: true,
    language,
  })
  await using api = await startHttpSink()
  const path = '/api/v1/subscriptions/Digest/registrations'
  api.answer(
    path,
    { body: JSON.stringify({ items: [item('reg_1', 'it')], nextCursor: 'c1' }) },
    { body: JSON.stringify({ items: [item('reg_2', null)], nextCursor: null }) },
  )
  const { code, out } = await run(['run', 'Digest', '--tenant', 'acme'], ioFor(api.url))
  expect(code).toBe(0)
  expect(out).toContain('"ids":["reg_1it","reg_2undefined"]')
  expect(api.requests.map((request) => request.path.split('?')[1])).toEqual([
    'limit=200&enabled=true',
    'limit=200&enabled=true&cursor=c1',
  ])
  expect(api.requests[0]?.headers['carillon-tenant']).toBe('acme')
})

test('list shows what the server knows', async () => {
  const item = {
    subscriptionId: 'Digest',
    file: 'acme/Digest.ts',
    origin: 'tenant',
    version: 'abcdef012345',
    loadedAt: '2026-11-22T10:00:00.000Z',
    lastRunAt: '2026-11-22T10:00:01.000Z',
    lastError: 'no (acme/Digest.ts:2:9)',
    runs: 3,
    failures: 1,
    averageMs: 12.5,
  }
  await using api = await startHttpSink(() => ({
    body: JSON.stringify({ items: [item], nextCursor: null }),
  }))
  const { code, out } = await run(['list'], ioFor(api.url))
  expect(code).toBe(0)
  expect(out.split('\n')[1]).toMatch(
    /^Digest +acme\/Digest\.ts +abcdef012345 +3 +1 +12\.5 ms +2026-11-22 10:00:01Z +no \(acme\/Digest\.ts:2:9\)$/,
  )
  expect(JSON.parse((await run(['list', '--json'], ioFor(api.url))).out)).toEqual(item)
})
