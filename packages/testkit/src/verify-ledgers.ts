/**
 * The judge of a run: compares what the generator was promised, what the sink received and what the database says, and
 * names every breach of the invariants I1..I7 of reliability.md §3. Decides nothing about speed, and mends nothing.
 */
import { asId, printId } from '@carillon/domain/ids'
import type { Pool } from '@carillon/server/platform/db/pool'
import type { AckedEvent } from './event-ledger.ts'
import { readDatabase, type DatabaseView, type DeliveryFacts } from './ledger-queries.ts'
import type { LedgerRecord } from './ledger-sink.ts'

export type VerifyOptions = {
  /** Of the owner, who sees every row. */
  readonly db: Pool
  readonly sink: readonly LedgerRecord[]
  readonly acked: readonly AckedEvent[]
  /** What each acked event leads to. Default 1. */
  readonly deliveriesPerEvent?: number
  /** People have sent some again: then an event may have led to more, each with a key of its own. */
  readonly hasResends?: boolean
  /** Exchanges that one delivery may have at most. Default 10. */
  readonly maxAttempts?: number
  /** False: the run was ended while deliveries were open. Default true. */
  readonly allFinal?: boolean
  /** From `snapshotHistory` earlier in the run: none of it may have changed. */
  readonly history?: ReadonlyMap<string, string>
}

export type Verdict = {
  /** One line each; empty: every invariant held. At most 20 of a kind. */
  readonly violations: readonly string[]
  readonly acked: number
  readonly deliveries: number
  readonly states: Readonly<Record<string, number>>
  /** Requests that the sink received. */
  readonly received: number
  /** Deliveries that the sink received more often than their answers explain. */
  readonly duplicates: number
  /** Settled exchanges whose outcome nobody knows. */
  readonly unknown: number
}

/** Checks everything; the deliveries of events that were not acked are held to the same rules. */
export const verifyLedgers = async (options: VerifyOptions): Promise<Verdict> => {
  const view = await readDatabase(options.db)
  const received = Map.groupBy(options.sink, ({ key }) => key)
  const violations = [
    ...lostEvents(view, options),
    ...capped('I1 not exactly one end', ends(view, options.allFinal ?? true)),
    ...capped('I1 sent, but the sink never got it', neverReceived(view, received)),
    ...capped('I2', duplicateFaults(view, received)),
    ...(options.hasResends === true ? [] : capped('I2', keyFaults(options.sink))),
    ...capped('I3', view.overdue),
    ...capped('I4', lateBytes(view, received)),
    ...capped('I5', historyFaults(view, options.maxAttempts ?? 10)),
    ...capped('I6', view.counterFaults),
    ...capped('I7 history changed', changes(view, options.history)),
  ]
  const states: Record<string, number> = {}
  for (const { state } of view.deliveries.values()) states[state] = (states[state] ?? 0) + 1
  return {
    violations,
    acked: options.acked.length,
    deliveries: view.deliveries.size,
    states,
    received: options.sink.length,
    duplicates: [...view.deliveries.values()].filter((one) => isDuplicated(one, received)).length,
    unknown: [...view.deliveries.values()].reduce((sum, one) => sum + unknowns(one), 0),
  }
}

/** Every settled turn as it stands now: hand it to `verifyLedgers` later. */
export const snapshotHistory = async (db: Pool): Promise<ReadonlyMap<string, string>> =>
  (await readDatabase(db)).history

type Received = ReadonlyMap<string, readonly LedgerRecord[]>

const shownOfAKind = 20

const capped = (kind: string, faults: Iterable<string>): readonly string[] => {
  const all = [...faults]
  const shown = all.slice(0, shownOfAKind).map((fault) => `${kind}: ${fault}`)
  return all.length > shown.length ? [...shown, `${kind}: ${all.length} in all`] : shown
}

const keyOf = (deliveryId: string): string => printId('delivery', asId('delivery', deliveryId))

const requestsOf = ({ id }: DeliveryFacts, received: Received): readonly LedgerRecord[] =>
  received.get(keyOf(id)) ?? []

const lostEvents = (view: DatabaseView, options: VerifyOptions): readonly string[] => {
  const wanted = options.deliveriesPerEvent ?? 1
  const faults: string[] = []
  for (const { tenant, source, id } of options.acked) {
    const found = view.events.get(`${tenant}/${source}/${id}`)
    if (found === undefined) faults.push(`${tenant}/${source}/${id} was acked and is not there`)
    else if (found.events !== 1) faults.push(`${tenant}/${source}/${id} is there twice`)
    else if (
      found.deliveries < wanted ||
      (options.hasResends !== true && found.deliveries > wanted)
    )
      faults.push(`${tenant}/${source}/${id} led to ${found.deliveries} deliveries`)
  }
  return capped('I1 lost', faults)
}

/** One end for each delivery, or one row in the queue: never both, never neither. */
function* ends({ deliveries }: DatabaseView, allFinal: boolean): Generator<string> {
  for (const one of deliveries.values()) {
    const finals = one.turns.filter(({ state }) => state !== 'pending').length
    if (finals + one.queued !== 1) yield `${one.id}: ${finals} ends, ${one.queued} rows in queue`
    if (allFinal && one.queued > 0) yield `${one.id} is still open (${one.state})`
  }
}

function* neverReceived({ deliveries }: DatabaseView, received: Received): Generator<string> {
  for (const one of deliveries.values())
    if (one.state === 'sent' && requestsOf(one, received).length === 0) yield one.id
}

const unknowns = ({ turns }: DeliveryFacts): number =>
  turns.filter(({ outcome }) => outcome === 'unknown').length

/** Received more often than its known answers explain. */
const isDuplicated = (one: DeliveryFacts, received: Received): boolean => {
  const known = one.turns.filter(({ outcome }) => outcome !== null && outcome !== 'unknown').length
  return requestsOf(one, received).length > Math.max(1, known)
}

function* duplicateFaults({ deliveries }: DatabaseView, received: Received): Generator<string> {
  for (const one of deliveries.values()) {
    if (isDuplicated(one, received) && !one.turns.some((turn) => turn.possibleDuplicate))
      yield `${one.id} was received ${requestsOf(one, received).length} times, and not marked`
    const attempts = one.turns.filter(({ outcome }) => outcome !== null).length + one.sending
    const requests = requestsOf(one, received).length
    if (requests > attempts) yield `${one.id}: ${requests} requests, ${attempts} on record`
  }
  const known = new Set([...deliveries.keys()].map(keyOf))
  for (const key of received.keys()) if (!known.has(key)) yield `key ${key} belongs to no delivery`
}

/** One message, one key: the same at each try. */
function* keyFaults(sink: readonly LedgerRecord[]): Generator<string> {
  const keys = new Map<string, string>()
  for (const { tenant, lane, ref, key, isWhole } of sink) {
    if (!isWhole) continue
    const name = `${tenant}/${lane}/${ref}`
    const first = keys.get(name) ?? key
    keys.set(name, first)
    if (first !== key) yield `${name} came with two keys`
  }
}

function* lateBytes({ deliveries }: DatabaseView, received: Received): Generator<string> {
  for (const one of deliveries.values())
    for (const { first, last } of requestsOf(one, received))
      if (Math.max(first, last) >= one.sendUntil)
        yield `${one.id} was received ${Math.round(Math.max(first, last) - one.sendUntil)} ms after its end`
}

function* historyFaults({ deliveries }: DatabaseView, maxAttempts: number): Generator<string> {
  for (const one of deliveries.values()) {
    const attempts = one.turns.flatMap(({ attempt }) => attempt ?? [])
    if (attempts.length > maxAttempts) yield `${one.id} had ${attempts.length} attempts`
    if (attempts.some((attempt, index) => attempt !== index + 1))
      yield `${one.id}: attempts ${attempts.join()}`
    const final = one.turns.findIndex(({ state }) => state !== 'pending')
    if (final !== -1 && final !== one.turns.length - 1) yield `${one.id} went on after its end`
  }
}

function* changes(
  { history }: DatabaseView,
  before: ReadonlyMap<string, string> = new Map(),
): Generator<string> {
  for (const [turn, hash] of before) if (history.get(turn) !== hash) yield turn
}
