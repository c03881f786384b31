import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import {
  charge,
  laneCap,
  firstWindow,
  mayStart,
  nextWindow,
  reservedPlaces,
  shareOut,
  startVt,
  type LaneShare,
  type LaneTake,
} from './lanes.ts'

const lane = (key: string, rest: Partial<LaneShare> = {}): LaneShare => ({
  key,
  vt: 0,
  weight: 1,
  held: 0,
  maxHeld: 1_000_000,
  suspect: false,
  ...rest,
})
const takesOf = (takes: readonly LaneTake[]): Record<string, number> =>
  Object.fromEntries(takes.map(({ key, take }) => [key, take]))
const sum = (takes: readonly LaneTake[]): number => takes.reduce((n, { take }) => n + take, 0)

const capacities = fc.integer({ min: 1, max: 200 })
const lanesOf = fc
  .array(
    fc.record({
      vt: fc.double({ min: 0, max: 1_000, noNaN: true }),
      weight: fc.integer({ min: 1, max: 10 }),
      held: fc.integer({ min: 0, max: 20 }),
      maxHeld: fc.integer({ min: 0, max: 100 }),
    }),
    { maxLength: 20 },
  )
  .map((lanes) => lanes.map((rest, index) => lane(`lane ${index}`, rest)))

describe('one turn', () => {
  test('gives no more than there is room for, and nobody more than its limit and cap', () => {
    fc.assert(
      fc.property(
        lanesOf,
        capacities,
        fc.integer({ min: -5, max: 200 }),
        (lanes, capacity, room) => {
          const takes = shareOut(lanes, { room, capacity })
          expect(sum(takes)).toBeLessThanOrEqual(Math.max(0, room))
          expect(new Set(takes.map(({ key }) => key)).size).toBe(takes.length)
          for (const { key, take } of takes) {
            const one = lanes.find((each) => each.key === key)
            expect(take).toBeGreaterThan(0)
            expect(take + (one?.held ?? 0)).toBeLessThanOrEqual(
              Math.min(one?.maxHeld ?? 0, laneCap(capacity, lanes.length <= 1)),
            )
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('leaves nothing but the reserve while a lane wants more and is below its cap', () => {
    fc.assert(
      fc.property(
        lanesOf,
        capacities,
        fc.integer({ min: 0, max: 200 }),
        (lanes, capacity, room) => {
          const takes = takesOf(shareOut(lanes, { room, capacity }))
          const left = room - Object.values(takes).reduce((a, b) => a + b, 0)
          const cap = laneCap(capacity, lanes.length <= 1)
          const wanting = lanes.filter(
            ({ key, held, maxHeld }) => held + (takes[key] ?? 0) < Math.min(maxHeld, cap),
          )
          expect(wanting.length === 0 || left <= reservedPlaces(capacity)).toBe(true)
          // The reserve is for whoever holds nothing: while it lasts nobody is left with nothing.
          const empty = wanting.filter(({ key, held }) => held + (takes[key] ?? 0) === 0)
          expect(empty.length === 0 || left === 0).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('serves whoever has had least, weighed, first', () => {
    const lanes = [lane('c', { vt: 3 }), lane('a', { vt: 1 }), lane('b', { vt: 2 })]
    expect(shareOut(lanes, { room: 1, capacity: 64 })).toEqual([{ key: 'a', take: 1, vt: 1 }])
    const all = shareOut(lanes, { room: 64, capacity: 64 })
    expect(all.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
  })

  test('levels the virtual times: who is behind gets more', () => {
    const lanes = [lane('ahead', { vt: 10 }), lane('behind', { vt: 0 })]
    expect(takesOf(shareOut(lanes, { room: 38, capacity: 64 }))).toEqual({ behind: 20, ahead: 10 })
  })

  test('divides by weight', () => {
    const lanes = [lane('light'), lane('heavy', { weight: 3 })]
    expect(takesOf(shareOut(lanes, { room: 48, capacity: 64 }))).toEqual({ light: 10, heavy: 30 })
  })

  test('one lane alone may have all but the reserve; beside others three quarters', () => {
    expect(takesOf(shareOut([lane('a')], { room: 64, capacity: 64 }))).toEqual({ a: 56 })
    const others = [lane('a'), lane('b', { maxHeld: 0, held: 1 })]
    expect(takesOf(shareOut(others, { room: 63, capacity: 64 }))).toEqual({ a: 48 })
  })

  test('what one lane cannot use goes to the others in the same turn', () => {
    const lanes = [lane('small', { maxHeld: 2 }), lane('big')]
    expect(takesOf(shareOut(lanes, { room: 40, capacity: 64 }))).toEqual({ small: 2, big: 30 })
  })

  test('a late-comer gets a place at once though others hold all the rest', () => {
    const hogs = [lane('hog', { held: 48 }), lane('other hog', { held: 8 })]
    expect(shareOut(hogs, { room: 8, capacity: 64 })).toEqual([])
    // However much the late-comer has had before.
    const late = lane('late', { vt: 1_000_000 })
    expect(takesOf(shareOut([...hogs, late], { room: 8, capacity: 64 }))).toEqual({ late: 1 })
  })

  test('a lane has arrears of one window at most, and goes on from there', () => {
    const lanes = [lane('freed', { vt: 0 }), lane('ahead', { vt: 1_000 })]
    expect(shareOut(lanes, { room: 64, capacity: 64 })[0]).toMatchObject({
      key: 'freed',
      vt: 1_000 - 64,
    })
  })

  test('without lanes or room there is nothing', () => {
    expect(shareOut([], { room: 64, capacity: 64 })).toEqual([])
    expect(shareOut([lane('a')], { room: 0, capacity: 64 })).toEqual([])
    expect(shareOut([lane('a')], { room: -3, capacity: 64 })).toEqual([])
  })
})

test.each([
  [1, 0, 1],
  [2, 0, 2],
  [3, 0, 3],
  [4, 1, 3],
  [15, 1, 14],
  [16, 2, 14],
  [64, 8, 56],
])('a window of %i keeps %i places back and gives a lone lane %i', (capacity, reserved, alone) => {
  expect(reservedPlaces(capacity)).toBe(reserved)
  expect(laneCap(capacity, true)).toBe(alone)
  expect(laneCap(capacity, false)).toBe(Math.max(1, Math.floor(capacity * 0.75)))
})

describe('many turns', () => {
  type Sim = { readonly lane: LaneShare; backlog: number; held: number; vt: number; had: number }
  const simOf = (key: string, weight: number, backlog: number): Sim => ({
    lane: lane(key, { weight }),
    backlog,
    held: 0,
    vt: 0,
    had: 0,
  })
  /** One turn: some exchanges end, the rest of the window is shared out, what is given begins at once. */
  const turn = (sims: readonly Sim[], capacity: number, ends: (sim: Sim) => number): void => {
    for (const sim of sims) sim.held -= Math.min(sim.held, ends(sim))
    const room = capacity - sims.reduce((n, { held }) => n + held, 0)
    const shares = sims.map((sim) => ({
      ...sim.lane,
      vt: sim.vt,
      held: sim.held,
      maxHeld: sim.held + sim.backlog,
    }))
    for (const { key, take, vt } of shareOut(shares, { room, capacity })) {
      const sim = sims.find((one) => one.lane.key === key)
      if (sim === undefined) throw new Error(`no lane ${key}`)
      sim.vt = charge(vt, take, sim.lane.weight)
      sim.held += take
      sim.backlog -= take
      sim.had += take
    }
  }

  // No lane's part may be above the cap of three quarters: the others would get more than theirs.
  const weights = fc
    .array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 8 })
    .map((some) => [...some, Math.max(...some)])

  test('what lanes with a backlog have had converges to their weights, however unevenly places come free', () => {
    fc.assert(
      fc.property(
        weights,
        fc.infiniteStream(fc.double({ min: 0.1, max: 1, noNaN: true })),
        (each, draws) => {
          const sims = each.map((weight, index) => simOf(`${index}`, weight, Infinity))
          for (let n = 0; n < 200; n += 1)
            turn(sims, 64, ({ held }) => Math.ceil(held * (draws.next().value ?? 1)))
          const total = sims.reduce((sum, { had }) => sum + had, 0)
          const weighed = each.reduce((a, b) => a + b, 0)
          for (const { had, lane: one } of sims)
            expect(Math.abs(had / total - one.weight / weighed)).toBeLessThan(0.03)
        },
      ),
      { numRuns: 30 },
    )
  })

  const capacity = 32
  const kinds = fc.array(
    fc.record({ weight: fc.integer({ min: 1, max: 10 }), slow: fc.boolean() }),
    { minLength: 2, maxLength: 20 },
  )

  test('nobody starves: who waits with nothing sees the others take one window by their weights at most', () => {
    fc.assert(
      fc.property(kinds, fc.infiniteStream(fc.integer({ min: 0, max: 30 })), (each, demands) => {
        const sims = each.map(({ weight }, index) => simOf(`${index}`, weight, 0))
        const bound = each.reduce((sum, { weight }) => sum + capacity * weight + 1, 0)
        /** Rows that others were given since the lane last was, while it wanted and held nothing. */
        const passed = sims.map(() => 0)
        for (let n = 0; n < 200; n += 1) {
          for (const sim of sims) sim.backlog += demands.next().value ?? 0
          const before = sims.map(({ had }) => had)
          turn(sims, capacity, (sim) => (each[Number(sim.lane.key)]?.slow === true ? 1 : sim.held))
          const given = sims.map(({ had }, index) => had - (before[index] ?? 0))
          const all = given.reduce((a, b) => a + b, 0)
          for (const [index, sim] of sims.entries()) {
            const isWaiting = given[index] === 0 && sim.backlog > 0 && sim.held === 0
            passed[index] = isWaiting ? (passed[index] ?? 0) + all : 0
          }
          expect(Math.max(...passed)).toBeLessThanOrEqual(bound)
        }
        for (const { had } of sims) expect(had).toBeGreaterThan(0)
      }),
      { numRuns: 50 },
    )
  })

  test('a lane that hangs never holds more than its cap, and the others go on', () => {
    const hanging = simOf('hanging', 1, 100_000)
    const good = Array.from({ length: 4 }, (_, index) => simOf(`good ${index}`, 1, 100_000))
    for (let n = 0; n < 100; n += 1)
      turn([hanging, ...good], 64, (sim) => (sim === hanging ? 0 : sim.held))
    expect(hanging.had).toBeLessThanOrEqual(48)
    for (const { had } of good) expect(had).toBeGreaterThan(150)
  })

  test('a lane that was idle begins where the busy ones are, and has its part from then on', () => {
    const busy = simOf('busy', 1, Infinity)
    for (let n = 0; n < 100; n += 1) turn([busy], 64, ({ held }) => held)
    const late = simOf('late', 1, Infinity)
    late.vt = startVt(0, [busy.vt])
    const before = busy.had
    for (let n = 0; n < 100; n += 1) turn([busy, late], 64, ({ held }) => held)
    expect((busy.had - before) / late.had).toBeCloseTo(1, 1)
  })
})

test('twenty lanes that hang leave half of the places to a late-comer that answers', () => {
  const hanging = Array.from({ length: 20 }, (_, n) =>
    lane(`h${n}`, { suspect: true, maxHeld: 16 }),
  )
  const takes = shareOut(hanging, { room: 256, capacity: 256 })
  expect(sum(takes)).toBe(128)
  const held = hanging.map((one, n) => ({ ...one, held: takes[n]?.take ?? 0 }))
  const late = lane('late', { held: 1, maxHeld: 64 })
  const next = shareOut([...held, late], { room: 127, capacity: 256 })
  expect(takesOf(next)).toEqual({ late: 63 })
})

describe('beginning an exchange', () => {
  const one = { places: 64, alone: false, suspect: false, suspects: 0 }
  const may = (running: number, own: number, alone = false): boolean =>
    mayStart({ ...one, running, own, alone })

  test('a lane that runs nothing begins as long as there is a place at all', () => {
    expect(may(63, 0)).toBe(true)
    expect(may(64, 0)).toBe(false)
  })

  test('the others leave the reserve alone', () => {
    expect(may(55, 1)).toBe(true)
    expect(may(56, 1)).toBe(false)
  })

  test('beside lanes that fell silent with more than half, one that answers and holds little has half of the reserve', () => {
    const crowded = { ...one, suspects: 33 }
    expect(mayStart({ ...crowded, running: 59, own: 7 })).toBe(true)
    expect(mayStart({ ...crowded, running: 60, own: 7 })).toBe(false)
    expect(mayStart({ ...crowded, running: 56, own: 8 })).toBe(false)
    expect(mayStart({ ...crowded, running: 56, own: 7, suspect: true })).toBe(false)
  })

  test('lanes that have not shown that they answer have half of the places together, and one each in any case', () => {
    const suspect = { ...one, suspect: true, running: 40 }
    expect(mayStart({ ...suspect, suspects: 31, own: 3 })).toBe(true)
    expect(mayStart({ ...suspect, suspects: 32, own: 3 })).toBe(false)
    expect(mayStart({ ...suspect, suspects: 32, own: 3, alone: true })).toBe(true)
    expect(mayStart({ ...suspect, suspects: 32, own: 0 })).toBe(true)
  })

  test('beside others a lane has three quarters, alone all but the reserve', () => {
    expect(may(47, 47)).toBe(true)
    expect(may(48, 48)).toBe(false)
    expect(may(55, 55, true)).toBe(true)
    expect(may(56, 56, true)).toBe(false)
  })

  test('the smallest window still works', () => {
    expect(mayStart({ ...one, places: 1, running: 0, own: 0 })).toBe(true)
    expect(mayStart({ ...one, places: 1, running: 1, own: 1, alone: true })).toBe(false)
  })
})

test('virtual time grows by rows over weight, and an idle lane earns none', () => {
  expect(charge(10, 6, 3)).toBe(12)
  expect(startVt(5, [])).toBe(5)
  expect(startVt(5, [9, 7])).toBe(7)
  expect(startVt(8, [9, 7])).toBe(8)
})

describe("a lane's window", () => {
  const hung = { tookMs: 15_000, accepted: false }
  type End = Omit<Parameters<typeof nextWindow>[2], 'own'>
  /** Used to the full. */
  const after = (window: number, ...ends: readonly End[]): number =>
    ends.reduce((now, end) => nextWindow(now, 64, { ...end, own: now }).window, window)

  test('grows to its most with exchanges that are taken, however slow, or answered soon', () => {
    const slow = { tookMs: 14_000, accepted: true }
    const refused = { tookMs: 20, accepted: false }
    expect(after(firstWindow, slow, refused)).toBe(firstWindow + 2)
    expect(after(firstWindow, ...Array.from({ length: 100 }, () => slow))).toBe(64)
  })

  test('of a lane that hangs is one place before long, and comes back when it answers', () => {
    expect(after(64, ...Array.from({ length: 6 }, () => hung))).toBe(1)
    expect(after(1, hung)).toBe(1)
    expect(after(1, { tookMs: 10, accepted: true })).toBe(2)
  })

  test('stays as it is while less than half of it is used', () => {
    const quick = { tookMs: 10, accepted: true }
    expect(nextWindow(8, 64, { ...quick, own: 3 })).toEqual({ window: 8, isWorth: true })
    expect(nextWindow(8, 64, { ...quick, own: 4 })).toEqual({ window: 9, isWorth: true })
    expect(nextWindow(8, 64, { ...hung, own: 1 })).toEqual({ window: 4, isWorth: false })
  })
})
