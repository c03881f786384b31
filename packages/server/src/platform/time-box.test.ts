import { expect, test } from 'vitest'
import { createTimeBox, TimeIsUp } from './time-box.ts'

const box = createTimeBox(50)

/** Keeps the thread without using the processor, as a process that is stopped from outside. */
const pause = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

const nested = (depth: number): unknown[] => {
  const list: unknown[] = []
  return depth === 0 ? list : Array.from({ length: 2 }, () => nested(depth - 1))
}

/** An array that holds the one before it twice: small in memory, 2^depth when written. */
const doubled = (depth: number): unknown[] => {
  let list: unknown[] = nested(1)
  for (let n = 0; n < depth; n += 1) list = [list, list]
  return list
}

test('work that ends gives its result, whatever it is', () => {
  expect(box.run(() => 'done')).toBe('done')
  expect(box.run(() => undefined)).toBeUndefined()
})

test('work that throws throws the same error', () => {
  const error = new RangeError('not so')
  expect(() =>
    box.run(() => {
      throw error
    }),
  ).toThrow(error)
})

test.each<[string, () => unknown]>([
  [
    'a loop',
    () => {
      const endless = { n: 0 }
      while (endless.n >= 0) endless.n += 1
      return endless.n
    },
  ],
  ['a regular expression', () => /^(?:a+)+$/.test(`${'a'.repeat(60)}b`)],
  ['JSON.stringify', () => JSON.stringify(doubled(40))],
  ['a sort', () => Array.from({ length: 5e6 }, (_, n) => n % 997).sort((a, b) => a - b)],
])('%s without end is ended, and the box works on', (_what, work) => {
  expect(() => box.run(work)).toThrow(TimeIsUp)
  expect(box.run(() => 1 + 1)).toBe(2)
})

test('work that was paused and not busy is begun once more', () => {
  let runs = 0
  const work = (): string => {
    runs += 1
    if (runs === 1) pause(10_000)
    return 'done'
  }
  expect(box.run(work)).toBe('done')
  expect(runs).toBe(2)
})

test('work that is paused twice is given up', () => {
  expect(() => box.run(() => pause(10_000))).toThrow('longer than 50 ms')
})
