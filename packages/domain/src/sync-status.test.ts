import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant } from './clock.ts'
import {
  decideSync,
  isFinalState,
  localStates,
  prevailing,
  stampOf,
  syncTransitions,
  type LocalState,
  type Observed,
  type Refusal,
  type SyncBefore,
} from './sync-status.ts'

const now = instant(1_790_000_000_000)
const fresh: SyncBefore = {
  localState: 'EN_ATTENTE',
  remoteState: null,
  stamps: {},
  refusal: undefined,
}
const seen = (localState: LocalState, more: Partial<Observed> = {}): Observed => ({
  remoteState: localState.toLowerCase(),
  localState,
  isStalled: undefined,
  times: {},
  ...more,
})
const refusal: Refusal = { reason: 'signature_refusal', participant: 'a@example.org', at: now }

const states = fc.constantFrom(...localStates)
const times = fc.integer({ min: 1, max: 2_000_000_000_000 }).map(instant)
const observations: fc.Arbitrary<Observed> = fc.record({
  remoteState: fc.constantFrom('draft', 'started', 'completed', 'nonsense'),
  localState: fc.option(states, { nil: undefined }),
  isStalled: fc.option(fc.boolean(), { nil: undefined }),
  times: fc.record(
    { sentAt: times, signedAt: times, refusedAt: times, expiredAt: times, canceledAt: times },
    { requiredKeys: [] },
  ),
})
const befores: fc.Arbitrary<SyncBefore> = fc.record({
  localState: states,
  remoteState: fc.option(fc.constant('started'), { nil: null }),
  stamps: fc.record({ sentAt: times, signedAt: times }, { requiredKeys: [] }),
  refusal: fc.option(fc.constant(refusal), { nil: undefined }),
})

test('a draft that is started, then completed, has its stamps and is done', () => {
  const started = decideSync(fresh, seen('EN_COURS'), { now, isForced: false })
  expect(started).toMatchObject({
    transition: { from: 'EN_ATTENTE', to: 'EN_COURS' },
    needsSync: true,
    after: { stamps: { sentAt: now } },
  })
  const later = instant(now + 1_000)
  const signed = decideSync(started.after, seen('SIGNE'), { now: later, isForced: false })
  expect(signed).toMatchObject({
    transition: { from: 'EN_COURS', to: 'SIGNE' },
    needsSync: false,
    after: { stamps: { sentAt: now, signedAt: later } },
  })
  expect(signed.changes.map(({ field }) => field)).toEqual([
    'remoteState',
    'localState',
    'signedAt',
  ])
})

test('a word that nobody knows changes no state and says so', () => {
  const decided = decideSync(fresh, seen('EN_COURS', { localState: undefined }), {
    now,
    isForced: true,
  })
  expect(decided).toMatchObject({
    transition: undefined,
    needsSync: true,
    note: 'the remote state "en_cours" is not known here',
  })
})

test.each([
  ['still open and held up', seen('EN_COURS', { isStalled: true }), 'REFUSE'],
  ['open, and the other side says nothing of it', seen('EN_COURS'), 'REFUSE'],
  ['open and no longer held up', seen('EN_COURS', { isStalled: false }), 'EN_COURS'],
  ['cancelled by its owner', seen('ANNULE'), 'REFUSE'],
  ['run out', seen('EXPIRE'), 'REFUSE'],
  ['completed after all', seen('SIGNE', { isStalled: true }), 'SIGNE'],
])('a refusal that we were told of, and an item that is %s', (_, observed, expected) => {
  const before: SyncBefore = { ...fresh, localState: 'EN_COURS', refusal }
  expect(decideSync(before, observed, { now, isForced: false }).after.localState).toBe(expected)
})

test('the table of moves: every state is reached, and final ones lead nowhere', () => {
  const reached = new Set<LocalState>(localStates.flatMap((state) => syncTransitions[state]))
  expect([...reached].sort()).toEqual([...localStates].sort())
  expect(localStates.filter(isFinalState)).toEqual(['ANNULE', 'EXPIRE', 'REFUSE', 'SIGNE'])
})

test('without force no final state is ever left', () => {
  fc.assert(
    fc.property(befores, observations, (before, observed) => {
      fc.pre(isFinalState(before.localState))
      const { after, needsSync } = decideSync(before, observed, { now, isForced: false })
      expect(after.localState).toBe(before.localState)
      expect(needsSync).toBe(false)
    }),
  )
})

test('with force a final state is left for one of higher priority only', () => {
  fc.assert(
    fc.property(befores, observations, (before, observed) => {
      fc.pre(isFinalState(before.localState))
      const { localState } = decideSync(before, observed, { now, isForced: true }).after
      expect(prevailing(before.localState, localState)).toBe(localState)
    }),
  )
})

test('stamps are set once, and the stamp of the state that was entered is there', () => {
  fc.assert(
    fc.property(befores, observations, fc.boolean(), (before, observed, isForced) => {
      const { after, transition } = decideSync(before, observed, { now, isForced })
      expect(after.stamps).toMatchObject(before.stamps)
      const entered = transition === undefined ? undefined : stampOf[transition.to]
      expect(entered === undefined || after.stamps[entered] !== undefined).toBe(true)
    }),
  )
})

test('looking twice at the same thing changes nothing the second time', () => {
  fc.assert(
    fc.property(befores, observations, fc.boolean(), (before, observed, isForced) => {
      const once = decideSync(before, observed, { now, isForced })
      const twice = decideSync(once.after, observed, { now: instant(now + 5), isForced })
      expect(twice.changes).toEqual([])
      expect(twice.transition).toBeUndefined()
    }),
  )
})

test('changes name exactly what differs', () => {
  fc.assert(
    fc.property(befores, observations, fc.boolean(), (before, observed, isForced) => {
      const { after, changes, transition } = decideSync(before, observed, { now, isForced })
      const named = changes.some(({ field }) => field === 'localState')
      expect(named).toBe(before.localState !== after.localState)
      expect(transition !== undefined).toBe(named)
      for (const change of changes) expect(change.before).not.toBe(change.after)
    }),
  )
})

/** Looks as hints of the other side set them off, ERREUR left out: it may follow what is open, and is followed by all. */
const looks = fc.array(
  states.filter((state) => state !== 'ERREUR'),
  { minLength: 1, maxLength: 6 },
)

test('the order of hints does not matter: the same looks end in the same state', () => {
  fc.assert(
    fc.property(looks, fc.infiniteStream(fc.nat()), (list, draws) => {
      const end = (order: readonly LocalState[]): LocalState =>
        order.reduce(
          (before, state) => decideSync(before, seen(state), { now, isForced: true }).after,
          fresh,
        ).localState
      const shuffled = list
        .map((state) => ({ state, at: draws.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ state }) => state)
      expect(end(shuffled)).toBe(end(list))
    }),
  )
})

test('a refusal that comes before or after the news of the end ends the same', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<LocalState>('EN_COURS', 'ANNULE', 'EXPIRE', 'SIGNE'),
      fc.option(fc.boolean(), { nil: undefined }),
      (remote, isStalled) => {
        const options = { now, isForced: true }
        const observed = seen(remote, { isStalled })
        const first = decideSync({ ...fresh, refusal }, observed, options).after
        const bare = decideSync(fresh, observed, options).after
        const second = decideSync({ ...bare, refusal }, observed, options).after
        expect(second.localState).toBe(first.localState)
      },
    ),
  )
})
