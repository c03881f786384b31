/**
 * The states of a tracked item (an e-signature transaction that we mirror), the ways between them, and what one look at the
 * other side comes to. Data and one pure function. Not for the other side's words: a connector's `statuses` maps those.
 */
import { toIso, type Instant } from './clock.ts'

/** Every state, in the order of their priority: of two that contradict each other the later one wins. */
export const localStates = [
  'ERREUR',
  'EN_ATTENTE',
  'EN_COURS',
  'ANNULE',
  'EXPIRE',
  'REFUSE',
  'SIGNE',
] as const

export type LocalState = (typeof localStates)[number]

/** What may follow a state by itself. What is not listed is a conflict, and `prevailing` decides it. */
export const syncTransitions = {
  ERREUR: ['EN_ATTENTE', 'EN_COURS', 'ANNULE', 'EXPIRE', 'REFUSE', 'SIGNE'],
  EN_ATTENTE: ['EN_COURS', 'ANNULE', 'EXPIRE', 'REFUSE', 'SIGNE', 'ERREUR'],
  EN_COURS: ['ANNULE', 'EXPIRE', 'REFUSE', 'SIGNE', 'ERREUR'],
  ANNULE: [],
  EXPIRE: [],
  REFUSE: [],
  SIGNE: [],
} as const satisfies Record<LocalState, readonly LocalState[]>

/** Nothing follows these unless a look is forced: by a person, or by a hint of the other side. */
export const isFinalState = (state: LocalState): boolean => syncTransitions[state].length === 0

/** The stamp that a state sets, once: the first time wins. */
export const stampOf = {
  ERREUR: undefined,
  EN_ATTENTE: undefined,
  EN_COURS: 'sentAt',
  ANNULE: 'canceledAt',
  EXPIRE: 'expiredAt',
  REFUSE: 'refusedAt',
  SIGNE: 'signedAt',
} as const satisfies Record<LocalState, string | undefined>

export type Stamp = Exclude<(typeof stampOf)[LocalState], undefined>
export type Stamps = Readonly<Partial<Record<Stamp, Instant>>>

export const stamps = [
  'sentAt',
  'signedAt',
  'refusedAt',
  'expiredAt',
  'canceledAt',
] as const satisfies readonly Stamp[]

/** Somebody refused. Known from a hint, because the remote item itself does not say so. */
export type Refusal = {
  readonly reason: string
  readonly participant?: string
  readonly at: Instant
}

/** An item as we have it. */
export type SyncBefore = {
  readonly localState: LocalState
  /** Null: it was never seen. */
  readonly remoteState: string | null
  readonly stamps: Stamps
  readonly refusal: Refusal | undefined
}

/** An item as the other side shows it. */
export type Observed = {
  readonly remoteState: string
  /** What that means; undefined: nobody knows the word. */
  readonly localState: LocalState | undefined
  /** The other side says whether somebody holds it up; undefined: it does not say. */
  readonly isStalled: boolean | undefined
  /** When it entered its states, as far as the other side says. */
  readonly times: Stamps
}

export type FieldChange = {
  readonly field: string
  readonly before: string | null
  readonly after: string | null
}

export type SyncDecision = {
  readonly after: SyncBefore
  readonly changes: readonly FieldChange[]
  /** The state changed: an event follows. */
  readonly transition: { readonly from: LocalState; readonly to: LocalState } | undefined
  /** Why the state is not what the other side says. */
  readonly note: string | undefined
  /** It has to be looked at again by itself. */
  readonly needsSync: boolean
}

/**
 * What a look at the other side comes to. `isForced`: final states are judged again too. Total, and the same whatever the
 * order of looks: stamps are set once, and what contradicts is decided by priority.
 */
export const decideSync = (
  before: SyncBefore,
  observed: Observed,
  { now, isForced }: { readonly now: Instant; readonly isForced: boolean },
): SyncDecision => {
  const wanted = meaningOf(observed, before.refusal)
  const { state, note } = nextState(before.localState, wanted, { observed, isForced })
  const after: SyncBefore = {
    localState: state,
    remoteState: observed.remoteState,
    stamps: stampsAfter(before, state, observed, now),
    refusal: before.refusal,
  }
  return {
    after,
    changes: changesOf(before, after),
    transition: before.localState === state ? undefined : { from: before.localState, to: state },
    note,
    needsSync: !isFinalState(state),
  }
}

/**
 * A refusal that we were told of explains why an item is held up, was cancelled or ran out. It does not explain one that
 * was completed after all, nor one that says it is not held up (any more).
 */
const meaningOf = (
  { localState, isStalled }: Observed,
  refusal: Refusal | undefined,
): LocalState | undefined => {
  if (refusal === undefined || localState === undefined || localState === 'SIGNE') return localState
  const isOpen = !isFinalState(localState)
  return isOpen && isStalled === false ? localState : 'REFUSE'
}

const nextState = (
  current: LocalState,
  wanted: LocalState | undefined,
  { observed, isForced }: { readonly observed: Observed; readonly isForced: boolean },
): { readonly state: LocalState; readonly note: string | undefined } => {
  if (wanted === undefined) {
    const word = observed.remoteState.slice(0, 60)
    return { state: current, note: `the remote state "${word}" is not known here` }
  }
  if (wanted === current || mayFollow(current, wanted)) return { state: wanted, note: undefined }
  if (isFinalState(current) && !isForced) {
    return { state: current, note: `${current} is final; ${wanted} needs force` }
  }
  const state = prevailing(current, wanted)
  const note =
    state === current ? `${wanted} does not follow ${current}, which has priority` : undefined
  return { state, note }
}

const mayFollow = (from: LocalState, to: LocalState): boolean => {
  const next: readonly LocalState[] = syncTransitions[from]
  return next.includes(to)
}

/** Of two states that contradict each other the one that counts. */
export const prevailing = (one: LocalState, other: LocalState): LocalState =>
  localStates.indexOf(one) >= localStates.indexOf(other) ? one : other

/** Each stamp once. That it was sent is also told by an item that has gone on since. */
const stampsAfter = (
  { stamps: known, refusal, localState }: SyncBefore,
  state: LocalState,
  { times }: Observed,
  now: Instant,
): Stamps => {
  const { sentAt } = times
  const sent = sentAt === undefined || state === 'EN_ATTENTE' ? known : { sentAt, ...known }
  const stamp = stampOf[state]
  if (stamp === undefined || state === localState || sent[stamp] !== undefined) return sent
  const told = stamp === 'refusedAt' ? (refusal?.at ?? times[stamp]) : times[stamp]
  return { ...sent, [stamp]: told ?? now }
}

const changesOf = (before: SyncBefore, after: SyncBefore): readonly FieldChange[] => {
  const changes: FieldChange[] = []
  const note = (field: string, was: string | null, is: string | null): void => {
    if (was !== is) changes.push({ field, before: was, after: is })
  }
  note('remoteState', before.remoteState, after.remoteState)
  note('localState', before.localState, after.localState)
  for (const stamp of stamps) {
    note(stamp, timeOf(before.stamps[stamp]), timeOf(after.stamps[stamp]))
  }
  return changes
}

const timeOf = (at: Instant | undefined): string | null => (at === undefined ? null : toIso(at))

const firstWaitMs = 30_000
const longestWaitMs = 6 * 3_600_000

/** How long an item is left alone after so many looks in a row that saw nothing (1, 2 …): 30 s, doubling, at most 6 h. */
export const lookAgainAfterMs = (failures: number): number =>
  Math.min(longestWaitMs, firstWaitMs * 2 ** Math.max(0, Math.min(failures, 20) - 1))
