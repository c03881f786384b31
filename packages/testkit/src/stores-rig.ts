/** What the two stores of a contract test have in common: their tables and leases, and one time in two clocks. Not for commands. */
import { instant, toIso, type Instant } from '@carillon/domain/clock'
import type { MemoryRules } from '@carillon/server/delivery/memory-rules'
import type { MemoryTables } from '@carillon/server/delivery/memory-tables'
import type { ClaimedDelivery, DeliveryStore } from '@carillon/server/delivery/store'
import type { TestDb } from './test-db.ts'

export const minute = 60_000

/** What each of the stores has or says. */
export type Sides<T> = { readonly memory: T; readonly postgres: T }

export type StoresRig = {
  readonly db: TestDb
  readonly tenantId: string
  readonly eventId: string
  readonly integrations: readonly string[]
  readonly tables: MemoryTables
  readonly rules: MemoryRules
  readonly stores: Sides<DeliveryStore>
  /** Every lease that was ever given, as each store gave it. */
  readonly leases: Sides<Map<string, ClaimedDelivery>>
  readonly startedAt: number
  passedMs: number
  accepted: number
  tick: number
  /** The tenant's one campaign; a UUID. */
  readonly campaign: string
}

/** Time as the memory store has it: Postgres' rows are moved into the past instead. */
export const virtualNow = (rig: StoresRig): number => Date.now() + rig.passedMs

/** Minutes since the beginning. Both stores' clocks may differ by seconds, and no two times by less than a minute. */
export const relative = (rig: StoresRig, at: number): number =>
  isParked(at) ? Infinity : Math.round((at - rig.startedAt) / minute)

/** What waits for good does not get older. */
const isParked = (at: number): boolean => at > Date.UTC(9_000, 0, 1)

/** The same time for both stores, `min` minutes from now; no two are the same. */
export const later = (rig: StoresRig, min: number): Sides<Instant> => {
  rig.tick += 1
  const at = Date.now() + min * minute + rig.tick / 1_000
  return { memory: instant(at + rig.passedMs), postgres: instant(at) }
}

/** The same for a time that one of the stores gave. */
export const relativeOn = (rig: StoresRig, side: keyof Sides<unknown>, at: number): number =>
  relative(rig, side === 'memory' ? at : at + rig.passedMs)

/** The same for a time that may be missing. */
export const optional = (
  rig: StoresRig,
  side: keyof Sides<unknown>,
  at: Instant | undefined,
): number | undefined => (at === undefined ? undefined : relativeOn(rig, side, at))

/** With microseconds, as Postgres keeps it. */
export const toMicros = (at: number): string => {
  const whole = Math.floor(at)
  const micros = String(Math.floor((at - whole) * 1_000)).padStart(3, '0')
  return toIso(instant(whole)).replace('Z', `${micros}Z`)
}

/** The chosen leases, youngest first, each once, as this store gave them. */
export const pick = (
  rig: StoresRig,
  side: keyof Sides<unknown>,
  which: readonly number[],
): readonly ClaimedDelivery[] => {
  const all = [...rig.leases.memory.keys()].toReversed()
  const names = new Set(which.flatMap((index) => all[index % all.length] ?? []))
  return [...names].flatMap((name) => rig.leases[side].get(name) ?? [])
}

/** What one statement has leased (or given back: `also`) is due in an order of chance: both stores get one and the same. */
export const align = async (
  rig: StoresRig,
  also: ReadonlySet<string> = new Set(),
): Promise<void> => {
  for (const row of rig.tables.queue.values()) {
    if ((row.state !== 'sending' && !also.has(row.deliveryId)) || isParked(row.dueAt)) continue
    rig.tick += 1
    // Earlier, so that a lease of no length is over at once.
    const dueAt = instant(Math.floor(row.dueAt) - 1 + rig.tick / 100_000)
    rig.tables.queue.set(row.deliveryId, { ...row, dueAt })
    await rig.db.owner.query(
      `UPDATE delivery_queue SET due_at = $2 WHERE delivery_id = $1 AND abs(extract(epoch FROM due_at - $2)) < 20`,
      [row.deliveryId, toMicros(dueAt - rig.passedMs)],
    )
  }
}
