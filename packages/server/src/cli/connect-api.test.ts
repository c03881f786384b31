import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { recordingIo } from '@carillon/testkit/recording-io'
import { adminKeyPath, loadOrCreateAdminKey } from '../access/admin-key-file.ts'
import { connectApi, isLoopback } from './connect-api.ts'

const place = { dataDir: '' }
beforeAll(async () => {
  place.dataDir = await mkdtemp(join(tmpdir(), 'carillon-cli-'))
})
afterAll(async () => {
  await rm(place.dataDir, { recursive: true })
})

const errorsOf = async (env: Record<string, string>, tenant?: string): Promise<string> => {
  const io = recordingIo(env)
  expect(await connectApi(io, { tenant })).toBeUndefined()
  return io.errLines.join('\n')
}

test('on the own machine the generated admin key is used, and a given one goes before it', async () => {
  const generated = await loadOrCreateAdminKey(place.dataDir)
  await using sink = await startHttpSink(() => ({ body: '{}' }))
  const env = { CARILLON_URL: sink.url, CARILLON_DATA_DIR: place.dataDir }
  for (const io of [recordingIo(env), recordingIo({ ...env, CARILLON_API_KEY: ' given ' })]) {
    await using api = await connectApi(io, {})
    await api?.call({ method: 'GET', path: '/' }, Type.Unknown())
  }
  expect(sink.requests.map(({ headers }) => headers['authorization'])).toEqual([
    `Bearer ${generated}`,
    'Bearer given',
  ])
})

test('without CARILLON_URL it is the server of this machine, at the port that it was told', async () => {
  await loadOrCreateAdminKey(place.dataDir)
  await using sink = await startHttpSink(() => ({ body: '{}' }))
  const io = recordingIo({
    CARILLON_PORT: new URL(sink.url).port,
    CARILLON_DATA_DIR: place.dataDir,
  })
  await using api = await connectApi(io, {})
  await api?.call({ method: 'GET', path: '/' }, Type.Unknown())
  expect(sink.requests).toHaveLength(1)
})

test('the generated admin key goes to no other machine', async () => {
  await loadOrCreateAdminKey(place.dataDir)
  const env = { CARILLON_URL: 'https://notify.example.org', CARILLON_DATA_DIR: place.dataDir }
  expect(await errorsOf(env)).toContain(
    'set CARILLON_API_KEY to an API key of https://notify.example.org',
  )
})

test.each([
  ['localhost', true],
  ['127.9.9.9', true],
  ['[::1]', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['10.0.0.1', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

test('what is missing or wrong is said with the name of the setting', async () => {
  const empty = join(place.dataDir, 'empty')
  expect(await errorsOf({ CARILLON_DATA_DIR: empty })).toMatch(
    /set CARILLON_API_KEY.*CARILLON_DATA_DIR/,
  )
  expect(await errorsOf({ CARILLON_URL: 'ftp://x' })).toContain('CARILLON_URL must be')
  expect(await errorsOf({ CARILLON_API_KEY: 'a b' })).toContain('copy it again')
  expect(await errorsOf({ CARILLON_API_KEY: 'k' }, 'a b')).toContain('--tenant')
})

test('a damaged key file is said with its path', async () => {
  const dataDir = await mkdtemp(join(place.dataDir, 'damaged-'))
  await writeFile(adminKeyPath(dataDir), 'half\n')
  expect(await errorsOf({ CARILLON_DATA_DIR: dataDir })).toContain(adminKeyPath(dataDir))
})
