/** An expansion reads the audience in its own order, and nobody else's, whatever Postgres knows of the tables. */
import { fanOutRig } from '@carillon/testkit/fan-out-rig'
import { expect, test } from 'vitest'
import type { Pool } from '../../platform/db/pool.ts'
import type { Statement } from '../../platform/db/statement.ts'
import * as chunks from './chunks.ts'
import * as claims from './claims.ts'

const planOf = async (pool: Pool, { name, text }: Statement): Promise<readonly string[]> => {
  const client = await pool.connect()
  try {
    await client.query(`PREPARE plan_of_${name} AS ${text}`)
    const { rows: known } = await client.query<{ n: number }>(
      'SELECT cardinality(parameter_types)::int AS n FROM pg_prepared_statements WHERE name = $1',
      [`plan_of_${name}`],
    )
    const nulls = Array.from({ length: known[0]?.n ?? 0 }, () => 'NULL').join(', ')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN EXECUTE plan_of_${name}${nulls === '' ? '' : `(${nulls})`}`,
    )
    return rows.map((row) => row['QUERY PLAN'].trim())
  } finally {
    client.release(true)
  }
}

/** Indexes that begin with the subscription. Counting may use either, reading in order only the first. */
const bySubscription = ['registrations_by_subscription']
const byPerson = 'registrations_once'
const audience = [
  { statement: chunks.expandByTemplates, indexes: bySubscription },
  { statement: chunks.readChunk, indexes: bySubscription },
  { statement: claims.begin, indexes: [...bySubscription, byPerson] },
]
const statements: readonly Statement[] = [...Object.values(claims), ...Object.values(chunks)]

test.each(['nobody', 'one large subscription', 'many small ones'])('with %s', async (what) => {
  await using rig = await fanOutRig()
  const counts = { nobody: [], 'one large subscription': [20_000], 'many small ones': [5, 5, 5, 9] }
  for (const count of counts[what as keyof typeof counts]) {
    const subscription = await rig.given.subscription(rig.tenantId)
    await rig.given.registrations(rig.tenantId, subscription, { count })
  }
  await rig.db.owner.query('ANALYZE')
  for (const statement of statements) {
    const plan = await planOf(rig.db.engine, statement)
    const full = plan.filter((line) => /Seq Scan|Bitmap/.test(line))
    expect({ name: statement.name, full }).toEqual({ name: statement.name, full: [] })
  }
  for (const { statement, indexes } of audience) {
    const plan = await planOf(rig.db.engine, statement)
    const reads = plan.flatMap((line) => /using (\w+) on registrations/.exec(line)?.[1] ?? [])
    expect(reads.length, statement.name).toBeGreaterThan(0)
    expect(indexes, statement.name).toEqual(expect.arrayContaining(reads))
  }
})
