/**
 * Reads the two date notations of certified mail into an Instant: RFC 5322 headers and daticert.xml's
 * giorno/ora/zona. No `Date.parse`: it falls back to the machine's time zone when the text names none.
 */
import { instant, type Instant } from '@carillon/domain/clock'

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

/** Minutes east of UTC of `+0200`, `+02:00`, `Z`, `GMT`, `UT`, `UTC`; undefined for anything else. */
const offsetMinutes = (zone: string): number | undefined => {
  if (/^(?:z|gmt|utc?)$/iu.test(zone)) return 0
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/u.exec(zone) ?? []
  const total = Number(hours) * 60 + Number(minutes)
  if (!(total <= 14 * 60) || Number(minutes) > 59) return undefined
  return sign === '-' ? -total : total
}

/** [year, month 1-12, day] and [hour, minute, second] in `zone` as an Instant; undefined when there is no such moment. */
const moment = (
  [year, month, day]: readonly [number, number, number],
  [hour, minute, second]: readonly [number, number, number],
  zone: string,
): Instant | undefined => {
  const offset = offsetMinutes(zone)
  const local = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(local)
  const real =
    back.getUTCDate() === day && back.getUTCMonth() === month - 1 && hour < 24 && minute < 60
  return offset === undefined || !real || second > 60 ? undefined : instant(local - offset * 60_000)
}

/** The Instant of a `Date:` value or of what follows the last `;` of a `Received:` value; undefined when it isn't one (no zone, impossible day). */
export const mailDate = (value: string | undefined): Instant | undefined => {
  const m =
    /(\d{1,2})\s+([a-z]{3})[a-z]*\s+(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+([+-]\d{4}|[a-z]{1,3})/iu.exec(
      (value ?? '').slice(0, 200),
    )
  const month = months.indexOf((m?.[2] ?? '').toLowerCase()) + 1
  if (!m || month === 0) return undefined
  return moment(
    [Number(m[3]), month, Number(m[1])],
    [Number(m[4]), Number(m[5]), Number(m[6] ?? 0)],
    m[7] ?? '',
  )
}

/**
 * The Instant of daticert's `<giorno>dd/mm/yyyy</giorno><ora>hh:mm:ss</ora>` in `zona` ("+0200", also "+02:00"):
 * the zone alone tells the two 02:30s of an October night apart. Undefined when it isn't a moment.
 */
export const daticertDate = (
  giorno: string | undefined,
  ora: string | undefined,
  zona: string | undefined,
): Instant | undefined => {
  const day = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/u.exec(giorno ?? '')
  const time = /^(\d{1,2}):(\d{2}):(\d{2})(?:\.\d+)?$/u.exec(ora ?? '')
  if (!day || !time) return undefined
  return moment(
    [Number(day[3]), Number(day[2]), Number(day[1])],
    [Number(time[1]), Number(time[2]), Number(time[3])],
    zona ?? '',
  )
}
