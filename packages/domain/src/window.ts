/**
 * Opening hours in a time zone, and local times as points in time. The only place of the system that computes with
 * zones, in one engine: Postgres and Temporal put 02:30 of an overlap an hour apart. Not for durations (`duration.ts`).
 *
 * A local time that does not exist (gap) means the first instant after the gap; one that exists twice (overlap) means
 * the first occurrence, for openings and for closings alike. Both follow reliability.md rule 35.
 */
// The polyfill's own code, not `temporal-polyfill`, which would hand over to the runtime's Temporal where there is one.
import { Temporal } from 'temporal-polyfill/implementation'
import { Type } from 'typebox'
import { instant, type Instant } from './clock.ts'
import { nearestName } from './nearest-name.ts'

/** Hours of the day at which something may happen, in a zone that is given apart. */
export type DailyWindow = {
  /** "09:00", inclusive. */
  readonly from: string
  /** "20:00", exclusive; "24:00" is midnight. Not later than `from`: on the following day. Equal: a whole day. */
  readonly to: string
  /** 1 (Monday) .. 7 (Sunday) on which it opens; absent: every day. */
  readonly weekdays?: readonly number[] | undefined
  /** Local dates, "2026-12-25", on which it does not open. */
  readonly holidays?: readonly string[] | undefined
}

const localTime = '([01][0-9]|2[0-3]):[0-5][0-9]'

/** JSON Schema of a `DailyWindow`. */
export const DailyWindowSchema = Type.Object(
  {
    from: Type.String({ pattern: `^${localTime}$`, description: 'Opens at, such as 09:00.' }),
    to: Type.String({
      pattern: `^(${localTime}|24:00)$`,
      description: 'Closes at, such as 20:00; not later than `from`: on the next day.',
    }),
    weekdays: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
        minItems: 1,
        maxItems: 7,
        uniqueItems: true,
        description: 'Days on which it opens, 1 (Monday) to 7 (Sunday). Absent: every day.',
      }),
    ),
    holidays: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' }), {
        maxItems: 366,
        description: 'Local dates on which it does not open, such as 2026-12-25.',
      }),
    ),
  },
  { additionalProperties: false, title: 'DailyWindow' },
)

/** How far ahead openings and closings are looked for. */
const horizonDays = 800
const dayMs = 86_400_000

/**
 * The instant that a zone's clock shows a local date and time ("2027-03-28", "02:30"). In a gap: the end of the gap; in
 * an overlap: the first of the two. Throws on text that is no date, time or zone.
 */
export const zonedDailyTime = (date: string, time: string, zone: string): Instant =>
  resolve(Temporal.PlainDate.from(date), time, zone)

/**
 * The next instant after `after` (never `after` itself) that is `time` ("05:30") in the zone: once for each local date.
 * For daily jobs.
 */
export const nextDailyTime = (time: string, after: Instant, zone: string): Instant => {
  // From yesterday: a gap across midnight moves a time of yesterday to today.
  let date = localDate(after, zone).subtract({ days: 1 })
  let at = resolve(date, time, zone)
  while (at <= after) {
    date = date.add({ days: 1 })
    at = resolve(date, time, zone)
  }
  return at
}

/** What a zone's clock shows at an instant, as if it stood in UTC: ms since 1970 of the local date and time. */
export const wallClockMs = (at: Instant, zone: string): number => {
  const local = Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone)
  return local.toPlainDateTime().toZonedDateTime('UTC').epochMilliseconds
}

/**
 * The instants at which a zone's clock shows this local date and time (in ms, see `wallClockMs`): one, two in an
 * overlap, none in a gap; `gapEnd` is then the first instant after it.
 */
export const instantsOfWallClock = (
  localMs: number,
  zone: string,
): { readonly instants: readonly Instant[]; readonly gapEnd?: Instant } => {
  const local = Temporal.Instant.fromEpochMilliseconds(localMs)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime()
  const earlier = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (!earlier.toPlainDateTime().equals(local))
    return {
      instants: [],
      gapEnd: resolve(local.toPlainDate(), local.toPlainTime().toString(), zone),
    }
  const later = local.toZonedDateTime(zone, { disambiguation: 'later' })
  const both = [earlier.epochMilliseconds, later.epochMilliseconds]
  return { instants: [...new Set(both)].map((at) => instant(at)) }
}

/** Is the window open at `at`? A weekday or holiday counts for the local day on which the window opened. */
export const isOpen = (window: DailyWindow, at: Instant, zone: string): boolean =>
  openingAt(window, at, zone) !== undefined

/**
 * The first instant, not before `at`, at which the window is open: `at` itself when it is open now. Undefined when it
 * does not open within two years (no weekday, only holidays).
 */
export const nextOpening = (
  window: DailyWindow,
  at: Instant,
  zone: string,
): Instant | undefined => {
  for (const opening of openingsFrom(window, at, zone)) {
    if (opening.closes > at) return instant(Math.max(opening.opens, at))
  }
  return undefined
}

/**
 * The first instant after `at` at which the window, open at `at`, is closed again; openings that follow one another
 * without a break count as one. Undefined when it is closed at `at`, or stays open for two years.
 */
export const closesAt = (window: DailyWindow, at: Instant, zone: string): Instant | undefined => {
  const now = openingAt(window, at, zone)
  if (now === undefined || isAlwaysOpen(window)) return undefined
  let closes = now.closes
  for (const opening of openingsFrom(window, at, zone)) {
    if (opening.opens > closes) return closes
    closes = instant(Math.max(closes, opening.closes))
  }
  // No break was found: either it never opens again, or the horizon is where the looking ended and not a closing.
  return closes - at < (horizonDays - 4) * dayMs ? closes : undefined
}

/**
 * Checks the name of a time zone: IANA names only ("Europe/Rome", "UTC"), because an offset such as "+02:00" knows no
 * summer time. Returns it as IANA spells it, or a sentence with the remedy.
 */
export const parseZone = (
  text: string,
):
  | { readonly ok: true; readonly zone: string }
  | { readonly ok: false; readonly reason: string } => {
  const zone = /^[A-Za-z][A-Za-z0-9_+\-/]{1,63}$/.test(text) ? spelled(text) : undefined
  if (zone !== undefined) return { ok: true, zone }
  const nearest = nearestName(text, Intl.supportedValuesOf('timeZone'))
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`
  return { ok: false, reason: `is not a time zone: write an IANA name such as Europe/Rome.${hint}` }
}

const spelled = (name: string): string | undefined => {
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId
  } catch (error) {
    // Temporal says "unknown zone" with a RangeError; anything else is a bug of ours.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

type Opening = { readonly opens: Instant; readonly closes: Instant }

const openingAt = (window: DailyWindow, at: Instant, zone: string): Opening | undefined => {
  const today = localDate(at, zone)
  // Yesterday's may still be open; tomorrow's already is, when an overlap puts the clock back across midnight.
  for (const day of [0, -1, 1]) {
    const opening = openingOf(window, today.add({ days: day }), zone)
    if (opening !== undefined && opening.opens <= at && at < opening.closes) return opening
  }
  return undefined
}

/** The openings in order, from the day before that of `at` until the horizon. */
function* openingsFrom(window: DailyWindow, at: Instant, zone: string): Generator<Opening> {
  const first = localDate(at, zone).subtract({ days: 1 })
  for (let day = 0; day < horizonDays; day += 1) {
    const opening = openingOf(window, first.add({ days: day }), zone)
    if (opening !== undefined) yield opening
  }
}

/** The opening that begins on a local date; undefined when none does, or when a gap swallows it. */
const openingOf = (
  window: DailyWindow,
  date: Temporal.PlainDate,
  zone: string,
): Opening | undefined => {
  if (window.weekdays !== undefined && !window.weekdays.includes(date.dayOfWeek)) return undefined
  if (window.holidays?.includes(date.toString()) === true) return undefined
  const to = window.to === '24:00' ? '00:00' : window.to
  const opens = resolve(date, window.from, zone)
  const closes = resolve(to > window.from ? date : date.add({ days: 1 }), to, zone)
  return opens < closes ? { opens, closes } : undefined
}

const isAlwaysOpen = ({ from, to, weekdays = everyDay, holidays = [] }: DailyWindow): boolean =>
  from === (to === '24:00' ? '00:00' : to) &&
  holidays.length === 0 &&
  everyDay.every((day) => weekdays.includes(day))

const everyDay: readonly number[] = [1, 2, 3, 4, 5, 6, 7]

const localDate = (at: Instant, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(zone).toPlainDate()

const resolve = (date: Temporal.PlainDate, time: string, zone: string): Instant => {
  const local = date.toPlainDateTime(time)
  const zoned = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
  if (zoned.toPlainDateTime().equals(local)) return instant(zoned.epochMilliseconds)
  // In a gap Temporal moves a time by the gap's length, 02:30 to 01:30 or 03:30; the first time that exists is its end.
  const gapEnd = zoned.getTimeZoneTransition('next')
  if (gapEnd === null) throw new Error(`${local.toString()} in ${zone} is in a gap without an end`)
  return instant(gapEnd.epochMilliseconds)
}
