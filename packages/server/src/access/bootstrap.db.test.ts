import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { quietLog } from '@carillon/testkit/quiet-log'
import { giveKey } from '@carillon/testkit/test-api'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import type { Authenticate } from '../platform/http/principal.ts'
import { readAdminKey } from './admin-key-file.ts'
import { createAuthenticator } from './authenticate.ts'
import { bootstrap } from './bootstrap.ts'

const chosen = 'correct-horse-battery-staple-0123456789'

const setUp = async () => {
  const db = await testDb()
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-bootstrap-'))
  const warnings: string[] = []
  const log = {
    warn: (text: unknown) => {
      warnings.push(String(text))
    },
  }
  const start = async (apiKey?: string) =>
    bootstrap({
      pool: db.engine,
      dataDir,
      log,
      ...(apiKey === undefined ? {} : { apiKey }),
    })
  const whoIs = async (key: string) => {
    const authenticate = createAuthenticator({ pool: db.engine, log: quietLog })
    const request = { headers: { authorization: `Bearer ${key}` } } as Parameters<Authenticate>[0]
    return authenticate(request)
  }
  const keys = async () => {
    const { rows } = await db.owner.query<{ name: string; prefix: string }>(
      'SELECT name, prefix FROM api_keys ORDER BY id',
    )
    return rows
  }
  return {
    db,
    dataDir,
    warnings,
    start,
    whoIs,
    keys,
    [Symbol.asyncDispose]: async () => {
      await db[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true })
    },
  }
}

test('the first start makes the tenant default and a key that is in a private file and works', async () => {
  await using s = await setUp()
  const { tenantId, keyFile } = await s.start()
  expect(keyFile).toBe(join(s.dataDir, 'admin-api-key'))
  const key = await readAdminKey(s.dataDir)
  expect(await s.whoIs(key ?? '')).toMatchObject({
    platformAdmin: true,
    tenantId,
    tenantSlug: 'default',
  })
  expect((await stat(keyFile ?? '')).mode & 0o777).toBe(0o600)
  expect(await readdir(s.dataDir)).toEqual(['admin-api-key'])
})

test('a later start changes nothing and still says where the key is', async () => {
  await using s = await setUp()
  const first = await s.start()
  const text = await readFile(first.keyFile ?? '', 'utf8')
  expect(await s.start()).toEqual(first)
  expect(await readFile(first.keyFile ?? '', 'utf8')).toBe(text)
  expect(await s.keys()).toHaveLength(1)
})

test('many that start at once agree on one tenant and one key', async () => {
  await using s = await setUp()
  const all = await Promise.all(Array.from({ length: 6 }, async () => s.start()))
  expect(new Set(all.map(({ tenantId }) => tenantId)).size).toBe(1)
  expect(await s.keys()).toHaveLength(1)
  expect(await s.whoIs((await readAdminKey(s.dataDir)) ?? '')).toMatchObject({
    platformAdmin: true,
  })
})

test('a given key works, is written nowhere and is shown by four characters', async () => {
  await using s = await setUp()
  expect(await s.start(chosen)).toMatchObject({ keyFile: undefined })
  expect(await s.whoIs(chosen)).toMatchObject({ platformAdmin: true, tenantSlug: 'default' })
  expect(await readdir(s.dataDir)).toEqual([])
  expect(await s.keys()).toEqual([{ name: 'CARILLON_BOOTSTRAP_API_KEY', prefix: 'corr' }])
  await s.start(chosen)
  await s.start()
  expect(await s.keys()).toHaveLength(1)
  const { rows } = await s.db.owner.query<{ text: string }>(
    'SELECT k::text AS text FROM api_keys k',
  )
  expect(JSON.stringify(rows)).not.toContain(chosen)
})

test('another value is another key: the way back in for who has lost all', async () => {
  await using s = await setUp()
  await s.start()
  await s.db.owner.query('UPDATE api_keys SET revoked_at = now()')
  expect(await s.start()).toMatchObject({ keyFile: undefined })
  await s.start(chosen)
  expect(await s.whoIs(chosen)).toMatchObject({ platformAdmin: true })
})

test('a key that was revoked does not come back by a restart; the log says so without the key', async () => {
  await using s = await setUp()
  await s.start(chosen)
  await s.db.owner.query('UPDATE api_keys SET revoked_at = now()')
  await s.start(chosen)
  await expect(s.whoIs(chosen)).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(s.warnings).toEqual([expect.stringContaining('was revoked')])
  expect(s.warnings.join()).not.toContain(chosen)
})

test('a short key is refused with the rule, and without the key', async () => {
  await using s = await setUp()
  const error = await s.start('too-short-by-far').catch((thrown: unknown) => String(thrown))
  expect(error).toMatch(/CARILLON_BOOTSTRAP_API_KEY must have 32 to 255/)
  expect(error).not.toContain('too-short')
  expect(await s.keys()).toEqual([])
})

test("a tenant's key can not become the platform's", async () => {
  await using s = await setUp()
  const key = await giveKey(s.db.owner, { tenantId: await given(s.db.owner).tenant() })
  await expect(s.start(key)).rejects.toThrow(/is the key of a tenant already/)
})

test('a file that outlived its database is used again', async () => {
  await using s = await setUp()
  await s.start()
  const key = await readAdminKey(s.dataDir)
  await s.db.owner.query('DELETE FROM api_keys')
  await s.start()
  expect(await readAdminKey(s.dataDir)).toBe(key)
  expect(await s.whoIs(key ?? '')).toMatchObject({ platformAdmin: true })
})

test('the CLI finds no key where there is none, and a clear error where the file is no key', async () => {
  await using s = await setUp()
  expect(await readAdminKey(s.dataDir)).toBeUndefined()
  await writeFile(join(s.dataDir, 'admin-api-key'), 'oops\n')
  await expect(readAdminKey(s.dataDir)).rejects.toThrow(/holds no API key/)
})
