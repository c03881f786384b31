/**
 * RFC 3339 date-times inside other people's data, for comparing them. Not for local times and zones (`window.ts`), nor
 * for printing (`clock.ts`).
 */

const shape =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

// "2026-01-01T00:00:00Z" is the shortest; the longest sensible one has nine decimals and an offset.
const minLength = 20
const maxLength = 40

/**
 * Microseconds since 1970 of an RFC 3339 date-time (§5.6, which asks for an offset), or undefined when the text is not
 * one. Microseconds, because a double holds them exactly and databases print no finer. A leap second counts as the next.
 */
export const parseDateTime = (text: string): number | undefined => {
  // Most texts that are compared are no times: two character checks spare them the expression.
  if (text.length < minLength || text.length > maxLength || text.charAt(4) !== '-') return undefined
  const found = shape.exec(text)
  if (found === null) return undefined
  const part = (at: number): number => Number(found[at] ?? 0)
  const dayMs = dateMs(part(1), part(2), part(3))
  if (dayMs === undefined || part(4) > 23 || part(5) > 59 || part(6) > 60) return undefined
  if (part(9) > 23 || part(10) > 59) return undefined
  const offsetMinutes = (found[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10))
  const seconds = part(4) * 3600 + (part(5) - offsetMinutes) * 60 + part(6)
  const micros = Number((found[7] ?? '').slice(0, 6).padEnd(6, '0'))
  return (dayMs + seconds * 1000) * 1000 + micros
}

/** Midnight UTC of a calendar day in ms; undefined for a day that does not exist, such as 30 February. */
const dateMs = (year: number, month: number, day: number): number | undefined => {
  const date = new Date(0)
  // Not Date.UTC: it reads the years 0-99 as 1900-1999.
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined
}
