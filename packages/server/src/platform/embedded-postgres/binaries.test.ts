/** What npm leaves undone when it holds back install scripts. */
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureLinks, findBinaries } from './binaries.ts'

const fakePackage = async () => {
  const path = await mkdtemp(join(tmpdir(), 'carillon-binaries-'))
  await mkdir(join(path, 'native/lib'), { recursive: true })
  await writeFile(join(path, 'native/lib/libpq.so.5.18'), 'a library')
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  await writeFile(join(path, 'native/pg-symlinks.json'), JSON.stringify(links))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('the links that the install script would have made are made, as often as it is asked for', async () => {
  await using folder = await fakePackage()
  await Promise.all([ensureLinks(folder.path), ensureLinks(folder.path)])
  await ensureLinks(folder.path)
  expect(await readlink(join(folder.path, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18')
  expect(await readFile(join(folder.path, 'native/lib/libpq.so.5'), 'utf8')).toBe('a library')
})

test('a link that can not be made is an error with the remedy', async () => {
  await using folder = await fakePackage()
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/absent/libpq.so.5' }]
  await writeFile(join(folder.path, 'native/pg-symlinks.json'), JSON.stringify(links))
  await expect(ensureLinks(folder.path)).rejects.toThrow(
    /Run npm install once.*CARILLON_DATABASE_URL/,
  )
})

test('the binaries of this machine lie in one folder', async () => {
  const { initdb, postgres } = await findBinaries()
  expect(dirname(initdb)).toBe(dirname(postgres))
})
