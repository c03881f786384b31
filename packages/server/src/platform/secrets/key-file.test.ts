import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadOrCreateKeyFile } from './key-file.ts'

const place = { folder: '' }
beforeAll(async () => {
  place.folder = await mkdtemp(join(tmpdir(), 'carillon-key-file-'))
})
afterAll(async () => {
  await rm(place.folder, { recursive: true })
})

test('the first start makes a key that only the owner can read, the next one finds the same', async () => {
  const path = join(place.folder, 'first', 'secret.key')
  const made = await loadOrCreateKeyFile(path)
  const found = await loadOrCreateKeyFile(path)
  expect([made.created, found.created]).toEqual([true, false])
  expect(found.keys).toEqual(made.keys)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('of many processes that start together all get the same key and no leftovers stay', async () => {
  const path = join(place.folder, 'race', 'secret.key')
  const files = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateKeyFile(path)))
  expect(new Set(files.map((file) => file.activeId)).size).toBe(1)
  expect(files.filter((file) => file.created)).toHaveLength(1)
  expect(await readdir(join(place.folder, 'race'))).toEqual(['secret.key'])
})

test('a key file that others can read is refused with the remedy', async () => {
  const path = join(place.folder, 'open.key')
  await loadOrCreateKeyFile(path)
  await chmod(path, 0o644)
  await expect(loadOrCreateKeyFile(path)).rejects.toThrow('chmod 600')
})

test('a damaged key file is refused and left as it is', async () => {
  const path = join(place.folder, 'damaged.key')
  await writeFile(path, 'half a k', { mode: 0o600 })
  await expect(loadOrCreateKeyFile(path)).rejects.toThrow('restore it from your backup')
  expect(await readFile(path, 'utf8')).toBe('half a k')
})
