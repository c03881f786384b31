import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createWaker, sleep, withinDeadline } from './waiting.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new AbortController().signal
const track = (promise: Promise<unknown>): { done: boolean } => {
  const state = { done: false }
  void promise.finally(() => {
    state.done = true
  })
  return state
}

test('sleep ends after its time and not before', async () => {
  const state = track(sleep(1_000, never))
  await vi.advanceTimersByTimeAsync(999)
  expect(state.done).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(state.done).toBe(true)
})

test('sleep ends at once when its signal aborts, and leaves no timer behind', async () => {
  const controller = new AbortController()
  const state = track(sleep(1_000, controller.signal))
  controller.abort()
  await vi.advanceTimersByTimeAsync(0)
  expect([state.done, vi.getTimerCount()]).toEqual([true, 0])
  await sleep(1_000, controller.signal)
})

test('a wake ends the wait, and a wake that nobody waited for ends the next one', async () => {
  const waker = createWaker()
  const first = track(waker.wait(60_000, never))
  waker.wake()
  await vi.advanceTimersByTimeAsync(0)
  expect(first.done).toBe(true)

  waker.wake()
  waker.wake()
  await waker.wait(60_000, never)
  const third = track(waker.wait(60_000, never))
  await vi.advanceTimersByTimeAsync(59_999)
  expect(third.done).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(third.done).toBe(true)
})

test('work that ends in time gives its value and leaves no timer behind', async () => {
  const result = await withinDeadline(1_000, () => Promise.resolve('done'))
  expect(result).toEqual({ inTime: true, value: 'done' })
  expect(vi.getTimerCount()).toBe(0)
})

test('work that hangs is aborted and left behind at its deadline', async () => {
  const seen: AbortSignal[] = []
  const result = withinDeadline(1_000, (signal) => {
    seen.push(signal)
    return new Promise<void>(() => undefined)
  })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await result).toEqual({ inTime: false })
  expect(seen[0]?.aborted).toBe(true)
})

test('work that fails in time fails the caller', async () => {
  await expect(withinDeadline(1_000, () => Promise.reject(new Error('broken')))).rejects.toThrow(
    'broken',
  )
})
