/** Partitions ahead are made while everybody reads and writes: one table at a time, so that nobody waits crosswise. */
import { instant } from '@carillon/domain/clock'
import { eventually } from '@carillon/testkit/eventually'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { deliveryJobs } from './jobs.ts'
import { createMemoryStore } from './memory-store.ts'
import { createMemoryTables } from './memory-tables.ts'

test('who reads one table of weeks after the other meets no deadlock while partitions are made', async () => {
  await using db = await testDb()
  const store = createMemoryStore({ tables: createMemoryTables(), now: () => instant(0) })
  const job = deliveryJobs({ store, pool: db.engine }).find(({ name }) => name === 'partitions')
  const countAll = async (): Promise<number> => {
    const { rowCount } = await db.owner.query(
      `SELECT FROM pg_class WHERE relname ~ '^(events|deliveries|settlements)_\\d{8}$' AND relkind = 'r'`,
    )
    return rowCount ?? 0
  }
  const before = await countAll()
  const reader = await db.owner.connect()
  await reader.query('BEGIN')
  await reader.query('SELECT FROM settlements LIMIT 1')
  const made = (async () => {
    let sum = 0
    for (let n = (await job?.turn()) ?? 0; n > 0; n = (await job?.turn()) ?? 0) sum += n
    return sum
  })()
  // It has come to the table that is being read.
  await eventually(async () => {
    const { rowCount } = await db.owner.query(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'settlements_default'::regclass`,
    )
    expect(rowCount).toBe(1)
  })
  await reader.query('SELECT FROM deliveries LIMIT 1')
  await reader.query('SELECT FROM events LIMIT 1')
  await reader.query('COMMIT')
  reader.release()
  const sum = await made
  expect(sum).toBeGreaterThan(0)
  expect(await countAll()).toBe(before + sum)
})
