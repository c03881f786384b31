/** Deliveries that end in memory without a turn of a worker: canceled or expired while they wait. See `memory-store.ts`. */
import type { Instant } from '@carillon/domain/clock'
import { soundRules, type MemoryRules } from './memory-rules.ts'
import { count, keepSettlement, type MemoryRow, type MemoryTables } from './memory-tables.ts'

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

/** Ends a row that nobody holds: a settlement, the counters, and it is gone. */
export const endWaiting = (
  tables: MemoryTables,
  row: MemoryRow,
  state: 'expired' | 'canceled',
  now: Instant,
): void => {
  keepSettlement(tables, {
    tenantId: row.tenantId,
    deliveryId: row.deliveryId,
    turn: row.fence + 1,
    state,
    outcome: undefined,
    reason: undefined,
    attempt: undefined,
    step: row.progress.step,
    integrationId: row.integrationId,
    possibleDuplicate: row.progress.possibleDuplicate,
    nextDueAt: undefined,
    settledAt: now,
  })
  tables.queue.delete(row.deliveryId)
  count(tables, row, { [state]: 1 })
  tables.version += 1
}
