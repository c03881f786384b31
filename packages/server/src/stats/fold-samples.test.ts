/** Differences and sums of samples. */
import { instant } from '@carillon/domain/clock'
import { expect, test } from 'vitest'
import { stepsOf, sumBetween, sumSpans, type Sample } from './fold-samples.ts'

const sample = (given: Partial<Sample> & { readonly at: Sample['at'] }): Sample => ({
  integration_id: 'a',
  day: '2026-11-22',
  created: 0,
  attempts: 0,
  sent: 0,
  delivered: 0,
  bounced: 0,
  failed: 0,
  expired: 0,
  suppressed: 0,
  canceled: 0,
  skipped: 0,
  ...given,
})

test('a step is what came since the sample before; a new day and another integration begin at nothing', () => {
  const steps = stepsOf([
    sample({ at: instant(0), created: 5 }),
    sample({ at: instant(300), created: 7 }),
    sample({ at: instant(600), created: 3, day: '2026-11-23' }),
    sample({ at: instant(600), created: 4, integration_id: 'b', day: '2026-11-23' }),
  ])
  expect(steps.map(({ counts }) => counts.created)).toEqual([5, 2, 3, 4])
})

test('what receipts move from sent to delivered or bounced stays sent', () => {
  const steps = stepsOf([
    sample({ at: instant(0), sent: 10 }),
    sample({ at: instant(300), sent: 4, delivered: 7, bounced: 1 }),
  ])
  expect(steps.map(({ counts }) => [counts.sent, counts.delivered, counts.bounced])).toEqual([
    [10, 0, 0],
    [2, 7, 1],
  ])
})

test('spans and the whole sum to the same, and what lies outside is left out', () => {
  const steps = stepsOf([
    sample({ at: instant(50), failed: 1 }),
    sample({ at: instant(100), failed: 3 }),
    sample({ at: instant(299), failed: 10 }),
    sample({ at: instant(300), failed: 99 }),
  ])
  const spans = sumSpans(steps, { from: 100, stepMs: 100, count: 2 })
  expect(spans.map(({ failed }) => failed)).toEqual([2, 7])
  expect(sumBetween(steps, 100, 300).failed).toBe(9)
})
