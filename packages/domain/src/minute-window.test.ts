import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  countRequest,
  secondsUntilRoom,
  windowSeconds,
  type MinuteWindow,
} from './minute-window.ts'

const waits = fc.array(fc.integer({ min: 0, max: 75 }), { maxLength: 120 })
const limits = fc.integer({ min: 1, max: 40 })

/** The seconds of the requests that were let through. */
const letThrough = (
  gaps: readonly number[],
  limit: number,
): { readonly seconds: readonly number[]; readonly window: MinuteWindow | undefined } => {
  const seconds: number[] = []
  let window: MinuteWindow | undefined
  let second = 1_000
  for (const gap of gaps) {
    second += gap
    const next = countRequest(window, { second, limit })
    if (next === undefined) continue
    window = next
    seconds.push(second)
  }
  return { seconds, window }
}

test('in no sixty seconds more are let through than the limit, and one is refused only when there are as many', () => {
  fc.assert(
    fc.property(waits, limits, (gaps, limit) => {
      const passed: number[] = []
      let window: MinuteWindow | undefined
      let second = 0
      for (const gap of gaps) {
        second += gap
        const recent = passed.filter((at) => at > second - windowSeconds).length
        const next = countRequest(window, { second, limit })
        expect(next === undefined).toBe(recent >= limit)
        if (next === undefined) continue
        window = next
        passed.push(second)
      }
    }),
  )
})

test('after the seconds that a refusal names there is room, and not one second before', () => {
  fc.assert(
    fc.property(waits, limits, (gaps, limit) => {
      const { window, seconds } = letThrough(gaps, limit)
      if (window === undefined) return
      const second = seconds.at(-1) ?? 0
      const wait = secondsUntilRoom(window, { second, limit })
      expect(countRequest(window, { second: second + wait, limit })).toBeDefined()
      if (wait > 0) {
        expect(countRequest(window, { second: second + wait - 1, limit })).toBeUndefined()
      }
    }),
  )
})

test('sixty at once are let through, the next has to wait a minute', () => {
  const { window, seconds } = letThrough(
    Array.from({ length: 70 }, () => 0),
    60,
  )
  expect(seconds).toHaveLength(60)
  expect(window && secondsUntilRoom(window, { second: 1_000, limit: 60 })).toBe(60)
})

test('a clock that goes back counts into the newest second', () => {
  const first = countRequest(undefined, { second: 100, limit: 2 })
  const second = countRequest(first, { second: 90, limit: 2 })
  expect(second?.second).toBe(100)
  expect(countRequest(second, { second: 90, limit: 2 })).toBeUndefined()
})
