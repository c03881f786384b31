/** Dates, durations and numbers as people read them, by Intl in the page's language. Pure; zones come as arguments. */

const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
]

/** "2 min ago", "in 3 hours": how far `at` lies from `nowMs`. */
export const relativeTime = (at: string, nowMs: number, language: string): string => {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  let amount = (Date.parse(at) - nowMs) / 1_000
  for (const [unit, size] of steps) {
    if (Math.abs(amount) < size) return format.format(Math.round(amount), unit)
    amount /= size
  }
  return at
}

/** "12 Nov 2026, 10:02:11" in the zone. */
export const dateTime = (at: string, zone: string, language: string): string =>
  new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    timeZone: zone,
  }).format(new Date(at))

/** "12,400". */
export const wholeNumber = (value: number, language: string): string =>
  new Intl.NumberFormat(language, { maximumFractionDigits: 0 }).format(value)

/** 0.987 -> "98.7%". */
export const percent = (share: number, language: string): string =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share)

/** "132 ms", "1.2 s", "5 min". */
export const shortDuration = (ms: number, language: string): string => {
  const [value, unit] =
    ms < 1_000
      ? [ms, 'millisecond']
      : ms < 60_000
        ? [ms / 1_000, 'second']
        : ms < 3_600_000
          ? [ms / 60_000, 'minute']
          : [ms / 3_600_000, 'hour']
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && unit !== 'millisecond' ? 1 : 0,
  }).format(value)
}
