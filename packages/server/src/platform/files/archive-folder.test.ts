import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { archiveFolder } from './archive-folder.ts'

const setUp = async () => {
  const root = await mkdtemp(join(tmpdir(), 'carillon-archive-'))
  return {
    root,
    files: archiveFolder(root, 'ten_1'),
    [Symbol.asyncDispose]: async () => rm(root, { recursive: true, force: true }),
  }
}
const pdf = Buffer.from('%PDF-1.7 signed')

test('a file is written once; the same again is fine, another one stays out', async () => {
  await using s = await setUp()
  expect(await s.files.write('DE1/tx-doc.pdf', pdf)).toEqual({ kind: 'written' })
  expect(await s.files.write('DE1/tx-doc.pdf', pdf)).toEqual({ kind: 'same' })
  expect(await s.files.write('DE1/tx-doc.pdf', Buffer.from('other'))).toEqual({ kind: 'different' })
  expect(await readFile(join(s.root, 'ten_1/DE1/tx-doc.pdf'))).toEqual(pdf)
  expect(await readdir(join(s.root, 'ten_1/DE1'))).toEqual(['tx-doc.pdf'])
})

test('many at once write one file', async () => {
  await using s = await setUp()
  const results = await Promise.all(
    Array.from({ length: 12 }, async () => s.files.write('a/b.pdf', pdf)),
  )
  expect(results.filter(({ kind }) => kind === 'written')).toHaveLength(1)
  expect(results.filter(({ kind }) => kind === 'same')).toHaveLength(11)
})

test.each(['../x.pdf', 'a/../../x.pdf', '/etc/x.pdf', '', '.', 'a\0b'])(
  'the path %j is refused',
  async (path) => {
    await using s = await setUp()
    expect(await s.files.write(path, pdf)).toMatchObject({ kind: 'refused' })
    expect(await readdir(s.root)).toEqual([])
  },
)

test('a symbolic link leads nowhere, as a folder and as a file', async () => {
  await using s = await setUp()
  const outside = join(s.root, 'outside')
  await mkdir(outside)
  await mkdir(join(s.root, 'ten_1'))
  await symlink(outside, join(s.root, 'ten_1/away'))
  await symlink(join(outside, 'x.pdf'), join(s.root, 'ten_1/x.pdf'))
  expect(await s.files.write('away/x.pdf', pdf)).toMatchObject({ kind: 'refused' })
  expect(await s.files.write('x.pdf', pdf)).toMatchObject({ kind: 'refused' })
  expect(await s.files.write('away/deep/er/x.pdf', pdf)).toMatchObject({ kind: 'refused' })
  expect(await readdir(outside)).toEqual([])
})

test('what a killed process has left is taken away, and nothing else', async () => {
  await using s = await setUp()
  expect(await s.files.write('a.pdf', pdf)).toEqual({ kind: 'written' })
  const unfinished = join(s.root, 'ten_1/.unfinished')
  expect(await readdir(unfinished)).toEqual([])
  const [left, busy] = [`.${'a1'.repeat(9)}.tmp`, `.${'b2'.repeat(9)}.tmp`]
  for (const name of [left, busy, 'notes.txt']) await writeFile(join(unfinished, name), 'half')
  const twoHoursAgo = new Date(Date.now() - 7_200_000)
  for (const name of [left, 'notes.txt'])
    await utimes(join(unfinished, name), twoHoursAgo, twoHoursAgo)
  expect(await s.files.write('b.pdf', pdf)).toEqual({ kind: 'written' })
  expect(await readdir(unfinished)).toEqual([busy, 'notes.txt'])
  expect(await s.files.write(`.unfinished/${busy}`, pdf)).toMatchObject({ kind: 'refused' })
})

test('where files are written is no link either', async () => {
  await using s = await setUp()
  const outside = join(s.root, 'outside')
  await mkdir(outside)
  await mkdir(join(s.root, 'ten_1'))
  await symlink(outside, join(s.root, 'ten_1/.unfinished'))
  expect(await s.files.write('x.pdf', pdf)).toMatchObject({ kind: 'refused' })
  expect(await readdir(outside)).toEqual([])
})

test('what the disk says is a reason without a path of ours', async () => {
  await using s = await setUp()
  await s.files.write('a', pdf)
  const result = await s.files.write('a/b.pdf', pdf)
  expect(result).toMatchObject({ kind: 'failed' })
  expect(JSON.stringify(result)).not.toContain(s.root)
})
