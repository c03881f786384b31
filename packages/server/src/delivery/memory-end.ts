/** Deliveries that end in memory without a turn of a worker: canceled or expired while they wait. See `memory-store.ts`. */
import type { Instant } from '@carillon/domain/clock'
import type { FinalState } from '@carillon/domain/delivery-status'
import { soundRules, type MemoryRules } from './memory-rules.ts'
import {
  count,
  keepSettlement,
  type MemoryRow,
  type MemorySettlement,
  type MemoryTables,
} from './memory-tables.ts'

/** Ends a waiting delivery by a person's will. Returns false where it is not waiting. */
export const cancelInMemory = (
  tables: MemoryTables,
  deliveryId: string,
  now: Instant,
  rules: MemoryRules = soundRules,
): boolean => {
  const row = tables.queue.get(deliveryId)
  if (row === undefined || !rules.mayCancel(row)) return false
  endWaiting(tables, row, 'canceled', now)
  return true
}

/** Ends a row that nobody holds. What a provider has accepted ends as sent. */
export const endWaiting = (
  tables: MemoryTables,
  row: MemoryRow,
  state: 'expired' | 'canceled',
  now: Instant,
): void => {
  const accepted = acceptedTurn(tables, row)
  const { step, integrationId } = accepted ?? { ...row, step: row.progress.step }
  keepEnd(tables, row, {
    state: accepted === undefined ? state : 'sent',
    step,
    integrationId,
    now,
  })
}

/** A settlement, the counters, and the row is gone. */
export const keepEnd = (
  tables: MemoryTables,
  row: MemoryRow,
  end: {
    readonly state: FinalState
    readonly step: number
    readonly integrationId: string
    readonly now: Instant
  },
): void => {
  const { state, step, integrationId, now } = end
  keepSettlement(tables, {
    tenantId: row.tenantId,
    deliveryId: row.deliveryId,
    turn: row.fence + 1,
    state,
    outcome: undefined,
    reason: undefined,
    attempt: undefined,
    step,
    integrationId,
    possibleDuplicate: row.progress.possibleDuplicate,
    nextDueAt: undefined,
    settledAt: now,
  })
  tables.queue.delete(row.deliveryId)
  count(tables, { ...row, integrationId }, { [state]: 1 })
  tables.version += 1
}

/** The turn in which a provider took the message; a receipt that denied it took it out of the row's `accepted`. */
const acceptedTurn = (
  { settlements }: MemoryTables,
  { deliveryId, progress: { accepted } }: MemoryRow,
): MemorySettlement | undefined =>
  settlements.findLast(
    (turn) =>
      turn.deliveryId === deliveryId &&
      turn.outcome === 'accepted' &&
      (accepted & (1 << turn.step)) !== 0,
  )
