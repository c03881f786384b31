import { instant } from '@carillon/domain/clock'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImapListed } from '../imap-port.ts'
import {
  batchBounds,
  enterFolder,
  hasNews,
  moveFolder,
  nextStep,
  readMailboxPlace,
  type FolderPlace,
  type ReadStep,
} from './sync-plan.ts'

const now = instant(Date.parse('2026-11-22T10:00:00Z'))
const place = (over: Partial<FolderPlace> = {}): FolderPlace => ({
  uidValidity: '7',
  lastUid: 10,
  generation: 0,
  from: null,
  ...over,
})

describe('entering a folder', () => {
  test('for the first time: all, what comes from now on, or from a day on', () => {
    const state = { uidValidity: '7', uidNext: 11 }
    const enter = (since: 'all' | 'new' | typeof now) =>
      enterFolder(undefined, state, { since, now })
    expect(enter('all')).toEqual(place({ lastUid: 0 }))
    expect(enter('new')).toEqual(place({ from: '2026-11-22T10:00:00.000Z' }))
    expect(enter(instant(0))).toEqual(place({ lastUid: 0, from: '1970-01-01T00:00:00.000Z' }))
  })

  test('again: where we were', () => {
    const given = { since: 'all', now } as const
    expect(enterFolder(place(), { uidValidity: '7', uidNext: 11 }, given)).toEqual(place())
    expect(enterFolder(place(), { uidValidity: '7', uidNext: 99 }, given)).toEqual(place())
  })

  test('with uids given anew, or gone back: from the first message, and no further back than before', () => {
    const from = '2026-11-01T00:00:00.000Z'
    const anew = place({ uidValidity: '8', lastUid: 0, generation: 1, from })
    const given = { since: 'all', now } as const
    expect(enterFolder(place({ from }), { uidValidity: '8', uidNext: 3 }, given)).toEqual(anew)
    expect(enterFolder(place({ from }), { uidValidity: '7', uidNext: 9 }, given)).toEqual({
      ...anew,
      uidValidity: '7',
    })
  })

  test('news is what changes uids or UIDVALIDITY', () => {
    expect(hasNews(undefined, { uidValidity: '7', uidNext: 1 })).toBe(true)
    expect(hasNews(place(), { uidValidity: '7', uidNext: 11 })).toBe(false)
    expect(hasNews(place(), { uidValidity: '7', uidNext: 12 })).toBe(true)
    expect(hasNews(place(), { uidValidity: '8', uidNext: 11 })).toBe(true)
  })
})

describe('the cursor', () => {
  test('is read as it was written', () => {
    const written = moveFolder({ folders: { INBOX: place() } }, 'Sent', place({ from: null }))
    expect(
      readMailboxPlace(JSON.parse(JSON.stringify(written)) as Record<string, unknown>),
    ).toEqual(written)
  })

  test('is begun anew where it can not be read, whatever it is', () => {
    expect(readMailboxPlace(null)).toEqual({ folders: {} })
    expect(readMailboxPlace({ folders: { INBOX: { uidValidity: 7 } } })).toEqual({ folders: {} })
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (json) => {
        expect(readMailboxPlace(json).folders).toBeTypeOf('object')
      }),
    )
  })
})

const listings = fc
  .uniqueArray(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 250 })
  .chain((uids) =>
    fc.tuple(
      ...uids
        .toSorted((a, b) => a - b)
        .map((uid) =>
          fc.record({
            uid: fc.constant(uid),
            size: fc.oneof(
              fc.integer({ min: 0, max: 20_000 }),
              fc.integer({ min: 200_000, max: 300_000 }),
              fc.integer({ min: 0, max: 90_000_000 }),
            ),
            receivedAt: fc.integer({ min: 0, max: 100 }).map((ms) => instant(ms)),
          }),
        ),
    ),
  )

/** Follows the steps until nothing is left, as the source does. */
const follow = (listed: readonly ImapListed[], from: string | null) => {
  const steps: ReadStep[] = []
  let last = 0
  for (;;) {
    const left = listed.filter(({ uid }) => uid > last)
    const step = nextStep(left, { from, maxMessageBytes: 40_000_000 })
    if (step === undefined) return steps
    expect(step.upTo).toBeGreaterThan(last)
    last = step.upTo
    steps.push(step)
  }
}

const fetched = (step: ReadStep): readonly number[] =>
  step.kind === 'small' ? step.uids : step.kind === 'single' ? [step.uid] : []

describe('what is read next', () => {
  test('is every message that is not too old, once and in order', () => {
    const froms = fc.option(fc.integer({ min: 0, max: 100 }), { nil: null })
    fc.assert(
      fc.property(listings, froms, (listed, days) => {
        const from = days === null ? null : new Date(days).toISOString()
        const wanted = listed.filter(({ receivedAt }) => days === null || (receivedAt ?? 0) >= days)
        expect(follow(listed, from).flatMap(fetched)).toEqual(wanted.map(({ uid }) => uid))
      }),
    )
  })

  test('is never more than fits: 100 small ones of 8 MB together, large ones alone, of huge ones the beginning', () => {
    fc.assert(
      fc.property(listings, (listed) => {
        const sizes = new Map(listed.map(({ uid, size }) => [uid, size]))
        for (const step of follow(listed, null)) {
          const bytes = fetched(step).map((uid) => sizes.get(uid) ?? 0)
          if (step.kind === 'small') {
            expect(step.uids.length).toBeLessThanOrEqual(batchBounds.count)
            expect(Math.max(...bytes)).toBeLessThanOrEqual(batchBounds.smallBytes)
            expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(
              batchBounds.totalBytes,
            )
          } else if (step.kind === 'single') {
            const isHuge = (bytes[0] ?? 0) > 40_000_000
            expect(step.maxBytes).toBe(isHuge ? 1_048_576 : 40_000_000)
          }
        }
      }),
    )
  })

  test('is nothing where nothing is listed', () => {
    expect(nextStep([], { from: null, maxMessageBytes: 1 })).toBeUndefined()
  })
})
