import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant, toIso, type Instant } from './clock.ts'
import { forecastCampaign, type ForecastWish } from './forecast.ts'
import { isOpen, nextOpening } from './window.ts'

const hour = 3_600_000
const at = (iso: string): Instant => instant(Date.parse(iso))
const rome = 'Europe/Rome'

const wishOf = (given: Partial<ForecastWish>): ForecastWish => ({
  startsAt: at('2026-11-23T08:00:00Z'),
  endsAt: at('2026-11-24T08:00:00Z'),
  window: null,
  groups: [{ zone: rome, lane: 'sms', messages: 1_000 }],
  lanes: new Map(),
  pace: undefined,
  ...given,
})
const perHour = (n: number) => ({ n, perMs: hour })
const filled = (wish: ForecastWish) =>
  forecastCampaign(wish).bars.flatMap(({ from, messages }) =>
    messages === 0 ? [] : [`${toIso(from).slice(8, 16)} ${messages}`],
  )

describe('the forecast of a campaign', () => {
  test('without hours and limits is: all at the start', () => {
    const { startsAt } = wishOf({})
    const { bars, late, finishesAt } = forecastCampaign(wishOf({}))
    expect({ late, finishesAt, bars: bars.length }).toEqual({
      late: 0,
      finishesAt: startsAt,
      bars: 1,
    })
  })

  test('of a limited way is spread over the time that the limit takes', () => {
    const wish = wishOf({ lanes: new Map([['sms', perHour(250)]]) })
    const { finishesAt, bars, barMs } = forecastCampaign(wish)
    expect(finishesAt).toBe(wish.startsAt + 4 * hour)
    expect(bars.map(({ messages }) => messages)).toContain(Math.round((250 * barMs) / hour))
  })

  test('waits for the hours of each zone, and says how many the end comes too early for', () => {
    const wish = wishOf({
      startsAt: at('2026-11-23T18:00:00Z'),
      endsAt: at('2026-11-24T09:00:00Z'),
      window: { from: '09:00', to: '20:00' },
      lanes: new Map([['sms', perHour(100)]]),
    })
    const { begun, late, finishesAt } = forecastCampaign(wish)
    // An hour before Rome closes at 19:00 UTC, and one after it opens at 08:00 UTC.
    expect({ begun, late, finishesAt }).toEqual({ begun: 200, late: 800, finishesAt: undefined })
  })

  test('shows people of other zones when their morning comes', () => {
    const groups = ['Asia/Tokyo', rome, 'America/New_York'].map((zone) => ({
      zone,
      lane: 'email',
      messages: 10,
    }))
    const window = { from: '09:00', to: '10:00' }
    const startsAt = at('2026-11-22T23:00:00Z')
    expect(filled(wishOf({ groups, window, startsAt }))).toEqual([
      '23T00:00 10',
      '23T08:00 10',
      '23T14:00 10',
    ])
  })

  test('of a paced campaign: what has piled up before the hours goes when they open', () => {
    const wish = wishOf({
      startsAt: at('2026-11-23T06:00:00Z'),
      pace: perHour(100),
      window: { from: '09:00', to: '20:00' },
    })
    const { bars, barMs } = forecastCampaign(wish)
    const opening = bars.find(({ from }) => from === at('2026-11-23T08:00:00Z'))
    expect(opening?.messages).toBe(Math.round(200 + (100 * barMs) / hour))
  })

  test('of hours that never open is: nobody', () => {
    const window = { from: '09:00', to: '10:00', weekdays: [] }
    expect(forecastCampaign(wishOf({ window })).late).toBe(1_000)
  })

  test('looks a month ahead and no further', () => {
    const endsAt = at('2027-11-24T08:00:00Z')
    const wish = wishOf({ endsAt, lanes: new Map([['sms', perHour(1)]]) })
    const { begun, beyond, late, bars } = forecastCampaign(wish)
    expect({ begun, beyond, late }).toEqual({ begun: 31 * 24, beyond: 1_000 - 31 * 24, late: 0 })
    expect(bars.length).toBeLessThan(50)
  })
})

const pace = fc.record({
  n: fc.integer({ min: 1, max: 500 }),
  perMs: fc.constantFrom(1_000, 60_000, hour),
})
const clock = fc.integer({ min: 0, max: 23 }).map((n) => `${String(n).padStart(2, '0')}:00`)
const arbitrary: fc.Arbitrary<ForecastWish> = fc.record({
  startsAt: fc
    .integer({ min: 0, max: 48 * 60 })
    .map((n) => instant(1_774_500_000_000 + n * 60_000)),
  endsAt: fc.integer({ min: 1, max: 60 }).map((n) => instant(1_774_674_000_000 + n * hour)),
  window: fc.option(
    fc.record({
      from: clock,
      to: clock,
      weekdays: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), {
        nil: undefined,
      }),
    }),
  ),
  groups: fc.array(
    fc.record({
      zone: fc.constantFrom(rome, 'Asia/Kolkata', 'America/St_Johns', 'UTC', 'Pacific/Auckland'),
      lane: fc.constantFrom('email', 'sms', 'telegram'),
      messages: fc.integer({ min: 1, max: 20_000 }),
    }),
    { maxLength: 8 },
  ),
  lanes: fc
    .record({ email: fc.option(pace), sms: fc.option(pace) })
    .map(
      ({ email, sms }) =>
        new Map([
          ...(email ? [['email', email] as const] : []),
          ...(sms ? [['sms', sms] as const] : []),
        ]),
    ),
  pace: fc.option(pace, { nil: undefined }),
})

const totalOf = ({ groups }: ForecastWish): number =>
  groups.reduce((sum, { messages }) => sum + messages, 0)
const runs = { numRuns: 60 }

describe('whatever is asked, the forecast', () => {
  test('adds up to all messages', () => {
    fc.assert(
      fc.property(arbitrary, (wish) => {
        const { bars, begun, late, beyond, finishesAt } = forecastCampaign(wish)
        expect(bars.reduce((sum, { messages }) => sum + messages, 0)).toBe(begun)
        expect(begun + late + beyond).toBe(totalOf(wish))
        expect(finishesAt === undefined).toBe(late + beyond > 0)
        for (const { messages } of bars) expect(messages).toBeGreaterThanOrEqual(0)
      }),
      runs,
    )
  })

  test('has nobody at a time when all zones are closed', () => {
    fc.assert(
      fc.property(arbitrary, (wish) => {
        const { bars, barMs } = forecastCampaign(wish)
        expect(bars.length).toBeGreaterThan(0)
        const { window } = wish
        if (window === null) return
        for (const { from, messages } of bars) {
          const isClosed = wish.groups.every(
            ({ zone }) =>
              !isOpen(window, from, zone) &&
              (nextOpening(window, from, zone) ?? Infinity) >= from + barMs,
          )
          if (isClosed) expect(messages).toBe(0)
        }
      }),
      runs,
    )
  })

  test('never lets more begin in a bar than the limits of all ways let through', () => {
    fc.assert(
      fc.property(arbitrary, pace, (given, other) => {
        const lanes = new Map([
          ['email', other],
          ['sms', other],
          ['telegram', other],
        ])
        const { bars, barMs } = forecastCampaign({ ...given, lanes })
        const most = 3 * ((other.n * barMs) / other.perMs) + 1
        for (const { messages } of bars) expect(messages).toBeLessThanOrEqual(most)
      }),
      runs,
    )
  })

  test('of people in one zone reaches no fewer with a later end, without hours, or with a faster way', () => {
    fc.assert(
      fc.property(arbitrary, (given) => {
        // In several zones a faster way can spend its time on those who have more of it.
        const wish = { ...given, groups: given.groups.map((group) => ({ ...group, zone: rome })) }
        const { begun } = forecastCampaign(wish)
        const faster = new Map(
          [...wish.lanes].map(([lane, { n, perMs }]) => [lane, { n: 2 * n, perMs }]),
        )
        const better = [
          { ...wish, endsAt: instant(wish.endsAt + hour) },
          { ...wish, window: null },
          { ...wish, lanes: faster },
          { ...wish, pace: undefined },
        ]
        // Flows are rounded to whole messages: one may be lost to that.
        for (const each of better)
          expect(forecastCampaign(each).begun).toBeGreaterThanOrEqual(begun - 1)
      }),
      runs,
    )
  })

  test('is what counting minute by minute comes to', () => {
    fc.assert(
      fc.property(arbitrary, (wish) => {
        const { begun } = forecastCampaign(wish)
        const most = [...wish.lanes.values()].reduce((sum, { n, perMs }) => sum + n / perMs, 0)
        const due = wish.pace === undefined ? 0 : wish.pace.n / wish.pace.perMs
        // Of a minute at every end of hours the counting may see more or less than there is.
        const margin = 2 + (most + due) * 60_000 * 2 * 12
        expect(Math.abs(begun - countByMinutes(wish))).toBeLessThanOrEqual(margin)
      }),
      { numRuns: 25 },
    )
  })
})

/** The same by brute force: in each minute every lane sends what is due and open, up to its limit. */
const countByMinutes = (wish: ForecastWish): number => {
  const { startsAt, endsAt, window, lanes, pace: limit } = wish
  const total = totalOf(wish)
  const groups = wish.groups.map((group) => ({ ...group, sent: 0, isOpen: true }))
  for (let now: number = startsAt; now < endsAt; now += 60_000) {
    // No hours begin between half hours, in no zone of these.
    if (now % (hour / 2) === 0 || now === startsAt)
      for (const group of groups)
        group.isOpen = window === null || isOpen(window, instant(now), group.zone)
    const due = limit === undefined ? total : ((now - startsAt) * limit.n) / limit.perMs
    for (const [lane, open] of Map.groupBy(
      groups.filter((one) => one.isOpen),
      (one) => one.lane,
    )) {
      const own = lanes.get(lane)
      const room = own === undefined ? Infinity : (own.n * 60_000) / own.perMs
      const waits = open.map(({ messages, sent }) => Math.min(1, due / total) * messages - sent)
      const share = Math.min(1, room / waits.reduce((sum, n) => sum + n, 1e-9))
      for (const [index, group] of open.entries()) group.sent += share * (waits[index] ?? 0)
    }
  }
  return Math.round(groups.reduce((sum, { sent }) => sum + sent, 0))
}
