import type { Pool, QueryConfig } from 'pg'
import { expect, test } from 'vitest'
import { query, queryArrays } from './statement.ts'

const statement = { name: 'some_rows', text: 'SELECT' }

/** A pool that remembers what it was asked and what it answered, as pg's garbage does. */
const createPool = (answer: () => { rows: unknown[] }) => {
  const asked: { sent: readonly unknown[]; config: QueryConfig<unknown[]> }[] = []
  const answered: { rows: unknown[] }[] = []
  const pool = {
    query: async (config: QueryConfig<unknown[]>) => {
      asked.push({ config, sent: [...(config.values ?? [])] })
      const result = answer()
      answered.push(result)
      return await Promise.resolve(result)
    },
  }
  return { pool: pool as unknown as Pool, asked, answered }
}

test.each([
  ['query', query],
  ['queryArrays', queryArrays],
])('%s sends the values, gives the rows, and leaves neither with pg', async (_name, run) => {
  const { pool, asked, answered } = createPool(() => ({ rows: [[1], [2]] }))
  const values = ['a', Buffer.from('b')]
  expect(await run(pool, statement, values)).toEqual([[1], [2]])
  expect(asked[0]?.sent).toEqual(values)
  expect(asked[0]?.config.values).toEqual([])
  expect(answered[0]?.rows).toEqual([])
  expect(values).toHaveLength(2)
})

test('a statement that fails leaves no values with pg either', async () => {
  const { pool, asked } = createPool(() => {
    throw new Error('deadlock detected')
  })
  await expect(query(pool, statement, ['a'])).rejects.toThrow('deadlock detected')
  expect(asked[0]?.config.values).toEqual([])
})
