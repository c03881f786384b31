/**
 * When the messages of a campaign would begin: out of how many there are by time zone and way, its hours, and the limits of
 * its ways. A picture for people, computed with flows instead of single messages; nothing is sent by it (`lanes.ts`), and tries
 * that fail are not in it.
 */
import { instant, type Instant } from './clock.ts'
import { closesAt, nextOpening, type DailyWindow } from './window.ts'

/** At most `n` messages per `perMs`. */
export type Pace = { readonly n: number; readonly perMs: number }

/** Messages that share a time zone and a lane. */
export type ForecastGroup = {
  readonly zone: string
  readonly lane: string
  readonly messages: number
}

export type ForecastWish = {
  readonly startsAt: Instant
  /** Nothing begins at or after it. */
  readonly endsAt: Instant
  readonly window: DailyWindow | null
  readonly groups: readonly ForecastGroup[]
  /** Lanes that have a limit. */
  readonly lanes: ReadonlyMap<string, Pace>
  /** The campaign's own: how fast messages become due, whatever the hours are. */
  readonly pace: Pace | undefined
}

export type Forecast = {
  readonly barMs: number
  /** From the start to the last message, or to the end when not all are reached; those without messages too. */
  readonly bars: readonly { readonly from: Instant; readonly messages: number }[]
  /** Messages that begin in time: the sum of the bars. */
  readonly begun: number
  /** Messages that the end comes too early for. */
  readonly late: number
  /** Messages that come after the time that is looked at; then the end is later than that. */
  readonly beyond: number
  /** When the last one begins; undefined: not all do. */
  readonly finishesAt: Instant | undefined
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
/** How far is looked ahead. */
const horizonMs = 31 * day
const mostBars = 48
const barLengths: readonly number[] = [
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
]
/** A part of a message that is none: what floating point leaves over. */
const crumb = 1e-3
/** Openings and closings in a month of all zones that there are, twice. */
const mostSteps = 60_000

/** A flow of messages over a time; `to` equal to `from`: all at once. */
type Flow = { readonly from: number; readonly to: number; readonly messages: number }

/** The forecast. Sums are exact: bars, `late` and `beyond` add up to all messages. */
export const forecastCampaign = (wish: ForecastWish): Forecast => {
  const total = wish.groups.reduce((sum, { messages }) => sum + messages, 0)
  const until = Math.min(wish.endsAt, wish.startsAt + horizonMs)
  const { flows, doneAt } = simulate(wish, until)
  const last = doneAt ?? until
  const barMs = barLengths.find((length) => (last - wish.startsAt) / length < mostBars) ?? day
  const first = Math.floor(wish.startsAt / barMs) * barMs
  // A bar that begins with the last message counts, one that begins with the end does not.
  const count =
    Math.floor((last - first) / barMs) + (doneAt === undefined && last % barMs === 0 ? 0 : 1)
  const bars = barsOf(flows, { first, barMs, count: Math.max(1, count) })
  const begun = bars.reduce((sum, { messages }) => sum + messages, 0)
  const rest = total - begun
  const isCut = until < wish.endsAt
  return {
    barMs,
    bars,
    begun,
    late: isCut ? 0 : rest,
    beyond: isCut ? rest : 0,
    finishesAt: rest === 0 ? instant(last) : undefined,
  }
}

const barsOf = (
  flows: readonly Flow[],
  {
    first,
    barMs,
    count,
  }: { readonly first: number; readonly barMs: number; readonly count: number },
): Forecast['bars'] => {
  const sums = Array.from({ length: count }, () => 0)
  for (const { from, to, messages } of flows) {
    const begins = Math.min(count - 1, Math.floor((from - first) / barMs))
    const ends = Math.min(count - 1, Math.floor((to - first) / barMs))
    for (let at = begins; at <= ends; at += 1) {
      const left = Math.max(from, first + at * barMs)
      const right = at === ends ? to : Math.min(to, first + (at + 1) * barMs)
      const part = to === from ? 1 : (right - left) / (to - from)
      sums[at] = (sums[at] ?? 0) + messages * part
    }
  }
  let [before, whole] = [0, 0]
  return sums.map((messages, at) => {
    before += messages
    // By running sums, so that roundings do not add up.
    const rounded = Math.round(before) - whole
    whole = Math.round(before)
    return { from: instant(first + at * barMs), messages: rounded }
  })
}

type Group = ForecastGroup & { sent: number }

type Zone = { isOpen: boolean; until: number }

type State = {
  readonly wish: ForecastWish
  readonly groups: readonly Group[]
  readonly total: number
  readonly zones: Map<string, Zone>
  readonly flows: Flow[]
  now: number
}

const simulate = (
  wish: ForecastWish,
  until: number,
): { readonly flows: readonly Flow[]; readonly doneAt: number | undefined } => {
  const groups = wish.groups.map((group) => ({ ...group, sent: 0 }))
  const total = groups.reduce((sum, { messages }) => sum + messages, 0)
  const state: State = { wish, groups, total, zones: new Map(), flows: [], now: wish.startsAt }
  for (let step = 0; step < mostSteps && state.now < until; step += 1) {
    if (isDone(state)) break
    advance(state, until)
  }
  return { flows: state.flows, doneAt: isDone(state) ? state.now : undefined }
}

const isDone = ({ groups }: State): boolean =>
  groups.every(({ sent, messages }) => messages - sent < crumb)

/** Messages per ms that become due, of all. */
const dueRate = ({ wish: { pace }, total }: State, now: number, startsAt: number): number =>
  pace === undefined || (now - startsAt) * (pace.n / pace.perMs) >= total - crumb
    ? 0
    : pace.n / pace.perMs

const dueEnd = ({ wish: { pace, startsAt }, total }: State): number =>
  pace === undefined ? startsAt : startsAt + (total * pace.perMs) / pace.n

/** Which part of each group is due. */
const duePart = (state: State): number => {
  const { wish, total, now } = state
  if (wish.pace === undefined || total === 0 || now >= dueEnd(state)) return 1
  return Math.min(1, ((now - wish.startsAt) * wish.pace.n) / wish.pace.perMs / total)
}

const zoneAt = ({ wish: { window }, zones, now }: State, name: string): Zone => {
  const known = zones.get(name)
  if (known !== undefined && now < known.until) return known
  const found = window === null ? { isOpen: true, until: Infinity } : lookAt(window, now, name)
  zones.set(name, found)
  return found
}

const lookAt = (window: DailyWindow, now: number, name: string): Zone => {
  const opens = nextOpening(window, instant(now), name) ?? Infinity
  if (opens > now) return { isOpen: false, until: opens }
  return { isOpen: true, until: closesAt(window, instant(now), name) ?? Infinity }
}

/** What a lane has at a moment: its groups whose zone is open. */
type Lane = {
  readonly groups: readonly Group[]
  readonly backlog: number
  readonly inflow: number
  /** Messages per ms; infinite without a limit. */
  readonly capacity: number
}

const lanesAt = (state: State, part: number, rate: number): readonly Lane[] => {
  const open = state.groups.filter(
    ({ zone, sent, messages }) => messages - sent >= crumb && zoneAt(state, zone).isOpen,
  )
  return [...Map.groupBy(open, ({ lane }) => lane)].map(([lane, groups]) => {
    const pace = state.wish.lanes.get(lane)
    const backlog = groups.reduce((sum, { messages, sent }) => sum + messages * part - sent, 0)
    const inflow = groups.reduce((sum, { messages }) => sum + (messages / state.total) * rate, 0)
    const capacity = pace === undefined ? Infinity : pace.n / pace.perMs
    return { groups, backlog: backlog < crumb ? 0 : backlog, inflow, capacity }
  })
}

/** How long until the backlog of a lane is worked off; infinite: it has none, or does not get there. */
const timeToClear = ({ backlog, inflow, capacity }: Lane): number => {
  if (backlog === 0 || capacity <= inflow) return Infinity
  return capacity === Infinity ? 0 : backlog / (capacity - inflow)
}

/** Goes to the next moment at which something changes: a zone opens or closes, a backlog is gone, all is due. */
const advance = (state: State, until: number): void => {
  const { now, wish, groups } = state
  const rate = dueRate(state, now, wish.startsAt)
  const lanes = lanesAt(state, duePart(state), rate)
  const changes = groups.flatMap(({ zone, messages, sent }) =>
    messages - sent < crumb ? [] : [zoneAt(state, zone).until],
  )
  const allDue = dueEnd(state)
  const clears = lanes.map((lane) => now + timeToClear(lane))
  const next = Math.min(until, ...changes, ...clears, allDue > now ? allDue : Infinity)
  state.now = next
  const part = duePart(state)
  for (const [at, lane] of lanes.entries())
    send(state, lane, { from: now, to: next, part, isCleared: (clears[at] ?? 0) <= next })
}

const send = (
  state: State,
  { groups, backlog, inflow, capacity }: Lane,
  span: {
    readonly from: number
    readonly to: number
    readonly part: number
    readonly isCleared: boolean
  },
): void => {
  const { from, to, part, isCleared } = span
  const waiting = groups.reduce((sum, { messages, sent }) => sum + messages * part - sent, 0)
  if (waiting <= 0) return
  const outflow = backlog > 0 ? capacity : Math.min(capacity, inflow)
  const all = isCleared || (backlog === 0 && inflow <= capacity)
  const messages = all ? waiting : Math.min(waiting, outflow * (to - from))
  const share = messages / waiting
  for (const group of groups) group.sent += (group.messages * part - group.sent) * share
  state.flows.push({ from, to, messages })
}
