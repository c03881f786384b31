/**
 * What has to change on a list so that it has whom a source says: pure, address by address, so that a server can stream it
 * and a test can hold it to its promises. Not for reading either side, and not for making the changes.
 */

/** What is done to one address on one list. One of them is one delivery. */
export const membershipChanges = ['subscribe', 'unsubscribe', 'hold', 'unhold', 'rename'] as const
export type MembershipChange = (typeof membershipChanges)[number]

/** Changes that take mail away from somebody: what the guards are for. */
export const isRemoval = (change: MembershipChange): boolean =>
  change === 'unsubscribe' || change === 'hold'

/** One record of the source. */
export type SourceRecord = {
  /** Its id there; two records never have the same one. */
  readonly key: string
  /** Lower-case; null: it has none. */
  readonly email: string | null
  readonly name: string
  /** Active, and within the sync's filter. */
  readonly wanted: boolean
  /** Why it is left alone, wanted or not. */
  readonly skip?: string | null
}

/** One address on the list. */
export type ListEntry = {
  /** Lower-case. */
  readonly email: string
  readonly name: string
  /** Gets no mail, by a moderator's (or our own) doing. */
  readonly held: boolean
}

export type MembershipPolicy = {
  readonly onInactive: 'unsubscribe' | 'hold'
  /** Addresses on the list that no record of the source has: as inactive ones, or left alone. */
  readonly strangers: 'inactive' | 'keep'
}

/** What becomes of one record, or of an address without one. */
export type MembershipDecision =
  | {
      readonly kind: 'change'
      readonly change: MembershipChange
      readonly email: string
      readonly name: string
    }
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'skipped'
      readonly reason: string
      readonly key: string
      readonly email: string | null
    }

export const noAddress = 'it has no e-mail address'
export const sharedAddress = 'another member has the same address'

/**
 * Decides about one address: exactly one decision for each of its records, or one for the list's entry when there is none.
 * Any wanted record makes the address wanted; the first of the wanted ones that has a name gives it.
 */
export const decideAddress = (
  records: readonly SourceRecord[],
  entry: ListEntry | undefined,
  policy: MembershipPolicy,
): readonly MembershipDecision[] => {
  const skipped = records.flatMap((record) => skippedOf(record, record.skip))
  const open = records.filter(({ skip, email }) => !isSkipped(skip) && email !== null)
  const wishes = open.filter(({ wanted }) => wanted)
  const chosen = wishes.find(({ name }) => name !== '') ?? wishes[0] ?? open[0]
  if (chosen === undefined || chosen.email === null) {
    // Somebody who is left alone is also not taken off as a stranger.
    if (records.length > 0) return [...skipped, ...records.flatMap((one) => withoutAddress(one))]
    return entry === undefined ? [] : [strangerOf(entry, policy)]
  }
  const others = open.filter((record) => record !== chosen)
  const { email } = chosen
  return [
    chosen.wanted ? wantedOf(email, chosen.name, entry, policy) : unwantedOf(email, entry, policy),
    ...others.map((record) => skip(record, sharedAddress)),
    ...skipped,
  ]
}

const isSkipped = (reason: string | null | undefined): reason is string =>
  reason !== null && reason !== undefined

const skip = ({ key, email }: SourceRecord, reason: string): MembershipDecision => ({
  kind: 'skipped',
  reason,
  key,
  email,
})

const skippedOf = (
  record: SourceRecord,
  reason: string | null | undefined,
): readonly MembershipDecision[] => (isSkipped(reason) ? [skip(record, reason)] : [])

const withoutAddress = (record: SourceRecord): readonly MembershipDecision[] =>
  isSkipped(record.skip) || record.email !== null ? [] : [skip(record, noAddress)]

const unchanged: MembershipDecision = { kind: 'unchanged' }

const change = (what: MembershipChange, email: string, name: string): MembershipDecision => ({
  kind: 'change',
  change: what,
  email,
  name,
})

const wantedOf = (
  email: string,
  name: string,
  entry: ListEntry | undefined,
  { onInactive }: MembershipPolicy,
): MembershipDecision => {
  if (entry === undefined) return change('subscribe', email, name)
  // Who unsubscribes the inactive did not hold anybody: a hold is then a person's, and stays.
  if (entry.held && onInactive === 'hold') return change('unhold', email, name)
  // A source without a name does not take one away.
  return name === '' || name === entry.name ? unchanged : change('rename', email, name)
}

const unwantedOf = (
  email: string,
  entry: ListEntry | undefined,
  { onInactive }: MembershipPolicy,
): MembershipDecision => {
  if (entry === undefined) return unchanged
  if (onInactive === 'unsubscribe') return change('unsubscribe', email, '')
  return entry.held ? unchanged : change('hold', email, '')
}

const strangerOf = (entry: ListEntry, policy: MembershipPolicy): MembershipDecision =>
  policy.strangers === 'keep' ? unchanged : unwantedOf(entry.email, entry, policy)

/** What the guards look at. */
export type GuardFacts = {
  /** Distinct records that were read, and how many the source says that it has (null: it does not say). */
  readonly read: number
  readonly total: number | null
  /** Only a part of the source was meant to be read (what has changed, one member): its number says nothing. */
  readonly partial: boolean
  /** Addresses on the list, of which held. */
  readonly onList: number
  readonly heldOnList: number
  /** Removals that the difference has. */
  readonly removals: number
  readonly maxRemovalsPercent: number
}

/**
 * Why the removals of a run must not be made; undefined: they may. A source that was read incompletely or is empty, or more
 * removals than the sync allows, of those who get mail now. What is added does not depend on it.
 */
export const guardRemovals = (facts: GuardFacts): string | undefined => {
  const { read, total, partial, onList, heldOnList, removals, maxRemovalsPercent } = facts
  if (removals === 0) return undefined
  if (!partial && read === 0) return 'guard emptySource: the source has no members at all'
  if (!partial && total !== null && read !== total) {
    return `guard incompleteSource: ${read} different members were read of ${total} that the source says it has`
  }
  const getMail = Math.max(1, onList - heldOnList)
  const percent = (removals / getMail) * 100
  if (percent <= maxRemovalsPercent) return undefined
  return `guard maxRemovalsPercent: ${removals} of ${getMail} (${percent.toFixed(1)} %) would be removed, more than ${maxRemovalsPercent} %`
}

export type MembershipDiff = {
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly hold: readonly string[]
  readonly unhold: readonly string[]
  readonly rename: readonly string[]
  readonly unchanged: number
  readonly skipped: readonly {
    readonly reason: string
    readonly key: string
    readonly email: string | null
  }[]
  /** Records of the source, and addresses on the list without one: the sum of all of the above. */
  readonly total: number
}

/**
 * The whole difference at once, for small ones and for tests: `decideAddress` for every address of both sides. Records with
 * the same key count once (a page may repeat what another one had).
 */
export const diffMemberships = (
  source: readonly SourceRecord[],
  list: readonly ListEntry[],
  policy: MembershipPolicy,
): MembershipDiff => {
  const records = [...new Map(source.map((record) => [record.key, lower(record)])).values()]
  const byEmail = Map.groupBy(records, ({ email, key }) => email ?? `\0${key}`)
  const entries = new Map(list.map((entry) => [entry.email.toLowerCase(), lower(entry)]))
  const addresses = new Set([...byEmail.keys(), ...entries.keys()])
  const decisions = [...addresses].flatMap((address) =>
    decideAddress(byEmail.get(address) ?? [], entries.get(address), policy),
  )
  const changed = (what: MembershipChange): readonly string[] =>
    decisions.flatMap((one) => (one.kind === 'change' && one.change === what ? [one.email] : []))
  return {
    subscribe: changed('subscribe'),
    unsubscribe: changed('unsubscribe'),
    hold: changed('hold'),
    unhold: changed('unhold'),
    rename: changed('rename'),
    unchanged: decisions.filter(({ kind }) => kind === 'unchanged').length,
    skipped: decisions.flatMap((one) =>
      one.kind === 'skipped' ? [{ reason: one.reason, key: one.key, email: one.email }] : [],
    ),
    total: decisions.length,
  }
}

const lower = <T extends { readonly email: string | null }>(one: T): T => ({
  ...one,
  email: one.email === null ? null : one.email.toLowerCase(),
})
