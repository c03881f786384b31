import { instant } from '@carillon/domain/clock'
import { systemTimers } from '../platform/timers.ts'
import { quietLog } from '@carillon/testkit/quiet-log'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSettleQueue, type SettleQueue } from './settle-queue.ts'
import type { SettledTurn, SettleReport } from './store.ts'

const turn = (deliveryId: string): SettledTurn =>
  ({ claim: { deliveryId, fence: 1 } }) as unknown as SettledTurn
const report: SettleReport = { written: [], breakers: [], pauses: [] }
const never = new AbortController().signal

/** A database that refuses these deliveries, and does not answer for the first `silences` calls. */
const rig = (refuses: readonly string[], silences = 0) => {
  const settled: string[] = []
  const calls = { count: 0, tries: new Map<string, number>(), waitedMs: 0 }
  const queue: SettleQueue = createSettleQueue({
    now: () => instant(Date.now()),
    timers: {
      after: (ms, fn) => {
        calls.waitedMs += ms
        return systemTimers.after(ms, fn)
      },
    },
    log: quietLog,
    isPassing: (error) => String(error).includes('silent'),
    onSettled: (turns) => void settled.push(...turns.map(({ claim }) => claim.deliveryId)),
    settle: async (turns) => {
      calls.count += 1
      for (const { claim } of turns)
        calls.tries.set(claim.deliveryId, (calls.tries.get(claim.deliveryId) ?? 0) + 1)
      if (calls.count <= silences) throw new Error('silent')
      if (turns.some(({ claim }) => refuses.includes(claim.deliveryId))) throw new Error('refused')
      return report
    },
  })
  return { queue, settled, calls }
}

describe('turns that are settled', () => {
  test('reach the store although one among them is refused, which is given up', async () => {
    const { queue, settled, calls } = rig(['7'])
    for (let n = 0; n < 20; n += 1) queue.add(turn(String(n)))
    await queue.drained(never)
    expect(settled.toSorted()).toEqual(
      Array.from({ length: 20 }, (_, n) => String(n))
        .filter((id) => id !== '7')
        .toSorted(),
    )
    expect(queue.unsettled()).toEqual([])
    expect(calls.count).toBeLessThan(40)
  })

  test('wait a moment only while a hundred others are refused', async () => {
    const bad = Array.from({ length: 100 }, (_, n) => String(2 * n))
    const { queue, settled, calls } = rig(bad)
    for (let n = 0; n < 200; n += 1) queue.add(turn(String(n)))
    await queue.drained(never)
    expect(settled.length).toBe(100)
    expect(Math.max(...calls.tries.values())).toBeLessThan(30)
    expect(calls.waitedMs).toBeLessThan(3_000)
  })

  test('are never given up because the store does not answer', async () => {
    const { queue, settled } = rig([], 4)
    queue.add(turn('only'))
    await queue.drained(never)
    expect(settled).toEqual(['only'])
  })
})

describe('batches', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** One turn every `everyMs` for a second; returns how many batches were written. */
  const batchesOf = async (everyMs: number): Promise<number> => {
    const { queue, settled, calls } = rig([])
    for (let atMs = 0; atMs < 1_000; atMs += everyMs) {
      queue.add(turn(String(atMs)))
      await vi.advanceTimersByTimeAsync(everyMs)
    }
    await vi.advanceTimersByTimeAsync(20)
    expect(settled).toHaveLength(Math.ceil(1_000 / everyMs))
    return calls.count
  }

  test('are a hundred a second at most, whatever comes', async () => {
    expect(await batchesOf(1)).toBeLessThanOrEqual(120)
    expect(await batchesOf(4)).toBeLessThanOrEqual(120)
  })

  test('wait for nobody where fewer come: each is written after a moment', async () => {
    expect(await batchesOf(12)).toBe(84)
    const { queue, settled } = rig([])
    queue.add(turn('first'))
    await vi.advanceTimersByTimeAsync(3)
    expect(settled).toEqual(['first'])
  })
})
