/** The engine's statements find their rows by key whatever Postgres knows of its tables: on empty ones, and after ANALYZE. */
import { testDb } from '@carillon/testkit/test-db'
import { beforeAll, describe, expect, test } from 'vitest'
import * as ingest from '../../ingest/queries.ts'
import type { Pool } from '../../platform/db/pool.ts'
import type { Statement } from '../../platform/db/statement.ts'
import * as engine from './engine.ts'
import * as lanes from './lanes.ts'
import * as limits from './limits.ts'
import * as planRows from './plans.ts'
import * as settle from './settle.ts'

const statements: readonly Statement[] = [
  ...Object.values(engine),
  ...Object.values(settle),
  ...Object.values(lanes),
  ...Object.values(limits),
  ...Object.values(planRows),
  ingest.acceptAcrossTenants,
  ingest.findEventIdsAcrossTenants,
]

/** Lines of a plan that read a table, or an index, from end to end. */
const fullReads = (plan: readonly string[]): readonly string[] =>
  plan.filter(
    (line, at) =>
      /Seq Scan|Bitmap/.test(line) ||
      // Of a partition there is one way to a row; the others read whatever the tenant has in it.
      /using \w+_idx on (?:deliveries|events|settlements)_/.test(line) ||
      (/Index (?:Only )?Scan using/.test(line) && !/Index Cond/.test(plan[at + 1] ?? '')),
  )

const plansOf = async (pool: Pool): Promise<ReadonlyMap<string, readonly string[]>> => {
  const client = await pool.connect()
  try {
    const plans = new Map<string, readonly string[]>()
    for (const { name, text } of statements) {
      await client.query(`PREPARE plan_of_${name} AS ${text}`)
      const { rows: known } = await client.query<{ n: number }>(
        'SELECT cardinality(parameter_types)::int AS n FROM pg_prepared_statements WHERE name = $1',
        [`plan_of_${name}`],
      )
      const nulls = Array.from({ length: known[0]?.n ?? 0 }, () => 'NULL').join(', ')
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN EXECUTE plan_of_${name}${nulls === '' ? '' : `(${nulls})`}`,
      )
      plans.set(
        name,
        rows.map((row) => row['QUERY PLAN'].trim()),
      )
    }
    return plans
  } finally {
    client.release(true)
  }
}

describe.each(['empty tables', 'empty tables after ANALYZE'])('on %s', (what) => {
  const plans = new Map<string, readonly string[]>()
  beforeAll(async () => {
    await using db = await testDb()
    if (what.endsWith('ANALYZE')) await db.owner.query('ANALYZE')
    for (const [name, plan] of await plansOf(db.engine)) plans.set(name, plan)
  })

  test.each(statements.map(({ name }) => name))('%s reads no table from end to end', (name) => {
    expect(fullReads(plans.get(name) ?? ['Seq Scan: no plan'])).toEqual([])
  })
})
