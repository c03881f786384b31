/** What receipts do to waiting deliveries in memory: the statements of `receipts/queries.ts`. See `memory-store.ts`. */
import type { Instant } from '@carillon/domain/clock'
import { notArrived } from '@carillon/domain/route-progress'
import { keepEnd } from './memory-end.ts'
import { soundRules, type MemoryRules } from './memory-rules.ts'
import type { MemoryTables } from './memory-tables.ts'

/** A receipt says that the message of this step did not arrive. Returns false where nothing waits that the step accepted. */
export const denyInMemory = (
  tables: MemoryTables,
  { deliveryId, step }: { readonly deliveryId: string; readonly step: number },
  now: Instant,
  rules: MemoryRules = soundRules,
): boolean => {
  const row = tables.queue.get(deliveryId)
  if (row === undefined || !rules.mayDeny(row)) return false
  const progress = notArrived(row.progress, step)
  if (progress === row.progress) return false
  const isAwaited = row.progress.step === step && row.reason === 'awaiting_receipt'
  tables.queue.set(deliveryId, {
    ...row,
    progress,
    ...(isAwaited ? { dueAt: now, reason: 'next_step' as const } : {}),
  })
  tables.version += 1
  return true
}

/** A receipt says that what this turn's step sent has arrived. Returns false where it is not waiting. */
export const proveInMemory = (
  tables: MemoryTables,
  { deliveryId, step, integrationId }: { deliveryId: string; step: number; integrationId: string },
  now: Instant,
): boolean => {
  const row = tables.queue.get(deliveryId)
  if (row?.state !== 'pending') return false
  keepEnd(tables, row, { state: 'delivered', step, integrationId, now })
  return true
}
