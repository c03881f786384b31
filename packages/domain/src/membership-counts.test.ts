/** The counts of a run: what each state means, and that they always add up. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countMembership, type ChangeTally } from './membership-counts.ts'
import { membershipChanges } from './membership-diff.ts'

const given = { unchanged: 5, blocked: false, ended: true }

test('a change that was made counts by its kind; a name and a hold that was lifted are parts of others', () => {
  const tallies = membershipChanges.map((change, at) => ({ change, state: 'sent', n: at + 1 }))
  expect(countMembership(tallies, given)).toEqual({
    total: 20,
    subscribed: 5,
    unheld: 4,
    unsubscribed: 2,
    held: 3,
    unchanged: 10,
    renamed: 5,
    skipped: 0,
    error: 0,
    pending: 0,
  })
})

test('what failed is an error, what was canceled or held back is skipped, what is open is pending', () => {
  const tallies: readonly ChangeTally[] = [
    { change: 'subscribe', state: 'failed', n: 1 },
    { change: 'subscribe', state: 'expired', n: 2 },
    { change: 'unsubscribe', state: 'canceled', n: 4 },
    { change: 'unsubscribe', state: 'none', n: 8 },
    { change: 'skip', state: 'none', n: 16 },
    { change: 'hold', state: 'pending', n: 32 },
  ]
  const counts = countMembership(tallies, { unchanged: 0, blocked: true, ended: false })
  expect(counts).toMatchObject({ error: 3, skipped: 28, pending: 32, total: 63 })
})

test('they add up to the total', () => {
  const tally = fc.record({
    change: fc.constantFrom(...membershipChanges, 'skip' as const),
    state: fc.constantFrom(
      'none',
      'pending',
      'sending',
      'sent',
      'failed',
      'canceled',
      'suppressed',
    ),
    n: fc.nat(1_000),
  })
  const facts = fc.record({ unchanged: fc.nat(1_000), blocked: fc.boolean(), ended: fc.boolean() })
  fc.assert(
    fc.property(fc.array(tally), facts, (tallies, some) => {
      const { total, unheld, renamed, ...parts } = countMembership(tallies, some)
      expect(Object.values(parts).reduce((sum, n) => sum + n, 0)).toBe(total)
      expect(unheld).toBeLessThanOrEqual(parts.subscribed)
      expect(renamed).toBeLessThanOrEqual(parts.unchanged)
    }),
  )
})
