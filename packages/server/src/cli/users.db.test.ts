import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordingIo } from '@carillon/testkit/recording-io'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { verifyPassword } from '../access/sign-in/hash-password.ts'
import type { Terminal } from './read-password.ts'
import { createUsersVerb } from './users.ts'

const typing = (...typed: readonly string[]): Terminal => {
  const left = [...typed]
  return {
    isTTY: typed.length > 0,
    askHidden: async () => left.shift() ?? '',
    readAll: async () => 'from standard input\n',
  }
}

const run = async (db: TestDb, args: readonly string[], terminal: Terminal = typing()) => {
  const io = recordingIo({ CARILLON_DATABASE_URL: db.url })
  return { code: await createUsersVerb(terminal).run(args, io), io }
}

const stored = async (db: TestDb) =>
  (
    await db.owner.query<{ email: string; name: string; admin: boolean; hash: string }>(
      `SELECT u.email, u.name, u.platform_admin AS admin, a.password AS hash
         FROM auth_users u JOIN auth_accounts a ON a.user_id = u.id AND a.provider_id = 'credential' AND a.account_id = u.id::text`,
    )
  ).rows

const create = ['create', '--email', 'Anna@Example.org']

test('the first platform admin, with a password typed twice and unseen', async () => {
  await using db = await testDb()
  const { code, io } = await run(
    db,
    [...create, '--platform-admin'],
    typing('correct horse', 'correct horse'),
  )
  expect([code, io.errLines]).toEqual([0, []])
  expect(io.outLines).toEqual([expect.stringMatching(/^usr_/)])
  const [row] = await stored(db)
  expect(row).toMatchObject({ email: 'anna@example.org', name: 'Anna', admin: true })
  expect(await verifyPassword({ hash: row?.hash ?? '', password: 'correct horse' })).toBe(true)
})

test('the password comes from a file or from standard input, without the line break at its end', async () => {
  await using db = await testDb()
  const folder = await mkdtemp(join(tmpdir(), 'carillon-users-'))
  const file = join(folder, 'password')
  await writeFile(file, 'from a file, long\n')
  expect((await run(db, [...create, '--password-file', file])).code).toBe(0)
  const other = ['create', '--email', 'bob@example.org', '--password-file', '-', '--name', 'Bob']
  expect((await run(db, other)).code).toBe(0)
  await rm(folder, { recursive: true })
  const rows = await stored(db)
  const fits = rows.map(async ({ hash, email }) =>
    verifyPassword({
      hash,
      password: email.startsWith('anna') ? 'from a file, long' : 'from standard input',
    }),
  )
  expect(await Promise.all(fits)).toEqual([true, true])
  expect(rows.every(({ admin }) => !admin)).toBe(true)
})

test.each([
  ['typed differently', [...create], typing('correct horse', 'correct house'), 1, /not the same/],
  ['too short', [...create], typing('short', 'short'), 1, /12 to 128/],
  ['nowhere to ask', [...create], typing(), 1, /--password-file/],
  ['no address', ['create', '--email', 'anna'], typing('x', 'x'), 2, /e-mail address/],
  ['no verb', ['--email', 'a@b.c'], typing('x', 'x'), 2, /say create/],
  ['a password as an argument', [...create, '--password', 'x'], typing(), 2, /--password/],
])('%s: nobody is made, and it says why', async (_what, args, terminal, code, words) => {
  await using db = await testDb()
  const ran = await run(db, args, terminal)
  expect(ran.code).toBe(code)
  expect(ran.io.errLines.join('\n')).toMatch(words)
  expect(await stored(db)).toEqual([])
})

test('an address that somebody has is told', async () => {
  await using db = await testDb()
  const again = async () => run(db, create, typing('correct horse', 'correct horse'))
  await again()
  const { code, io } = await again()
  expect([code, io.errLines]).toEqual([1, [expect.stringContaining('already')]])
})
