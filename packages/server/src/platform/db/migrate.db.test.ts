/** Migrations against a real server: order, repetition, several at once, changed files, few rights. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseUrl, withClient } from '@carillon/testkit/database-url'
import { quietLog } from '@carillon/testkit/quiet-log'
import { Client } from 'pg'
import { describe, expect, inject, test } from 'vitest'
import { startEmbeddedPostgres } from '../embedded-postgres/start-embedded-postgres.ts'
import { migrate } from './migrate.ts'

type Files = Readonly<Record<string, string>>

const random = () => randomBytes(6).toString('hex')

const write = async (directory: string, files: Files): Promise<void> => {
  const head = Object.keys(files).sort().at(-1)?.replace('.sql', '') ?? ''
  for (const [name, text] of Object.entries({ HEAD: `${head}\n`, ...files })) {
    await writeFile(join(directory, name), text)
  }
}

const execute = (url: string, sql: string) => withClient(url, (client) => client.query(sql))

/** An empty database and a folder with these migrations. */
const given = async (files: Files) => {
  const { adminUrl } = inject('carillonDatabase')
  const name = `carillon_migrate_${random()}`
  await execute(adminUrl, `CREATE DATABASE ${name} TEMPLATE template0`)
  const directory = await mkdtemp(join(tmpdir(), 'carillon-migrations-'))
  await write(directory, files)
  const url = databaseUrl(adminUrl, name)
  const dispose = async (): Promise<void> => {
    await execute(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`)
    await rm(directory, { recursive: true })
  }
  return { url, directory, log: quietLog, name, adminUrl, [Symbol.asyncDispose]: dispose }
}

const notes = { '0001_notes.sql': 'CREATE TABLE notes (id int); CREATE TABLE tags (id int);' }
const index = {
  '0002_index.sql': `-- no-transaction: CONCURRENTLY can't run in one
    CREATE INDEX CONCURRENTLY IF NOT EXISTS notes_id ON notes (id)`,
}

const applied = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT name FROM schema_migrations ORDER BY name',
    )
    return rows.map((row) => row.name)
  })

describe('migrating', () => {
  test('applies what is missing, once, in order, also what must not run in a transaction', async () => {
    await using db = await given(notes)
    expect(await migrate(db)).toEqual({ applied: ['0001_notes'] })
    expect(await migrate(db)).toEqual({ applied: [] })
    await write(db.directory, { ...notes, ...index })
    expect(await migrate(db)).toEqual({ applied: ['0002_index'] })
    expect(await applied(db.url)).toEqual(['0001_notes', '0002_index'])
  })

  test('by many at once applies each migration once', async () => {
    await using db = await given({ ...notes, ...index })
    const results = await Promise.all(Array.from({ length: 6 }, () => migrate(db)))
    expect(results.flatMap((result) => result.applied)).toEqual(['0001_notes', '0002_index'])
  })

  test('of several new databases at once makes the roles without a collision', async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, () => given(notes)))
    const results = await Promise.all(databases.map(migrate))
    expect(results).toEqual(databases.map(() => ({ applied: ['0001_notes'] })))
    await Promise.all(databases.map((each) => each[Symbol.asyncDispose]()))
  })

  test('that fails leaves nothing of the failed migration', async () => {
    await using db = await given({ '0001_bad.sql': 'CREATE TABLE half (); SELECT 1 / 0' })
    await expect(migrate(db)).rejects.toThrow('migration 0001_bad failed: error: division by zero')
    const tables = await execute(db.url, `SELECT to_regclass('half') AS half`)
    expect(tables.rows).toEqual([{ half: null }])
    await write(db.directory, { '0001_bad.sql': 'CREATE TABLE whole ()' })
    expect(await migrate(db)).toEqual({ applied: ['0001_bad'] })
  })

  test('waits for a table that somebody has locked, without queueing others behind it', async () => {
    await using db = await given(notes)
    await migrate(db)
    await write(db.directory, {
      ...notes,
      '0002_more.sql': 'ALTER TABLE notes ADD COLUMN more int',
    })
    const holder = new Client({ connectionString: db.url })
    await holder.connect()
    await holder.query('BEGIN; LOCK TABLE notes IN ACCESS SHARE MODE')
    const firstRefusal = Promise.withResolvers<unknown>()
    const migrating = migrate({ ...db, log: { info: () => undefined, warn: firstRefusal.resolve } })
    expect(await firstRefusal.promise).toEqual({ migration: '0002_more', attempt: 1 })
    await holder.query('COMMIT')
    expect(await migrating).toEqual({ applied: ['0002_more'] })
    await holder.end()
  })
})

describe('refused', () => {
  test('is a migration that was changed after it was applied', async () => {
    await using db = await given(notes)
    await migrate(db)
    await write(db.directory, { '0001_notes.sql': 'CREATE TABLE notes (id bigint)' })
    await expect(migrate(db)).rejects.toThrow(
      'Migration 0001_notes was changed after it was applied',
    )
  })

  test('is a database that a newer program has migrated', async () => {
    await using db = await given({ ...notes, ...index })
    await migrate(db)
    await rm(join(db.directory, '0002_index.sql'))
    await write(db.directory, notes)
    await expect(migrate(db)).rejects.toThrow("0002_index, which this program doesn't know")
  })

  test.each([
    [
      'a number left out',
      { ...notes, '0003_late.sql': '' },
      /0003_late.sql: expected a name like 0002_/,
    ],
    [
      'a number given twice',
      { ...notes, '0001_other.sql': '' },
      /0001_other.sql: expected .* 0002_/,
    ],
    [
      'another name for HEAD',
      { ...notes, HEAD: '0002_theirs' },
      /HEAD says 0002_theirs, the last .* 0001_notes/,
    ],
  ])('is a folder with %s', async (_what, files, message) => {
    await using db = await given(files)
    await expect(migrate(db)).rejects.toThrow(message)
  })
})

/** A server on which nobody has made our roles yet: roles belong to the whole server. */
const freshServer = async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-roles-'))
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: quietLog,
    settings: { fsync: 'off' },
  })
  const dispose = async (): Promise<void> => {
    await postgres.stop()
    await rm(dataDir, { recursive: true })
  }
  return { url: postgres.url, [Symbol.asyncDispose]: dispose }
}

/** A database that belongs to a role without any attributes, and a URL whose sessions are that role. */
const ownedByPlainRole = async (adminUrl: string, role: string): Promise<string> => {
  await execute(adminUrl, `CREATE ROLE ${role}; GRANT ${role} TO CURRENT_USER`)
  await execute(adminUrl, `CREATE DATABASE ${role} OWNER ${role}`)
  return `${databaseUrl(adminUrl, role)}?options=${encodeURIComponent(`-c role=${role}`)}`
}

const statementsIn = (error: unknown): string =>
  String(error).split('administrator run:\n')[1] ?? 'SELECT no_statements'

test('a user who may make no roles gets the statements for the administrator, and with them our own migrations run', async () => {
  await using server = await freshServer()
  const first = await ownedByPlainRole(server.url, 'plain_one')
  const refused: unknown = await migrate({ url: first, log: quietLog }).catch(
    (error: unknown) => error,
  )
  expect(statementsIn(refused)).toBe(
    'CREATE ROLE carillon_app NOLOGIN ROLE "plain_one";\nCREATE ROLE carillon_engine NOLOGIN ROLE "plain_one";',
  )
  await execute(server.url, statementsIn(refused))
  expect((await migrate({ url: first, log: quietLog })).applied).toContain('0001_foundation')

  const second = await ownedByPlainRole(server.url, 'plain_two')
  const again: unknown = await migrate({ url: second, log: quietLog }).catch(
    (error: unknown) => error,
  )
  expect(statementsIn(again)).toBe(
    'GRANT carillon_app TO "plain_two";\nGRANT carillon_engine TO "plain_two";',
  )
})

test('roles that get around row-level security are refused', async () => {
  await using server = await freshServer()
  await execute(server.url, 'CREATE ROLE carillon_app NOLOGIN BYPASSRLS')
  await expect(migrate({ url: server.url, log: quietLog })).rejects.toThrow(
    /Row-level security would not apply to carillon_app/,
  )
})
