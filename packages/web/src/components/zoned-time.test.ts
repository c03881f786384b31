import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localTimeOf, momentOf } from './zoned-time.ts'

test.each([
  ['2026-11-22T10:00', 'Europe/Rome', '2026-11-22T09:00:00.000Z'],
  ['2027-07-01T00:30', 'Asia/Kolkata', '2027-06-30T19:00:00.000Z'],
  // Exists twice: the first. Does not exist: as if the clock had not been changed.
  ['2027-10-31T02:30', 'Europe/Rome', '2027-10-31T00:30:00.000Z'],
  ['2027-03-28T02:30', 'Europe/Rome', '2027-03-28T01:30:00.000Z'],
])('%s in %s is %s', (local, zone, moment) => {
  expect(momentOf(local, zone)).toBe(moment)
})

test('what is no time is none', () => {
  expect(momentOf('', 'Europe/Rome')).toBeUndefined()
  expect(momentOf('tomorrow', 'Europe/Rome')).toBeUndefined()
})

test('a moment that a clock shows is found again, or the first of two with the same face', () => {
  const minutes = fc.integer({ min: 29_000_000, max: 30_500_000 })
  const zones = fc.constantFrom('Europe/Rome', 'America/St_Johns', 'Pacific/Apia', 'UTC')
  fc.assert(
    fc.property(minutes, zones, (minute, zone) => {
      const at = new Date(minute * 60_000).toISOString()
      const local = localTimeOf(at, zone)
      const found = momentOf(local, zone) ?? ''
      expect(localTimeOf(found, zone)).toBe(local)
      expect(Date.parse(found)).toBeLessThanOrEqual(Date.parse(at))
    }),
  )
})
