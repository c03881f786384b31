import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { createProgress, watchProgress } from './progress.ts'
import { backoffMs, recordTurns, runLoop, type Turn, type TurnResult } from './run-loop.ts'
import { createWaker } from './waiting.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const log = createLog({ level: 'silent' })
const nowMs = (): number => performance.now()

const setup = (turn: () => Promise<TurnResult>) => {
  const controller = new AbortController()
  const turns: Turn['result'][] = []
  const progress = createProgress(nowMs)
  const waker = createWaker()
  const ended = runLoop({
    name: 'claim',
    signal: controller.signal,
    turn,
    idleMs: 1_000,
    progress,
    waker,
    onTurn: ({ result }) => void turns.push(result),
  })
  return { controller, turns, progress, waker, ended }
}

test('a loop goes on at once while there is work and waits when there is none', async () => {
  const results: TurnResult[] = ['worked', 'worked', 'idle']
  const loop = setup(() => Promise.resolve(results.shift() ?? 'idle'))
  await vi.advanceTimersByTimeAsync(10)
  expect(loop.turns).toEqual(['worked', 'worked', 'idle'])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(loop.turns).toHaveLength(4)
  loop.controller.abort()
  await loop.ended
})

test('a wake ends the idle time', async () => {
  const loop = setup(() => Promise.resolve('idle'))
  await vi.advanceTimersByTimeAsync(10)
  loop.waker.wake()
  await vi.advanceTimersByTimeAsync(10)
  expect(loop.turns).toHaveLength(2)
  loop.controller.abort()
  await loop.ended
})

test('a failing loop backs off, goes on, and starts small again after a success', async () => {
  let failing = true
  const loop = setup(() =>
    failing ? Promise.reject(new Error('database gone')) : Promise.resolve('idle'),
  )
  await vi.advanceTimersByTimeAsync(249)
  expect(loop.turns).toEqual(['failed'])
  await vi.advanceTimersByTimeAsync(1 + 500)
  expect(loop.turns).toEqual(['failed', 'failed', 'failed'])
  failing = false
  await vi.advanceTimersByTimeAsync(1_000)
  expect(loop.turns.at(-1)).toBe('idle')
  expect([1, 2, 3, 6, 7, 1_000].map(backoffMs)).toEqual([250, 500, 1_000, 8_000, 10_000, 10_000])
  loop.controller.abort()
  await loop.ended
})

test('a loop told to stop ends after the turn of that moment and is expected no more', async () => {
  const gate = Promise.withResolvers<TurnResult>()
  const loop = setup(() => gate.promise)
  await vi.advanceTimersByTimeAsync(10)
  loop.controller.abort()
  gate.resolve('worked')
  await vi.advanceTimersByTimeAsync(1)
  await loop.ended
  expect(loop.turns).toEqual(['worked'])
  await vi.advanceTimersByTimeAsync(120_000)
  expect(loop.progress.stuck()).toEqual([])
})

test('a turn that fails because the loop is stopping is not reported', async () => {
  const gate = Promise.withResolvers<TurnResult>()
  const loop = setup(() => gate.promise)
  loop.controller.abort()
  gate.reject(new Error('aborted'))
  await loop.ended
  expect(loop.turns).toEqual([])
})

test('without a successful turn for 60 s the loop is stuck: also when it fails, also when it hangs', async () => {
  const failing = setup(() => Promise.reject(new Error('always')))
  const hanging = setup(() => new Promise(() => undefined))
  await vi.advanceTimersByTimeAsync(59_000)
  expect([failing.progress.stuck(), hanging.progress.stuck()]).toEqual([[], []])
  await vi.advanceTimersByTimeAsync(2_000)
  expect([failing.progress.stuck(), hanging.progress.stuck()]).toEqual([['claim'], ['claim']])
  failing.controller.abort()
  await failing.ended
})

test('a loop that has nothing to do for an hour is not stuck, until its next turn is overdue', async () => {
  const controller = new AbortController()
  const progress = createProgress(nowMs)
  const results: Promise<TurnResult>[] = [Promise.resolve('idle')]
  const ended = runLoop({
    name: 'partitions',
    signal: controller.signal,
    turn: () => results.shift() ?? new Promise(() => undefined),
    idleMs: 3_600_000,
    progress,
  })
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(progress.stuck()).toEqual([])
  await vi.advanceTimersByTimeAsync(61_000)
  expect(progress.stuck()).toEqual(['partitions'])
  controller.abort()
  void ended
})

test('a loop that was woken early and hangs is stuck 60 s after that, however long it had meant to wait', async () => {
  const results: Promise<TurnResult>[] = [Promise.resolve('idle')]
  const controller = new AbortController()
  const progress = createProgress(nowMs)
  const waker = createWaker()
  const ended = runLoop({
    name: 'campaigns',
    signal: controller.signal,
    turn: () => results.shift() ?? new Promise(() => undefined),
    idleMs: 600_000,
    progress,
    waker,
  })
  await vi.advanceTimersByTimeAsync(10)
  waker.wake()
  await vi.advanceTimersByTimeAsync(61_000)
  expect(progress.stuck()).toEqual(['campaigns'])
  controller.abort()
  void ended
})

test('the watch ends the process only when a loop stays stuck', async () => {
  const controller = new AbortController()
  const progress = createProgress(nowMs)
  const onStuck = vi.fn<(loops: readonly string[]) => void>()
  const watch = watchProgress({ progress, signal: controller.signal, log, nowMs, onStuck })
  progress.begin('claim')
  await vi.advanceTimersByTimeAsync(66_000)
  progress.turned('claim')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(onStuck).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(30_000)
  await watch
  expect(onStuck.mock.calls).toEqual([[['claim']]])
})

test('the watch ends quietly with its signal', async () => {
  const controller = new AbortController()
  const progress = createProgress(nowMs)
  const onStuck = vi.fn<(loops: readonly string[]) => void>()
  const watch = watchProgress({ progress, signal: controller.signal, log, nowMs, onStuck })
  controller.abort()
  await watch
  expect(onStuck).not.toHaveBeenCalled()
})

test('turns are counted by loop and result, and failures are logged', async () => {
  const lines: string[] = []
  const metrics = createMetrics()
  const record = recordTurns({
    metrics,
    log: createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
    epochMs: () => 5_000,
  })
  record({ loop: 'claim', result: 'worked', durationMs: 20 })
  record({ loop: 'reap', result: 'failed', durationMs: 20, error: new Error('broken') })
  const text = await metrics.registry.metrics()
  expect(text).toContain('carillon_loop_turns_total{loop="claim",result="worked"} 1')
  expect(text).toContain('carillon_loop_last_progress_timestamp_seconds{loop="claim"} 5')
  expect(text).not.toContain('timestamp_seconds{loop="reap"}')
  expect(lines.join('')).toContain('broken')
})
