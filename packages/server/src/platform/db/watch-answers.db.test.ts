/** Queries on a watched connection: answered as ever, given up when no answer comes, and leaving nothing behind. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { createPool } from './pool.ts'
import { watchAnswers } from './watch-answers.ts'

/** A pool of one connection, and a limit on its answers. */
const watchedPool = (url: string, withinMs: number) => {
  const pool = createPool({ url, role: 'owner', max: 1, applicationName: 'watched', log: quietLog })
  pool.on('connect', (client) => watchAnswers(client, withinMs))
  return { pool, [Symbol.asyncDispose]: async () => await pool.end() }
}

test('a connection on which no answer comes is given up, and the next one serves', async () => {
  await using db = await testDb()
  await using watched = watchedPool(db.url, 100)
  const client = await watched.pool.connect()
  await expect(client.query('SELECT pg_sleep(60)')).rejects.toThrow('Query read timeout')
  client.release(true)
  await expect(watched.pool.query('SELECT pg_sleep(60)')).rejects.toThrow('Query read timeout')
  expect((await watched.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('queries that are answered may take longer together than one of them may', async () => {
  await using db = await testDb()
  await using watched = watchedPool(db.url, 200)
  const client = await watched.pool.connect()
  for (let n = 0; n < 6; n += 1) await client.query('SELECT pg_sleep(0.1)')
  expect((await client.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }])
  client.release()
})

test('an error of the server is the error of its query, and the connection serves on', async () => {
  await using db = await testDb()
  await using watched = watchedPool(db.url, 1_000)
  const client = await watched.pool.connect()
  await expect(client.query('SELECT 1 / 0')).rejects.toThrow('division by zero')
  await expect(client.query('SELECT $1::uuid', ['x'])).rejects.toThrow('invalid input syntax')
  expect((await client.query({ text: 'SELECT 2 AS n' })).rows).toEqual([{ n: 2 }])
  client.release()
  await expect(watched.pool.query('SELECT 1 / 0')).rejects.toThrow('division by zero')
})

const collectYoung = (): (() => void) => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext(`() => gc({ type: 'minor' })`)
  return collect as () => void
}

test.each(['a pool', 'a connection'])(
  'what was asked of %s is let go of once it is answered, by young collections alone',
  async (what) => {
    await using db = await testDb()
    const collect = collectYoung()
    const options = { role: 'engine', max: 1, applicationName: 'watched', log: quietLog } as const
    const pool = createPool({ ...options, url: db.url, statementTimeoutMs: 5_000 })
    const client = what === 'a pool' ? pool : await pool.connect()
    const ask = async (): Promise<void> => {
      const text = 'SELECT length($1::bytea)'
      await client.query({ name: 'length', text, values: [Buffer.alloc(32_768, 1)] })
    }
    await ask()
    // One is old before it is answered; those after it need not be.
    const first = ask()
    collect()
    collect()
    await first
    const before = process.memoryUsage().arrayBuffers
    for (let n = 0; n < 500; n += 1) {
      await ask()
      if (n % 20 === 0) collect()
    }
    collect()
    collect()
    // Of 16 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4_000_000)
    if ('release' in client) client.release()
    await pool.end()
  },
)
