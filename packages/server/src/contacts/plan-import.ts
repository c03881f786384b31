/**
 * Decides what a batch of rows does to the contacts that it touches: which are made, which change, which rows are bad. In
 * the order of the file, as if every row were alone. Pure; the database is `queries/import-batch.ts`.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ContactId } from '@carillon/domain/ids'
import { contactValuesOf, printPhone } from './contact-view.ts'
import { applyChange, emptyContact, tooMuch, type ContactValues } from './contact-values.ts'
import type { ContactRow } from './queries/contacts.ts'
import type { ImportRow, RowKey, RowProblem } from './read-row.ts'
import type { SeenRows } from './seen-rows.ts'

/** A contact as the batch leaves it. */
export type PlannedContact = {
  readonly id: ContactId
  readonly values: ContactValues
  /** As it is in the database; null: it is new. */
  readonly before: ContactValues | null
}

export type BatchCounts = {
  readonly inserted: number
  readonly updated: number
  readonly unchanged: number
  readonly failed: number
  readonly repeated: number
}

export type BatchPlan = {
  /** New and changed ones only. */
  readonly contacts: readonly PlannedContact[]
  readonly counts: BatchCounts
  readonly problems: readonly RowProblem[]
  /** What was seen in which row, to be noted once the batch is stored. */
  readonly seen: ReadonlyMap<string, number>
  /** Rows that were dealt with; the others want another look at the database. */
  readonly done: number
}

type Known = {
  readonly found: readonly ContactRow[]
  readonly seen: SeenRows
  readonly dryRun: boolean
  readonly newId: () => ContactId
}

const uniqueFields = ['phone', 'email', 'externalId'] as const
type UniqueField = (typeof uniqueFields)[number]

/** What an address is compared by: `phone:+79001234567`. */
const addressOf = (field: UniqueField, values: ContactValues): string | undefined => {
  const value = values[field]
  if (value === null) return undefined
  return `${field}:${field === 'email' ? value.toLowerCase() : value}`
}

/** As the API prints it. */
const shown = (field: UniqueField, value: string | null): string | null =>
  field === 'phone' ? printPhone(value) : value

const addressesOf = (values: ContactValues): readonly string[] =>
  uniqueFields.flatMap((field) => addressOf(field, values) ?? [])

const keyText = ({ kind, value }: RowKey): string => `${kind}:${value}`

type State = {
  readonly contacts: Map<ContactId, PlannedContact>
  /** Address (or `id:…`) -> whose it is, after the rows so far. */
  readonly owners: Map<string, ContactId>
  /** Given up by a contact in this batch: the database may still see it as taken when the next one gets it. */
  readonly freed: Set<string>
  readonly seen: Map<string, number>
  readonly problems: RowProblem[]
  readonly counts: { -readonly [Name in keyof BatchCounts]: number }
}

const stateOf = (found: readonly ContactRow[]): State => {
  const contacts = new Map<ContactId, PlannedContact>()
  const owners = new Map<string, ContactId>()
  for (const row of found) {
    const values = contactValuesOf(row)
    contacts.set(row.id, { id: row.id, values, before: values })
    owners.set(`id:${row.id}`, row.id)
    for (const address of addressesOf(values)) owners.set(address, row.id)
  }
  const counts = { inserted: 0, updated: 0, unchanged: 0, failed: 0, repeated: 0 }
  return { contacts, owners, freed: new Set(), seen: new Map(), problems: [], counts }
}

/** The plan for these rows, given all contacts that have one of their ids or addresses. */
export const planBatch = (rows: readonly ImportRow[], known: Known): BatchPlan => {
  const state = stateOf(known.found)
  let done = 0
  for (const row of rows) {
    if (takeRow(state, row, known) === 'later') break
    done += 1
  }
  const contacts = [...state.contacts.values()].filter(
    ({ values, before }) => before === null || !isSame(before, values),
  )
  const { counts, problems, seen } = state
  return { contacts, counts, problems, seen, done }
}

const takeRow = (state: State, row: ImportRow, known: Known): 'done' | 'later' => {
  const target = targetOf(state, row.key)
  const fail = (column: string | null, value: string | null, reason: string): 'done' => {
    state.counts.failed += 1
    state.problems.push({ row: row.row, column, value, reason })
    return 'done'
  }
  if (target === undefined && row.key.kind === 'id') {
    return fail('id', null, 'There is no contact with this id in this tenant.')
  }
  const before = target?.values ?? emptyContact
  const values = applyChange(before, row.change)
  const problem = tooMuch(values)
  if (problem !== undefined) return fail(problem.field, null, problem.reason)
  for (const field of uniqueFields) {
    const address = addressOf(field, values)
    const owner = address === undefined ? undefined : state.owners.get(address)
    if (owner !== undefined && owner !== target?.id) {
      return fail(field, shown(field, values[field]), `Another contact has this ${field}.`)
    }
    if (address !== undefined && owner === undefined && state.freed.has(address)) return 'later'
  }
  const earlier = findEarlier(state, row.key, target, known)
  keep(state, { row, target, before, values }, known)
  count(state, { isNew: target === undefined, isSame: isSame(before, values), earlier }, known)
  if (earlier !== undefined) {
    state.problems.push(repeatOf(row, earlier))
  }
  return 'done'
}

const targetOf = (state: State, key: RowKey): PlannedContact | undefined => {
  const owner = state.owners.get(keyText(key))
  return owner === undefined ? undefined : state.contacts.get(owner)
}

/**
 * What a contact is remembered by: its id, one entry a row of the file. In a dry run new ones have none that a later batch
 * would find in the database; they are remembered by their addresses.
 */
const namesOf = ({ id, values, before }: PlannedContact, { dryRun }: Known): readonly string[] =>
  before === null && dryRun ? addressesOf(values) : [`id:${id}`]

/** The row in which the file has named this contact before. */
const findEarlier = (
  state: State,
  key: RowKey,
  target: PlannedContact | undefined,
  known: Known,
): number | undefined => {
  for (const text of target === undefined ? [keyText(key)] : namesOf(target, known)) {
    const earlier = state.seen.get(text) ?? known.seen.find(text)
    if (earlier !== undefined) return earlier
  }
  return undefined
}

const repeatOf = ({ row, key }: ImportRow, earlier: number): RowProblem => ({
  row,
  column: key.kind,
  value: key.kind === 'id' ? null : shown(key.kind, key.value),
  reason: `The same contact as in row ${earlier}: this later row counts.`,
})

type Taken = {
  readonly row: ImportRow
  readonly target: PlannedContact | undefined
  readonly before: ContactValues
  readonly values: ContactValues
}

const keep = (state: State, { row, target, before, values }: Taken, known: Known): void => {
  const id = target?.id ?? known.newId()
  const contact = { id, values, before: target?.before ?? null }
  state.contacts.set(id, contact)
  for (const text of namesOf(contact, known)) state.seen.set(text, row.row)
  const now = new Set(addressesOf(values))
  for (const address of addressesOf(before)) {
    if (now.has(address)) continue
    state.owners.delete(address)
    state.freed.add(address)
  }
  for (const address of now) state.owners.set(address, id)
}

type Effect = {
  readonly isNew: boolean
  readonly isSame: boolean
  readonly earlier: number | undefined
}

const count = ({ counts }: State, effect: Effect, { dryRun }: Known): void => {
  if (effect.earlier !== undefined) counts.repeated += 1
  // A dry run has not stored what it saw in earlier batches.
  if (effect.isNew && dryRun && effect.earlier !== undefined) counts.updated += 1
  else if (effect.isNew) counts.inserted += 1
  else if (effect.isSame) counts.unchanged += 1
  else counts.updated += 1
}

const isSame = (before: ContactValues, values: ContactValues): boolean =>
  before === values || isDeepStrictEqual(before, values)
