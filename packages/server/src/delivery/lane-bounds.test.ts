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

const boundsOf = (bounds: ReturnType<ReturnType<typeof createLaneBounds>['forScan']>) =>
  Object.fromEntries(bounds.map(({ integrationId, from }) => [integrationId, from - start]))

describe('the bounds of a lane scan', () => {
  it('are none at the first scan and every half minute: then the whole queue is seen', () => {
    const bounds = createLaneBounds()
    expect(bounds.forScan([lane('a')], at(0))).toEqual([])
    expect(bounds.forScan([lane('a')], at(29_999))).toHaveLength(1)
    expect(bounds.forScan([lane('a')], at(30_000))).toEqual([])
    expect(bounds.forScan([lane('a')], at(30_500))).toHaveLength(1)
  })

  it('leave what may still become visible to the scan: 15 s', () => {
    const bounds = createLaneBounds()
    bounds.forScan([], at(0))
    const lanes = [lane('old', at(-60_000)), lane('new', at(9_000))]
    expect(boundsOf(bounds.forScan(lanes, at(10_000)))).toEqual({ old: -60_000, new: -5_000 })
  })

  it('are kept for lanes that are gone, as they were', () => {
    const bounds = createLaneBounds()
    bounds.forScan([lane('gone', at(-1_000))], at(0))
    expect(boundsOf(bounds.forScan([], at(20_000)))).toEqual({ gone: -1_000 })
  })

  it('are forgotten an hour after the lane was served', () => {
    const bounds = createLaneBounds()
    bounds.forScan([lane('gone')], at(0))
    bounds.forScan([], at(3_600_000))
    expect(bounds.forScan([], at(3_600_500))).toEqual([])
  })

  it('keep the lanes served last when there are too many', () => {
    const bounds = createLaneBounds()
    bounds.forScan([lane('first')], at(0))
    bounds.forScan(
      Array.from({ length: 2_000 }, (_, n) => lane(`lane ${n}`)),
      at(1_000),
    )
    const known = boundsOf(bounds.forScan([], at(2_000)))
    expect(Object.keys(known)).toHaveLength(2_000)
    expect(known).not.toHaveProperty('first')
  })

  it('start anew when the clock was set back', () => {
    const bounds = createLaneBounds()
    bounds.forScan([lane('a')], at(10_000))
    expect(bounds.forScan([lane('a')], at(0))).toEqual([])
  })
})
