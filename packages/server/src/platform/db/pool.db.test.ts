/** Pools against a real server: roles, values, broken connections. */
import { testDb } from '@carillon/testkit/test-db'
import { quietLog } from '@carillon/testkit/quiet-log'
import { expect, test } from 'vitest'
import { createPool } from './pool.ts'

const options = { max: 2, applicationName: 'test pool', log: quietLog } as const

test('values arrive as the program wants them', async () => {
  await using db = await testDb()
  const { rows } = await db.owner
    .query(`SELECT 42::int8 AS int8, ARRAY[1, NULL]::int8[] AS int8s, ARRAY[]::int8[] AS none,
    '2026-11-22 11:00:00.25+01'::timestamptz AS at, ARRAY['1970-01-01 00:00:01Z'::timestamptz] AS ats,
    '{"a": 1}'::jsonb AS jsonb, '{"a": 1}'::json AS json, '2026-11-22'::date AS date`)
  expect(rows).toEqual([
    {
      int8: 42,
      int8s: [1, null],
      none: [],
      at: Date.parse('2026-11-22T10:00:00.250Z'),
      ats: [1000],
      jsonb: { a: 1 },
      json: '{"a": 1}',
      date: '2026-11-22',
    },
  ])
})

test.each([
  ['plain words', ['a', 'Über-1', null]],
  ['none', []],
  ['what has to be quoted', ['a,b', '"', '\\', '', ' x ', '{y}', 'NULL', null]],
  [
    'lists of lists',
    [
      ['a', null],
      ['b', 'c d'],
    ],
  ],
])('an array of texts arrives as it is: %s', async (_name, texts) => {
  await using db = await testDb()
  const { rows } = await db.owner.query('SELECT $1::text[] AS texts', [texts])
  expect(rows).toEqual([{ texts }])
})

test('an array of texts that counts from zero is read all the same', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query(`SELECT '[0:1]={a,b}'::text[] AS texts`)
  expect(rows).toEqual([{ texts: ['a', 'b'] }])
})

test('a moment comes back from the database as it was, to the microsecond', async () => {
  await using db = await testDb()
  const sql = `SELECT at, to_timestamp($1::float8 / 1000) AS again FROM (SELECT $2::timestamptz AS at) AS one`
  const text = '2026-11-22 10:00:00.123457Z'
  const first = await db.owner.query<{ at: number }>(sql, [0, text])
  const second = await db.owner.query(sql, [first.rows[0]?.at, text])
  expect(second.rows).toEqual([{ at: first.rows[0]?.at, again: first.rows[0]?.at }])
})

test('neither role is a superuser, owns a table, or gets around row-level security', async () => {
  await using db = await testDb()
  const { rows } = await db.owner
    .query(`SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole,
      (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid) AS owns,
      (SELECT count(*) FROM pg_auth_members WHERE member = pg_roles.oid) AS memberships
    FROM pg_roles WHERE rolname IN ('carillon_app', 'carillon_engine') ORDER BY rolname`)
  const harmless = {
    rolsuper: false,
    rolbypassrls: false,
    rolcanlogin: false,
    rolcreaterole: false,
    owns: 0,
    memberships: 0,
  }
  expect(rows).toEqual([
    { rolname: 'carillon_app', ...harmless },
    { rolname: 'carillon_engine', ...harmless },
  ])
})

test('options in the URL neither replace the role nor get lost', async () => {
  await using db = await testDb()
  const url = `${db.url}?options=${encodeURIComponent('-c role=none -c work_mem=7MB')}&application_name=x`
  const pool = createPool({ ...options, url, role: 'app' })
  const { rows } = await pool.query(
    `SELECT current_user AS role, current_setting('work_mem') AS work_mem`,
  )
  await pool.end()
  expect(rows).toEqual([{ role: 'carillon_app', work_mem: '7MB' }])
})

test('a connection that did not get its role is refused', async () => {
  await using db = await testDb()
  const pool = createPool({ ...options, url: db.url, role: 'app' })
  // As behind a pooler that ignores the startup parameter.
  pool.options.options = '-c timezone=UTC'
  await expect(pool.query('SELECT 1')).rejects.toThrow(/acts as carillon instead of carillon_app/)
  expect(pool.totalCount).toBe(0)
  await pool.end()
})

test('a statement that takes too long is cancelled, and the pool goes on', async () => {
  await using db = await testDb()
  const pool = createPool({ ...options, url: db.url, role: 'owner', statementTimeoutMs: 50 })
  await expect(pool.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: '57014' })
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test('a connection that breaks, idle or in use, ends neither the process nor the pool', async () => {
  await using db = await testDb()
  const pool = createPool({ ...options, url: db.url, role: 'engine' })
  const idle = Promise.withResolvers<Error>()
  pool.on('error', idle.resolve)
  const [used, unused] = [await pool.connect(), await pool.connect()]
  unused.release()
  const broken = Promise.withResolvers<Error>()
  used.on('error', broken.resolve)
  await db.owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'test pool' AND datname = current_database()`)
  await Promise.all([idle.promise, broken.promise])
  await expect(used.query('SELECT 1')).rejects.toThrow(/not queryable|terminated/)
  used.release()
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test('a server that is not there is an error of the query', async () => {
  const pool = createPool({ ...options, url: 'postgres://nobody@127.0.0.1:1/none', role: 'owner' })
  await expect(pool.query('SELECT 1')).rejects.toThrow(/ECONNREFUSED/)
  await pool.end()
})
