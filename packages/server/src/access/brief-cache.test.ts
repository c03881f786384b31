import { expect, test } from 'vitest'
import { createBriefCache } from './brief-cache.ts'
import type { LookedUp } from './gather-lookups.ts'

/** A cache over a table that counts what it is asked, with a clock that stands still until it is moved. */
const setUp = (options: { maxFound?: number; maxMissing?: number } = {}) => {
  const table = new Map<string, string>()
  const asked: string[] = []
  const state = { nowMs: 0, failure: undefined as Error | undefined }
  const lookUp = async (key: string): Promise<LookedUp<string>> => {
    asked.push(key)
    const askedMs = state.nowMs
    const value = table.get(key)
    await Promise.resolve()
    if (state.failure !== undefined) throw state.failure
    return { value, askedMs }
  }
  const get = createBriefCache<string>({
    lookUp,
    monotonicMs: () => state.nowMs,
    maxFound: options.maxFound ?? 10,
    maxMissing: options.maxMissing ?? 10,
  })
  return { table, asked, state, get }
}
/** Lets everything that is ready run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a value is looked up once and given again for a second', async () => {
  const { table, asked, state, get } = setUp()
  table.set('k', 'v')
  expect([await get('k'), await get('k')]).toEqual(['v', 'v'])
  expect(asked).toEqual(['k'])
  state.nowMs = 499
  await get('k')
  expect(asked).toEqual(['k'])
  state.nowMs = 1_499
  table.delete('k')
  expect(await get('k')).toBeUndefined()
})

test('a change is seen a second after the query that missed it, however often the key is asked for', async () => {
  const { table, state, get } = setUp()
  table.set('k', 'old')
  await get('k')
  table.set('k', 'new')
  const seen: (string | undefined)[] = []
  for (state.nowMs = 0; state.nowMs <= 1_000; state.nowMs += 100) seen.push(await get('k'))
  expect(seen.at(-1)).toBe('new')
})

test('from half a second on it renews behind the answer: one query, and nobody waits', async () => {
  const { table, asked, state, get } = setUp()
  table.set('k', 'old')
  await get('k')
  table.set('k', 'new')
  state.nowMs = 500
  expect([await get('k'), await get('k')]).toEqual(['old', 'old'])
  await settle()
  expect(await get('k')).toBe('new')
  expect(asked).toEqual(['k', 'k'])
})

test('a renewal that fails is tried again, and after the second the caller gets the error', async () => {
  const { table, asked, state, get } = setUp()
  table.set('k', 'v')
  await get('k')
  state.failure = new Error('the database is away')
  state.nowMs = 600
  expect(await get('k')).toBe('v')
  await settle()
  expect(await get('k')).toBe('v')
  await settle()
  expect(asked).toEqual(['k', 'k', 'k'])
  state.nowMs = 1_000
  await expect(get('k')).rejects.toThrow('the database is away')
  state.failure = undefined
  expect(await get('k')).toBe('v')
})

test('a missing key is remembered too, apart: a flood of them pushes no value out', async () => {
  const { table, asked, get } = setUp({ maxFound: 1, maxMissing: 2 })
  table.set('k', 'v')
  await get('k')
  for (let n = 0; n < 50; n += 1) await get(`unknown ${n}`)
  asked.length = 0
  expect([await get('k'), await get('unknown 49')]).toEqual(['v', undefined])
  expect(asked).toEqual([])
  await get('unknown 0')
  expect(asked).toEqual(['unknown 0'])
})

test('with room for no missing key, one that has just been made is found at once', async () => {
  const { table, get } = setUp({ maxMissing: 0 })
  expect(await get('k')).toBeUndefined()
  table.set('k', 'v')
  expect(await get('k')).toBe('v')
})

test('it holds no more than it may: what was looked up longest ago goes first', async () => {
  const { table, asked, get } = setUp({ maxFound: 2 })
  for (const key of ['a', 'b', 'c']) {
    table.set(key, key)
    await get(key)
  }
  asked.length = 0
  for (const key of ['b', 'c', 'a']) await get(key)
  expect(asked).toEqual(['a'])
})
