import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordingIo } from '@carillon/testkit/recording-io'
import { parseSecretKeys } from '../platform/secrets/secret-keys.ts'
import { keysVerb } from './keys.ts'

test('a generated key is a line that CARILLON_SECRET_KEY takes, and another one each time', async () => {
  const io = recordingIo()
  expect(await keysVerb.run(['generate'], io)).toBe(0)
  expect(await keysVerb.run(['generate'], io)).toBe(0)
  const [first = '', second = ''] = io.outLines
  expect(parseSecretKeys(first)).toMatchObject({
    ok: true,
    activeId: expect.stringMatching(/^k\d{8}$/) as unknown,
  })
  expect(first).not.toBe(second)
})

test.each([[[]], [['rotat']], [['generate', '--dry-run']], [['rotate', '--now']]])(
  'used wrongly (%j) it says how it is used',
  async (args) => {
    const io = recordingIo()
    expect(await keysVerb.run(args, io)).toBe(2)
    expect(io.errLines.at(-1)).toMatch(/^Usage: carillon keys generate/)
  },
)

test('in a folder without a key or without a database nothing is made, and the remedy is said', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-keys-'))
  try {
    const io = recordingIo({ CARILLON_DATA_DIR: dataDir })
    expect(await keysVerb.run(['rotate'], io)).toBe(1)
    expect(io.errLines[0]).toMatch(/there is no key: set CARILLON_SECRET_KEY/)
    await writeFile(
      join(dataDir, 'secret.key'),
      Buffer.from('0123456789abcdef0123456789abcdef').toString('base64'),
      { mode: 0o600 },
    )
    expect(await keysVerb.run(['rotate'], io)).toBe(1)
    expect(io.errLines[1]).toMatch(
      /there is no database in .*CARILLON_DATA_DIR.*CARILLON_DATABASE_URL/,
    )
    expect(await readdir(dataDir)).toEqual(['secret.key'])
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
