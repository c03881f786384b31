/** Transactions against a real server: tenants, errors, broken connections, retries. */
import { randomUUID } from 'node:crypto'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createPool, type PoolClient } from './pool.ts'
import { quietLog } from '@carillon/testkit/quiet-log'
import { describe, expect, test } from 'vitest'
import { inTenant, inTransaction } from './transaction.ts'

const notes = async (): Promise<TestDb> => {
  const db = await testDb()
  await db.owner.query(`CREATE TABLE notes (tenant_id uuid NOT NULL, text text NOT NULL);
    CALL carillon_guard('notes')`)
  return db
}

const addNote = (client: PoolClient, tenant: string, text: string) =>
  client.query('INSERT INTO notes (tenant_id, text) VALUES ($1, $2)', [tenant, text])

const readNotes = async (client: Pick<PoolClient, 'query'>) =>
  (await client.query<{ text: string }>('SELECT text FROM notes ORDER BY text')).rows.map(
    (row) => row.text,
  )

describe('in a tenant', () => {
  test('only its own rows are there, and no others can be written', async () => {
    await using db = await notes()
    const [ours, theirs] = [randomUUID(), randomUUID()]
    await inTenant(db.app, theirs, (client) => addNote(client, theirs, 'theirs'))
    const seen = await inTenant(db.app, ours, async (client) => {
      await addNote(client, ours, 'ours')
      return readNotes(client)
    })
    expect(seen).toEqual(['ours'])
    const foreign = inTenant(db.app, ours, (client) => addNote(client, theirs, 'planted'))
    await expect(foreign).rejects.toThrow(/violates row-level security policy/)
    expect(await readNotes(db.owner)).toEqual(['ours', 'theirs'])
  })

  test('the tenant does not stay with the connection, whether it went well or not', async () => {
    await using db = await notes()
    const tenant = randomUUID()
    const app = createPool({
      url: db.url,
      role: 'app',
      max: 1,
      applicationName: 'one',
      log: quietLog,
    })
    await inTenant(app, tenant, (client) => addNote(client, tenant, 'mine'))
    for (let round = 0; round < 50; round += 1) {
      const sql = 'SELECT 1 / ($1::int % 2)'
      const [result] = await Promise.allSettled([
        inTenant(app, tenant, (client) => client.query(sql, [round])),
      ])
      expect(result.status).toBe(round % 2 === 0 ? 'rejected' : 'fulfilled')
      expect(await readNotes(app)).toEqual([])
    }
    await app.end()
  })

  test('an id that is no UUID never reaches the database', async () => {
    await using db = await testDb()
    const bad = "00000000-0000-0000-0000-000000000000', true); DROP TABLE tenants; --"
    await expect(inTenant(db.app, bad, async () => undefined)).rejects.toThrow('not a tenant id')
    expect(db.app.totalCount).toBe(0)
  })
})

describe('a transaction', () => {
  test('keeps all of its work or none', async () => {
    await using db = await notes()
    const tenant = randomUUID()
    const failing = inTransaction(db.engine, async (client) => {
      await addNote(client, tenant, 'lost')
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    await inTransaction(db.engine, (client) => addNote(client, tenant, 'kept'))
    expect(await readNotes(db.owner)).toEqual(['kept'])
  })

  test('is an error when its work has swallowed one', async () => {
    await using db = await notes()
    const swallowing = inTransaction(db.engine, async (client) => {
      await addNote(client, randomUUID(), 'lost')
      await client.query('SELECT 1 / 0').catch(() => undefined)
    })
    await expect(swallowing).rejects.toThrow('had failed and was rolled back')
    expect(await readNotes(db.owner)).toEqual([])
  })

  test('whose connection broke leaves the pool without it', async () => {
    await using db = await testDb()
    const broken = inTransaction(db.engine, async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      await db.owner.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
      await client.query('SELECT 1')
    })
    // Which of the two pg says depends on whether the news came before the query was written.
    await expect(broken).rejects.toThrow(/terminat|connection error/)
    expect(db.engine.idleCount).toBe(0)
    expect(await inTransaction(db.engine, async () => 'well again')).toBe('well again')
  })

  test('that stays without an answer leaves the pool without its connection', async () => {
    await using db = await testDb()
    const unanswered = inTransaction(db.engine, async (client) => {
      // The error of pg when query_timeout passes: the statement goes on in the server.
      client.query('SELECT pg_sleep(5)').catch(() => undefined)
      throw new Error('Query read timeout')
    })
    await expect(unanswered).rejects.toThrow('Query read timeout')
    expect(db.engine.idleCount).toBe(0)
  })
})

/** Two transactions that each hold what the other wants next; both go on once both hold something. */
const deadlocked = async (db: TestDb, retry: boolean) => {
  const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const attempts = [0, 0]
  const work = (own: 0 | 1, other: 0 | 1) =>
    inTransaction(
      db.engine,
      async (client) => {
        attempts[own] = (attempts[own] ?? 0) + 1
        await client.query('SELECT pg_advisory_xact_lock($1)', [own])
        held[own]?.resolve()
        await held[other]?.promise
        await client.query('SELECT pg_advisory_xact_lock($1)', [other])
      },
      { retry },
    )
  const results = await Promise.allSettled([work(0, 1), work(1, 0)])
  return { states: results.map((result) => result.status).sort(), attempts }
}

describe('a deadlock', () => {
  test('is got over by repeating when that is allowed', async () => {
    await using db = await testDb()
    const { states } = await deadlocked(db, true)
    expect(states).toEqual(['fulfilled', 'fulfilled'])
  })

  test('is passed on when repeating was not asked for', async () => {
    await using db = await testDb()
    expect(await deadlocked(db, false)).toEqual({
      states: ['fulfilled', 'rejected'],
      attempts: [1, 1],
    })
  })

  test('that comes again and again is given up after three repeats', async () => {
    await using db = await testDb()
    const seen: number[] = []
    const hopeless = inTransaction(
      db.engine,
      async (client) => {
        seen.push(seen.length)
        await client.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`)
      },
      { retry: true },
    )
    await expect(hopeless).rejects.toThrow('again')
    expect(seen).toEqual([0, 1, 2, 3])
  })
})
