import { systemTimers } from '../platform/timers.ts'
import { quietLog } from '@carillon/testkit/quiet-log'
import { describe, expect, test } from 'vitest'
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
