/** Tests of what a lane scan may leave out. */
import { addMs, instant } from '@carillon/domain/clock'
import { describe, expect, it } from 'vitest'
import { createLaneBounds } from './lane-bounds.ts'
import type { Lane } from './lane-book.ts'

const start = instant(1_800_000_000_000)
const at = (ms: number) => addMs(start, ms)

const lane = (key: string, from = start): Pick<Lane, 'key' | 'from' | 'view'> => ({
  key,
  from,
  view: {
    tenantId: 't',
    integrationId: key,
    priority: 0,
    dueAt: from,
    breaker: { state: 'closed', failures: 0 },
    pausedUntil: undefined,
    version: 1,
    limits: {},
    connector: 'webhook',
  },
})

/** After a whole scan that took so long. */
const slowBounds = (tookMs: number, lanes = [lane('a')]) => {
  const bounds = createLaneBounds()
  expect(bounds.forScan(lanes, at(0))).toEqual([])
  bounds.noteEnd(at(tookMs))
  return bounds
}

const boundsOf = (bounds: ReturnType<ReturnType<typeof createLaneBounds>['forScan']>) =>
  Object.fromEntries(bounds.map(({ integrationId, from }) => [integrationId, from - start]))

describe('the bounds of a lane scan', () => {
  it('are none while scans are quick: the whole queue is seen', () => {
    const bounds = createLaneBounds()
    for (const ms of [0, 500, 1_000]) {
      expect(bounds.forScan([lane('a')], at(ms))).toEqual([])
      bounds.noteEnd(at(ms + 20))
    }
  })

  it('are none again after 20 times what such a scan took', () => {
    const bounds = slowBounds(1_000)
    expect(bounds.forScan([lane('a')], at(19_999))).toHaveLength(1)
    bounds.noteEnd(at(19_999))
    expect(bounds.forScan([lane('a')], at(20_000))).toEqual([])
    bounds.noteEnd(at(20_100))
    expect(bounds.forScan([lane('a')], at(21_999))).toHaveLength(1)
    expect(bounds.forScan([lane('a')], at(22_000))).toEqual([])
  })

  it('are none every half minute, however slow the scans are', () => {
    const bounds = slowBounds(8_000)
    expect(bounds.forScan([lane('a')], at(29_999))).toHaveLength(1)
    expect(bounds.forScan([lane('a')], at(30_000))).toEqual([])
  })

  it('leave what may still become visible to the scan: 15 s', () => {
    const bounds = slowBounds(9_000, [])
    const lanes = [lane('old', at(-60_000)), lane('new', at(9_000))]
    expect(boundsOf(bounds.forScan(lanes, at(10_000)))).toEqual({ old: -60_000, new: -5_000 })
  })

  it('are kept for lanes that are gone, as they were', () => {
    const bounds = slowBounds(9_000, [lane('gone', at(-1_000))])
    expect(boundsOf(bounds.forScan([], at(20_000)))).toEqual({ gone: -1_000 })
  })

  it('are forgotten an hour after the lane was served', () => {
    const bounds = slowBounds(9_000, [lane('gone')])
    bounds.forScan([], at(3_600_000))
    bounds.noteEnd(at(3_600_100))
    expect(bounds.forScan([], at(3_600_500))).toEqual([])
  })

  it('keep the lanes served last when there are too many', () => {
    const bounds = slowBounds(9_000, [lane('first')])
    bounds.forScan(
      Array.from({ length: 2_000 }, (_, n) => lane(`lane ${n}`)),
      at(1_000),
    )
    const known = boundsOf(bounds.forScan([], at(2_000)))
    expect(Object.keys(known)).toHaveLength(2_000)
    expect(known).not.toHaveProperty('first')
  })

  it('start anew when the clock was set back', () => {
    const bounds = slowBounds(9_000)
    expect(bounds.forScan([lane('a')], at(-1))).toEqual([])
  })
})
