import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AskForWork, WorkQuestion } from '../db/ask-for-work.ts'
import { systemTimers } from '../timers.ts'
import { createLookout, type Lookout } from './lookout.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const nowMs = (): number => performance.now()

/** A database whose answers the test writes, and loops that note when they are woken. */
const setup = (everyMs: readonly number[]) => {
  const world = {
    due: new Set<number>(),
    takesMs: 0,
    fails: false,
    asked: [] as (readonly boolean[])[],
    woken: [] as number[],
  }
  const prepare =
    (questions: readonly WorkQuestion[]): AskForWork =>
    async (wanted) => {
      world.asked.push(wanted)
      await vi.advanceTimersByTimeAsync(world.takesMs)
      if (world.fails) throw new Error('database gone')
      return questions.map((_question, at) => (wanted[at] === true ? world.due.has(at) : null))
    }
  const lookout = createLookout({ prepare, nowMs, timers: systemTimers })
  const waits = everyMs.map((each, at) =>
    lookout.watch({
      everyMs: each,
      due: { text: 'true' },
      waker: { wake: () => void world.woken.push(at), wait: async () => await Promise.resolve() },
    }),
  )
  return { world, lookout, waits, waitsNow: () => waits.map((wait) => wait()) }
}

/** Turns as the loop takes them, for so long. */
const runFor = async (lookout: Lookout, ms: number): Promise<void> => {
  const endMs = nowMs() + ms
  while (nowMs() < endMs) {
    await lookout.turn()
    await vi.advanceTimersByTimeAsync(lookout.idleMs())
  }
}

test('who has work is woken, and nobody else', async () => {
  const { world, lookout } = setup([500, 500, 500])
  world.due.add(1)
  await lookout.turn()
  expect(world.woken).toEqual([1])
})

test('until the first answer loops look at their own pace, then they rest, none together with another', async () => {
  const { lookout, waitsNow } = setup([500, 1_000, 60_000])
  expect(waitsNow()).toEqual([500, 1_000, 60_000])
  await lookout.turn()
  expect(waitsNow()).toEqual([30_000, 31_000, 60_000])
})

test('an answer that fails wakes everybody, and loops look for themselves until one comes again', async () => {
  const { world, lookout, waitsNow } = setup([500, 1_000])
  await lookout.turn()
  world.fails = true
  await vi.advanceTimersByTimeAsync(1_000)
  await expect(lookout.turn()).rejects.toThrow('database gone')
  expect(world.woken).toEqual([0, 1])
  expect(waitsNow()).toEqual([500, 1_000])
  world.fails = false
  await vi.advanceTimersByTimeAsync(1_000)
  await lookout.turn()
  expect(waitsNow()).toEqual([30_000, 31_000])
})

test('an answer that takes over a second is not waited for: everybody is woken while it is still to come', async () => {
  const { world, lookout, waitsNow } = setup([500, 1_000])
  await lookout.turn()
  await vi.advanceTimersByTimeAsync(1_000)
  world.takesMs = 999
  await lookout.turn()
  expect([world.woken, waitsNow()]).toEqual([[], [30_000, 31_000]])
  await vi.advanceTimersByTimeAsync(1_000)
  world.takesMs = 1_001
  await lookout.turn()
  expect([world.woken, waitsNow()]).toEqual([
    [0, 1],
    [500, 1_000],
  ])
})

test('when it ends everybody looks for himself', async () => {
  const { world, lookout, waitsNow } = setup([500])
  await lookout.turn()
  lookout.end()
  expect([world.woken, waitsNow()]).toEqual([[0], [500]])
})

test('who comes after the first turn is refused, because nobody would look for him', async () => {
  const { lookout } = setup([500])
  await lookout.turn()
  const waker = { wake: () => undefined, wait: async () => await Promise.resolve() }
  expect(() => lookout.watch({ everyMs: 500, due: { text: 'true' }, waker })).toThrow('has begun')
})

test('with nothing to watch nothing is asked', async () => {
  const { world, lookout } = setup([])
  await runFor(lookout, 5_000)
  expect(world.asked).toEqual([])
})

test('work is never found later than at the pace that its loop would have looked at, and no kind is asked for much more often', async () => {
  const paces = fc.array(fc.constantFrom(250, 300, 500, 1_000, 2_000, 5_000), {
    minLength: 1,
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(paces, fc.nat(20_000), async (everyMs, atMs) => {
      const { world, lookout } = setup(everyMs)
      await runFor(lookout, atMs)
      // Work that comes right after a turn waits longest.
      await lookout.turn()
      const [startedMs, before] = [nowMs(), world.asked.length]
      world.due = new Set(everyMs.keys())
      const foundMs = new Map<number, number>()
      while (foundMs.size < everyMs.length) {
        await vi.advanceTimersByTimeAsync(lookout.idleMs())
        await lookout.turn()
        for (const at of world.woken) if (!foundMs.has(at)) foundMs.set(at, nowMs() - startedMs)
      }
      for (const [at, pace] of everyMs.entries())
        expect(foundMs.get(at) ?? Infinity).toBeLessThanOrEqual(pace)
      const passedMs = nowMs() - startedMs
      for (const [at, pace] of everyMs.entries()) {
        const asked = world.asked.slice(before).filter((wanted) => wanted[at] === true).length
        // A pace of two ticks and a half is asked for at every second one.
        expect(asked).toBeLessThanOrEqual(1 + Math.ceil((2 * passedMs) / pace))
      }
    }),
    { numRuns: 200 },
  )
})
