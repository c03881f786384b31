import { expect, test } from 'vitest'
import { instant, toIso } from '@carillon/domain/clock'
import { nextRun } from '@carillon/domain/schedule'
import { readCronPattern } from './cron-pattern.ts'

const next = (text: string, from: string, zone: string, count = 3): readonly string[] => {
  const read = readCronPattern(text)
  if (!read.ok) throw new Error(read.reason)
  const runs: string[] = []
  let at = instant(Date.parse(from))
  while (runs.length < count) {
    const run = nextRun(read.pattern, at, zone)
    if (run === undefined) break
    runs.push(toIso(run).slice(0, 16))
    at = run
  }
  return runs
}

test.each([
  ['30 5 * * *', 'UTC', ['2026-11-22T05:30', '2026-11-23T05:30', '2026-11-24T05:30']],
  ['30 5 * * 1-5', 'Europe/Rome', ['2026-11-23T04:30', '2026-11-24T04:30', '2026-11-25T04:30']],
  ['*/20 * * * *', 'UTC', ['2026-11-22T00:20', '2026-11-22T00:40', '2026-11-22T01:00']],
  ['0 9 1 * *', 'UTC', ['2026-12-01T09:00', '2027-01-01T09:00', '2027-02-01T09:00']],
  ['0 12 L * *', 'UTC', ['2026-11-30T12:00', '2026-12-31T12:00', '2027-01-31T12:00']],
  ['0 0 29 2 *', 'UTC', ['2028-02-29T00:00', '2032-02-29T00:00', '2036-02-29T00:00']],
  ['0 8 * * MON', 'UTC', ['2026-11-23T08:00', '2026-11-30T08:00', '2026-12-07T08:00']],
  ['@daily', 'Europe/Rome', ['2026-11-22T23:00', '2026-11-23T23:00', '2026-11-24T23:00']],
  ['@HOURLY', 'UTC', ['2026-11-22T01:00', '2026-11-22T02:00', '2026-11-22T03:00']],
  ['0 */6 * * *', 'UTC', ['2026-11-22T06:00', '2026-11-22T12:00', '2026-11-22T18:00']],
])('%s in %s', (text, zone, runs) => {
  expect(next(text, '2026-11-22T00:00:00Z', zone)).toEqual(runs)
})

test('around the changes of the clocks a daily time stays daily and an hourly one hourly', () => {
  expect(next('30 2 * * *', '2027-03-27T12:00:00Z', 'Europe/Rome', 2)).toEqual([
    '2027-03-28T01:00',
    '2027-03-29T00:30',
  ])
  expect(next('@hourly', '2026-10-24T23:30:00Z', 'Europe/Rome', 3)).toEqual([
    '2026-10-25T00:00',
    '2026-10-25T01:00',
    '2026-10-25T02:00',
  ])
})

test.each([
  ['', 'write minute'],
  ['* * * *', 'write minute'],
  ['0 0 * * * *', 'write minute'],
  ['61 * * * *', 'is no cron pattern'],
  ['* * * * FOO', 'is no cron pattern'],
  ['@sometimes', 'write minute'],
  ['0 0 30 2 *', 'never due'],
  [`0 0 * * ${'1,'.repeat(100)}1`, 'write minute'],
])('"%s" is refused with the remedy', (text, reason) => {
  expect(readCronPattern(text)).toMatchObject({
    ok: false,
    reason: expect.stringContaining(reason) as string,
  })
})
