/**
 * Campaigns of a seed: audiences in several zones, hours, ends, and what people do with them, on a night on which clocks are
 * moved. Drawn from a chance of their own, so that seeds without campaigns stay what they are. Values only.
 */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { wallClockMs, type DailyWindow } from '@carillon/domain/window'
import { createPrng, type Prng } from './prng.ts'
import type { SimPlan } from './scenario.ts'

export type SimCampaign = {
  readonly id: string
  readonly plan: SimPlan
  readonly startsAfterMs: number
  /** After its start; below 0: it had ended before it could begin. */
  readonly lastsMs: number
  readonly audience: readonly {
    readonly contact: string
    readonly addresses: readonly string[]
    readonly timeZone: string
  }[]
}

export type CampaignScenario = {
  readonly startAt: Instant
  readonly campaigns: readonly SimCampaign[]
  /** Processes that keep them going. */
  readonly runners: number
  /** Contacts a chunk, and rows a step of a walk. */
  readonly chunk: number
  /** How often somebody pauses, resumes, cancels, shortens or prolongs one, times a second. */
  readonly moves: number
}

/** Any time will do; this one has round numbers. */
const anyNight = instant(1_700_000_000_000)

/** Gaps and overlaps of an hour and of half an hour, by day and at midnight. */
type Night = readonly [string, string]
const nights: readonly [Night, ...Night[]] = [
  ['2027-03-28T01:00:00Z', 'Europe/Rome'],
  ['2026-10-25T01:00:00Z', 'Europe/Rome'],
  ['2026-11-01T06:00:00Z', 'America/New_York'],
  ['2026-10-03T15:30:00Z', 'Australia/Lord_Howe'],
  ['2027-04-03T15:00:00Z', 'Australia/Lord_Howe'],
  ['2026-09-06T04:00:00Z', 'America/Santiago'],
]

/** Two of seven seeds have campaigns. */
const hasCampaigns = (seed: number): boolean => [4, 5].includes(seed % 7)

/** Draws them. `plans`: those of the scenario. */
export const drawCampaigns = (seed: number, plans: readonly SimPlan[]): CampaignScenario => {
  const none = { startAt: anyNight, campaigns: [], runners: 0, chunk: 1, moves: 0 }
  if (!hasCampaigns(seed)) return none
  const prng = createPrng(seed + 0x5eed)
  const [night, zone] = prng.pick(nights)
  const startAt = addMs(instant(Date.parse(night)), -1_000 * prng.int(5, 70))
  const zones = [zone, zone, 'UTC', 'Asia/Kathmandu']
  return {
    startAt,
    campaigns: Array.from({ length: prng.int(1, 2) }, (_, index) =>
      drawCampaign(prng, `c${index + 1}`, { plans, zones, startAt }),
    ),
    runners: prng.pick([1, 2, 2]),
    chunk: prng.pick([1, 2, 5]),
    moves: prng.chance(0.7) ? prng.next() * 0.5 : 0,
  }
}

const drawCampaign = (
  prng: Prng,
  id: string,
  {
    plans,
    zones,
    startAt,
  }: {
    readonly plans: readonly SimPlan[]
    readonly zones: readonly string[]
    readonly startAt: Instant
  },
): SimCampaign => {
  const base = plans[prng.int(0, plans.length - 1)]
  if (base === undefined) throw new Error('a scenario has plans')
  const { orderingKey: _none, ...plan } = base
  const window = prng.chance(0.6) ? drawWindow(prng, startAt, zones[0] ?? 'UTC') : undefined
  return {
    id,
    plan: { ...plan, id: `${id}p`, priority: 1, ...(window === undefined ? {} : { window }) },
    startsAfterMs: prng.int(0, 5_000),
    lastsMs: prng.chance(0.1) ? -1 : prng.int(8, 110) * 1_000,
    audience: Array.from({ length: prng.int(1, 12) }, (_, at) => ({
      contact: `${id}k${at}`,
      addresses: plan.steps.map(() => (prng.chance(0.1) ? '' : `a${prng.int(1, 5)}`)),
      timeZone: zones[prng.int(0, zones.length - 1)] ?? 'UTC',
    })),
  }
}

/** Opens about now by the zone's clock, for some minutes; or at a time that the zone may not have, or have twice. */
const drawWindow = (prng: Prng, startAt: Instant, zone: string): DailyWindow => {
  const minute = 60_000
  const shift = prng.pick([0, 0, 0, 30, -30, 60, -60]) * minute
  const from = wallClockMs(addMs(startAt, prng.int(-60, 90) * 1_000), zone) + shift
  return { from: clockText(from), to: clockText(from + prng.pick([1, 1, 2, 60]) * minute) }
}

const clockText = (localMs: number): string => new Date(localMs).toISOString().slice(11, 16)
