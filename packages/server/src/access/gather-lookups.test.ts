import { expect, test } from 'vitest'
import { gatherLookUps } from './gather-lookups.ts'

type Query = { readonly keys: readonly string[] } & PromiseWithResolvers<
  ReadonlyMap<string, number>
>

const setUp = () => {
  const queries: Query[] = []
  const state = { nowMs: 0 }
  const ask = gatherLookUps<number>({
    monotonicMs: () => state.nowMs,
    lookUp: async (keys) => {
      const query = { keys, ...Promise.withResolvers<ReadonlyMap<string, number>>() }
      queries.push(query)
      return query.promise
    },
  })
  return { queries, state, ask }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('what comes while a query is under way goes together in the next one, each key once', async () => {
  const { queries, state, ask } = setUp()
  const first = ask('a')
  state.nowMs = 5
  const others = [ask('b'), ask('a'), ask('b'), ask('c')]
  await settle()
  expect(queries.map(({ keys }) => keys)).toEqual([['a']])
  queries[0]?.resolve(new Map([['a', 1]]))
  expect(await first).toEqual({ value: 1, askedMs: 0 })
  await settle()
  expect(queries.map(({ keys }) => keys)).toEqual([['a'], ['b', 'a', 'c']])
  queries[1]?.resolve(new Map([['b', 2]]))
  expect((await Promise.all(others)).map(({ value }) => value)).toEqual([
    2,
    undefined,
    2,
    undefined,
  ])
})

test('a query that fails fails only those that wait for it', async () => {
  const { queries, ask } = setUp()
  const first = ask('a')
  const second = ask('b')
  queries[0]?.reject(new Error('away'))
  await expect(first).rejects.toThrow('away')
  await settle()
  queries[1]?.resolve(new Map([['b', 2]]))
  expect((await second).value).toBe(2)
})

test('a flood goes in portions', async () => {
  const { queries, ask } = setUp()
  const all = Array.from({ length: 1_201 }, (_, n) => ask(`${n}`))
  for (const expected of [1, 500, 500, 200]) {
    await settle()
    expect(queries.at(-1)?.keys).toHaveLength(expected)
    queries.at(-1)?.resolve(new Map())
  }
  expect(await Promise.all(all)).toHaveLength(1_201)
})
