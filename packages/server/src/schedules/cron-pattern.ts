/**
 * Cron patterns: text becomes a function from one local time to the next. Croner reads and walks them, in UTC, where no
 * clock is ever moved; what a zone makes of a local time is decided in `domain/schedule.ts`, for all zones alike.
 */
import { Cron } from 'croner'
import type { LocalPattern } from '@carillon/domain/schedule'

const longestPattern = 100
const shape = /^@(?:yearly|annually|monthly|weekly|daily|hourly)$|^\S+(?:\s+\S+){4}$/

export type ReadPattern =
  | { readonly ok: true; readonly pattern: LocalPattern }
  | { readonly ok: false; readonly reason: string }

const remedy =
  'write minute, hour, day of month, month, day of week, such as "30 5 * * 1-5", or @daily.'

/** Reads a pattern of five parts (minutes are the finest) or @yearly … @hourly. */
export const readCronPattern = (text: string): ReadPattern => {
  const trimmed = text.trim().toLowerCase()
  if (trimmed.length > longestPattern || !shape.test(trimmed))
    return { ok: false, reason: `is no cron pattern: ${remedy}` }
  try {
    const cron = new Cron(trimmed, { timezone: 'UTC', paused: true, mode: '5-part' })
    const pattern: LocalPattern = {
      nextLocal: (afterLocalMs) => cron.nextRun(new Date(afterLocalMs))?.getTime(),
      isInterval: trimmed === '@hourly' || (trimmed.split(/\s+/)[1] ?? '').includes('*'),
    }
    return pattern.nextLocal(0) === undefined
      ? { ok: false, reason: 'is never due: there is no such day.' }
      : { ok: true, pattern }
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : ''
    return { ok: false, reason: `is no cron pattern (${why}): ${remedy}` }
  }
}

/** The pattern of a stored schedule: it was checked when it was saved. Throws when it can't be read. */
export const storedPattern = (text: string): LocalPattern => {
  const read = readCronPattern(text)
  if (!read.ok) throw new Error(`a stored pattern ${read.reason}`)
  return read.pattern
}
