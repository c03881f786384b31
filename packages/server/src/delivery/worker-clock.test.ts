import { instant } from '@carillon/domain/clock'
import { describe, expect, test } from 'vitest'
import { createWorkerClock, type WorkerClock } from './worker-clock.ts'

const noon = 1_700_000_000_000

/** A machine whose clocks the test moves; the database is right, and answers in `answerMs`. */
const rig = (given: { wallOffset?: number; answerMs?: number } = {}) => {
  const at = { real: 0, wallOffset: given.wallOffset ?? 0, slept: 0 }
  const timers: { at: number; fn: () => void }[] = []
  const errors: string[] = []
  let answerMs = given.answerMs ?? 10
  const clock: WorkerClock = createWorkerClock({
    store: {
      databaseNow: async () => {
        const now = instant(noon + at.real + answerMs / 2)
        at.real += answerMs
        return await Promise.resolve(now)
      },
    },
    local: { now: () => instant(noon + at.real + at.wallOffset) },
    monotonicMs: () => at.real - at.slept,
    timers: {
      after: (ms, fn) => {
        const timer = { at: at.real + ms, fn }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), 1)
      },
    },
    log: { error: (_facts, message) => errors.push(message), warn: () => undefined },
  })
  const pass = async (ms: number): Promise<void> => {
    const until = at.real + ms
    for (let next = timers[0]; next !== undefined && next.at <= until; next = timers[0]) {
      timers.shift()
      at.real = Math.max(at.real, next.at)
      next.fn()
      await new Promise(setImmediate)
    }
    at.real = Math.max(at.real, until)
  }
  return {
    at,
    errors,
    clock,
    pass,
    answersIn: (ms: number) => (answerMs = ms),
    error: () => clock.now() - (noon + at.real),
  }
}

describe("a worker's clock", () => {
  test('knows the time of the database though its own differs by a little', async () => {
    const r = rig({ wallOffset: 700 })
    await r.clock.start()
    expect(r.clock.isTrusted()).toBe(true)
    expect(Math.abs(r.error())).toBeLessThanOrEqual(5)
  })

  test('is not trusted when the wall clock is off by over a second, and is once that is set right', async () => {
    const r = rig({ wallOffset: -1_500 })
    await r.clock.start()
    expect(r.clock.isTrusted()).toBe(false)
    expect(r.errors.length).toBe(1)
    r.at.wallOffset = 0
    await r.pass(1_500)
    expect(r.clock.isTrusted()).toBe(true)
  })

  test('that has slept is not believed because a slow answer does not contradict it', async () => {
    const r = rig()
    await r.clock.start()
    r.at.real += 900
    r.at.slept += 900
    r.answersIn(3_000)
    await r.pass(1_500)
    // It is 900 ms behind; the answer could have been given at any time within three seconds.
    expect(r.clock.isTrusted()).toBe(false)
    r.answersIn(10)
    await r.pass(2_000)
    expect(r.clock.isTrusted()).toBe(true)
    expect(Math.abs(r.error())).toBeLessThanOrEqual(5)
  })

  test('does not jump when somebody moves the wall clock, and is doubted until it is measured again', async () => {
    const r = rig()
    await r.clock.start()
    r.at.wallOffset = -500
    expect(Math.abs(r.error())).toBeLessThanOrEqual(5)
    expect(r.clock.isTrusted()).toBe(false)
    await r.pass(1_500)
    expect(r.clock.isTrusted()).toBe(true)
    expect(Math.abs(r.error())).toBeLessThanOrEqual(5)
  })

  test('is doubted after the machine slept, and right again a second later', async () => {
    const r = rig()
    await r.clock.start()
    r.at.real += 60_000
    r.at.slept += 60_000
    expect(r.clock.isTrusted()).toBe(false)
    await r.pass(1_500)
    expect(r.clock.isTrusted()).toBe(true)
    expect(Math.abs(r.error())).toBeLessThanOrEqual(5)
  })

  test('is not trusted while the database takes seconds to say the time', async () => {
    const r = rig({ answerMs: 3_000 })
    await r.clock.start()
    expect(r.clock.isTrusted()).toBe(false)
    r.answersIn(20)
    await r.pass(1_500)
    expect(r.clock.isTrusted()).toBe(true)
  })

  test('measures every ten seconds only when nothing is in doubt, also when the wall clock is wrong', async () => {
    const r = rig({ wallOffset: 5_000 })
    await r.clock.start()
    await r.pass(35_000)
    expect(r.errors.length).toBe(4)
  })
})
