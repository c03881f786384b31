/** What a membership run came to, from how its changes and their deliveries stand: pure, and its parts always add up to its total. */
import { isRemoval, type MembershipChange } from './membership-diff.ts'

export type MembershipCounts = {
  /** Records of the source, and addresses on the list that none of them has. The sum of all below but `unheld` and `renamed`. */
  readonly total: number
  /** On the list by this run, or their mail flows again. */
  readonly subscribed: number
  readonly unsubscribed: number
  readonly held: number
  /** Nothing was to be done, or only a name was set. */
  readonly unchanged: number
  /** Left alone: no address, a company, held back by a guard, canceled. */
  readonly skipped: number
  /** The change failed for good. */
  readonly error: number
  /** Not decided yet; 0 when the run has ended. */
  readonly pending: number
  /** Of `subscribed`: those who were held. */
  readonly unheld: number
  /** Of `unchanged`: those whose name was set. */
  readonly renamed: number
}

/** So many changes of a kind whose delivery is in this state; `none`: no delivery was made. */
export type ChangeTally = {
  readonly change: MembershipChange | 'skip'
  readonly state: string
  readonly n: number
}

type Field = Exclude<keyof MembershipCounts, 'total'>

const fieldsWhenDone: Readonly<Record<MembershipChange, readonly Field[]>> = {
  subscribe: ['subscribed'],
  unhold: ['subscribed', 'unheld'],
  unsubscribe: ['unsubscribed'],
  hold: ['held'],
  rename: ['unchanged', 'renamed'],
}

const done: ReadonlySet<string> = new Set(['sent', 'delivered'])
const open: ReadonlySet<string> = new Set(['pending', 'sending'])

/** The counts. `ended`: what has no delivery now never gets one. */
export const countMembership = (
  tallies: readonly ChangeTally[],
  given: { readonly unchanged: number; readonly blocked: boolean; readonly ended: boolean },
): MembershipCounts => {
  const counts = {
    total: given.unchanged,
    subscribed: 0,
    unsubscribed: 0,
    held: 0,
    unchanged: given.unchanged,
    skipped: 0,
    error: 0,
    pending: 0,
    unheld: 0,
    renamed: 0,
  }
  for (const tally of tallies) {
    counts.total += tally.n
    for (const field of fieldsOf(tally, given)) counts[field] += tally.n
  }
  return counts
}

const fieldsOf = (
  { change, state }: ChangeTally,
  { blocked, ended }: { readonly blocked: boolean; readonly ended: boolean },
): readonly Field[] => {
  if (change === 'skip' || state === 'canceled') return ['skipped']
  if (done.has(state)) return fieldsWhenDone[change]
  if (open.has(state)) return ['pending']
  if (state !== 'none') return ['error']
  return ended || (blocked && isRemoval(change)) ? ['skipped'] : ['pending']
}
