/** The database that every other database test relies on: its own, migrated, walled, and gone afterwards. */
import { expect, inject, test } from 'vitest'
import { withClient } from './database-url.ts'
import { testDb } from './test-db.ts'

const namesOfDatabases = async (): Promise<readonly string[]> =>
  withClient(inject('carillonDatabase').adminUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>('SELECT datname FROM pg_database')
    return rows.map((row) => row.datname)
  })

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

test('each test has a database of its own that holds the newest schema', async () => {
  await using first = await testDb()
  await using second = await testDb()
  expect(first.url).not.toBe(second.url)
  await first.owner.query('CREATE TABLE only_here ()')
  const { rows } = await second.owner.query(
    `SELECT to_regclass('only_here') AS found, (SELECT count(*) FROM schema_migrations) > 0 AS migrated`,
  )
  expect(rows).toEqual([{ found: null, migrated: true }])
})

test('the pools act as owner, app and engine', async () => {
  await using db = await testDb()
  const roleOf = async (pool: typeof db.app) =>
    (await pool.query<{ role: string }>('SELECT current_user AS role')).rows[0]?.role
  expect(await roleOf(db.app)).toBe('carillon_app')
  expect(await roleOf(db.engine)).toBe('carillon_engine')
  expect(await roleOf(db.owner)).toBe(new URL(db.url).username)
})

test('the database goes away at the end although a connection is still checked out', async () => {
  const db = await testDb()
  const client = await db.app.connect()
  await client.query('BEGIN')
  const disposed = db[Symbol.asyncDispose]()
  await expect.poll(namesOfDatabases).not.toContain(nameOf(db.url))
  client.release(true)
  await disposed
})
