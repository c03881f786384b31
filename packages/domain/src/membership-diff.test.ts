/** The difference of a source and a list: every case by name, and what must hold for all of them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  diffMemberships,
  guardRemovals,
  noAddress,
  sharedAddress,
  type GuardFacts,
  type ListEntry,
  type MembershipDiff,
  type MembershipPolicy,
  type SourceRecord,
} from './membership-diff.ts'

const unsubscribing: MembershipPolicy = { onInactive: 'unsubscribe', strangers: 'inactive' }
const holding: MembershipPolicy = { onInactive: 'hold', strangers: 'inactive' }

const member = (name: string, parts: Partial<SourceRecord> = {}): SourceRecord => ({
  key: name,
  email: `${name}@x.org`,
  name,
  wanted: true,
  ...parts,
})
const entry = (name: string, parts: Partial<ListEntry> = {}): ListEntry => ({
  email: `${name}@x.org`,
  name,
  held: false,
  ...parts,
})

describe('a member that is wanted', () => {
  test('is subscribed when the list does not have it', () => {
    expect(diffMemberships([member('anna')], [], unsubscribing)).toMatchObject({
      subscribe: ['anna@x.org'],
      total: 1,
    })
  })
  test('is renamed when only its name differs, and a source without a name takes none away', () => {
    const list = [entry('anna', { name: 'old' })]
    expect(diffMemberships([member('anna')], list, unsubscribing).rename).toEqual(['anna@x.org'])
    const nameless = [member('anna', { name: '' })]
    expect(diffMemberships(nameless, list, unsubscribing)).toMatchObject({
      rename: [],
      unchanged: 1,
    })
  })
  test('is let go by a sync that holds, and a hold of a person stays with one that unsubscribes', () => {
    const list = [entry('anna', { held: true })]
    expect(diffMemberships([member('anna')], list, holding).unhold).toEqual(['anna@x.org'])
    expect(diffMemberships([member('anna')], list, unsubscribing).unchanged).toBe(1)
  })
  test('is the same whatever the case of its letters', () => {
    const source = [member('anna', { email: 'Anna@X.org' })]
    expect(
      diffMemberships(source, [entry('anna', { email: 'aNNa@x.ORG' })], holding).unchanged,
    ).toBe(1)
  })
})

describe('a member that is not wanted', () => {
  const source = [member('anna', { wanted: false })]
  test('is left alone when it is not on the list: not a call for each', () => {
    expect(diffMemberships(source, [], unsubscribing).unchanged).toBe(1)
  })
  test('is unsubscribed or held, as the sync says, and not held twice', () => {
    expect(diffMemberships(source, [entry('anna')], unsubscribing).unsubscribe).toHaveLength(1)
    expect(diffMemberships(source, [entry('anna')], holding).hold).toHaveLength(1)
    expect(diffMemberships(source, [entry('anna', { held: true })], holding).unchanged).toBe(1)
  })
  test('stays when another record with its address is wanted, and one of the two counts as skipped', () => {
    const both = [...source, member('wife', { email: 'anna@x.org' })]
    const found = diffMemberships(both, [entry('anna', { name: 'wife' })], unsubscribing)
    expect(found).toMatchObject({ unchanged: 1, unsubscribe: [], total: 2 })
    expect(found.skipped).toEqual([{ reason: sharedAddress, key: 'anna', email: 'anna@x.org' }])
  })
})

test('a stranger on the list is as an inactive member, or kept', () => {
  const list = [entry('zoe')]
  expect(diffMemberships([], list, unsubscribing).unsubscribe).toEqual(['zoe@x.org'])
  expect(diffMemberships([], list, { ...unsubscribing, strangers: 'keep' }).unchanged).toBe(1)
})

test('who is skipped is neither put on the list nor taken off', () => {
  const source = [member('acme', { skip: 'a company' }), member('ghost', { email: null })]
  const found = diffMemberships(source, [entry('acme')], unsubscribing)
  expect(found).toMatchObject({ unsubscribe: [], subscribe: [], total: 2 })
  expect(found.skipped.map(({ reason }) => reason).toSorted()).toEqual(['a company', noAddress])
})

describe('the guards', () => {
  const facts: GuardFacts = {
    read: 100,
    total: 100,
    partial: false,
    onList: 100,
    heldOnList: 0,
    removals: 20,
    maxRemovalsPercent: 20,
  }
  test('let through what the sync allows, and nothing above it', () => {
    expect(guardRemovals(facts)).toBeUndefined()
    expect(guardRemovals({ ...facts, removals: 21 })).toContain(
      'guard maxRemovalsPercent: 21 of 100',
    )
  })
  test('count those who get mail, not those who are held already', () => {
    expect(guardRemovals({ ...facts, heldOnList: 50 })).toContain('20 of 50 (40.0 %)')
  })
  test('stop a source that is empty or was read in part, and do not mind one that does not count', () => {
    expect(guardRemovals({ ...facts, read: 0, total: 0 })).toContain('guard emptySource')
    expect(guardRemovals({ ...facts, read: 99 })).toContain('guard incompleteSource: 99 different')
    expect(guardRemovals({ ...facts, read: 99, total: null })).toBeUndefined()
    expect(guardRemovals({ ...facts, read: 1, partial: true })).toBeUndefined()
  })
  test('have nothing to say when nobody is removed', () => {
    expect(guardRemovals({ ...facts, read: 0, removals: 0 })).toBeUndefined()
  })
})

const names = ['a', 'B', 'b', 'c', 'D', 'e'] as const
const addresses = fc.constantFrom(...names.map((name) => `${name}@x.org`))
const sources = fc.array(
  fc.record({
    key: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
    email: fc.option(addresses),
    name: fc.constantFrom('', 'One', 'Two'),
    wanted: fc.boolean(),
    skip: fc.option(fc.constant('a company'), { freq: 4 }),
  }),
  { maxLength: 14 },
)
const lists = fc.uniqueArray(
  fc.record({ email: addresses, name: fc.constantFrom('', 'One', 'Two'), held: fc.boolean() }),
  { selector: ({ email }) => email.toLowerCase(), maxLength: 6 },
)
const policies = fc.record({
  onInactive: fc.constantFrom('unsubscribe' as const, 'hold' as const),
  strangers: fc.constantFrom('inactive' as const, 'keep' as const),
})

/** What the list is after the changes were made, as Mailman makes them. */
const apply = (
  list: readonly ListEntry[],
  source: readonly SourceRecord[],
  diff: MembershipDiff,
): readonly ListEntry[] => {
  const kept = new Map(list.map((one) => [one.email.toLowerCase(), one]))
  const nameOf = (email: string): string =>
    chosen(source, email)?.name || (kept.get(email)?.name ?? '')
  for (const email of diff.unsubscribe) kept.delete(email)
  for (const email of diff.subscribe) kept.set(email, { email, name: nameOf(email), held: false })
  for (const email of diff.hold)
    kept.set(email, { email, name: kept.get(email)?.name ?? '', held: true })
  for (const email of diff.unhold) kept.set(email, { email, name: nameOf(email), held: false })
  for (const email of diff.rename)
    kept.set(email, { email, name: nameOf(email), held: kept.get(email)?.held ?? false })
  return [...kept.values()]
}

/** The record that speaks for an address: the last of its key counts, the first wanted one with a name speaks. */
const chosen = (source: readonly SourceRecord[], email: string): SourceRecord | undefined => {
  const kept = [...new Map(source.map((record) => [record.key, record])).values()]
  const wishes = kept.filter(
    (one) => one.wanted && (one.skip ?? null) === null && one.email?.toLowerCase() === email,
  )
  return wishes.find(({ name }) => name !== '') ?? wishes[0]
}

test('every record and every stranger is counted exactly once', () => {
  fc.assert(
    fc.property(sources, lists, policies, (source, list, policy) => {
      const diff = diffMemberships(source, list, policy)
      const changed = [diff.subscribe, diff.unsubscribe, diff.hold, diff.unhold, diff.rename].flat()
      expect(changed.length + diff.unchanged + diff.skipped.length).toBe(diff.total)
      const known = new Set(source.flatMap(({ email }) => email?.toLowerCase() ?? []))
      // A key that comes twice may have brought another address the first time.
      const kept = new Map(source.map((record) => [record.key, record]))
      const addressed = new Set(
        [...kept.values()].flatMap(({ email }) => email?.toLowerCase() ?? []),
      )
      const strangers = list.filter(({ email }) => !addressed.has(email.toLowerCase()))
      expect(diff.total).toBe(kept.size + strangers.length)
      expect(known.size).toBeGreaterThanOrEqual(addressed.size)
      expect(new Set(changed).size, 'an address changes at most once').toBe(changed.length)
    }),
  )
})

test('once the changes are made there is nothing left to change', () => {
  fc.assert(
    fc.property(sources, lists, policies, (source, list, policy) => {
      const first = diffMemberships(source, list, policy)
      const second = diffMemberships(source, apply(list, source, first), policy)
      expect({ ...second, unchanged: 0, skipped: [], total: 0 }).toEqual({
        subscribe: [],
        unsubscribe: [],
        hold: [],
        unhold: [],
        rename: [],
        unchanged: 0,
        skipped: [],
        total: 0,
      })
    }),
  )
})

test('nobody who is skipped or kept loses a subscription', () => {
  fc.assert(
    fc.property(sources, lists, (source, list) => {
      const policy = { onInactive: 'unsubscribe', strangers: 'keep' } as const
      const diff = diffMemberships(source, list, policy)
      const kept = [...new Map(source.map((record) => [record.key, record])).values()]
      for (const email of diff.unsubscribe) {
        const own = kept.filter((one) => one.email?.toLowerCase() === email)
        expect(own.some((one) => !one.wanted && (one.skip ?? null) === null)).toBe(true)
        expect(chosen(source, email)).toBeUndefined()
      }
    }),
  )
})
