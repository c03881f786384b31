/** Local times of a zone, as `datetime-local` inputs have them, and the moments that they mean. By Intl; pure. */

const wallClock = (atMs: number, zone: string): string => {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(atMs)
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((part) => part.type === type)?.value ?? ''
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`
}

/** What the zone's clock shows at a moment (RFC 3339): `2026-11-22T10:00`. */
export const localTimeOf = (at: string, zone: string): string => wallClock(Date.parse(at), zone)

/**
 * The moment (RFC 3339) at which the zone's clock shows `local`; of two the first. In the gap of a change to summer time: the
 * moment as if the clock had not been changed. Undefined: this is no local time.
 */
export const momentOf = (local: string, zone: string): string | undefined => {
  const asUtc = Date.parse(`${local}Z`)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local) || Number.isNaN(asUtc)) return undefined
  const offsetAt = (atMs: number): number => Date.parse(`${wallClock(atMs, zone)}Z`) - atMs
  const dayMs = 86_400_000
  // A day before and after: on which side of a change of the clock it lies is not known yet.
  const tried = [asUtc - offsetAt(asUtc - dayMs), asUtc - offsetAt(asUtc + dayMs)]
  const exact = tried.filter((atMs) => wallClock(atMs, zone) === local.slice(0, 16))
  const atMs = exact.length > 0 ? Math.min(...exact) : tried[0]
  return atMs === undefined ? undefined : new Date(atMs).toISOString()
}
