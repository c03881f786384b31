/** Accepting with a hand-over in memory: what `accept_handing_events` (ingest/queries.ts) does with one delivery. */
import { addMs, type Instant } from '@carillon/domain/clock'
import { stateText } from './fold-states.ts'
import type { MemoryRules } from './memory-rules.ts'
import { claimedDelivery } from './memory-store.ts'
import { acceptDelivery, type MemoryDelivery, type MemoryTables } from './memory-tables.ts'
import { suppressionText } from './memory-settle.ts'
import type { ClaimedDelivery } from './store.ts'

/** Stores a delivery, leased where nothing is in the way; returns its claim then. One that is there already is not touched. */
export const handOverInMemory = (
  { tables, rules }: { readonly tables: MemoryTables; readonly rules: MemoryRules },
  { delivery, row }: { readonly delivery: MemoryDelivery; readonly row: PlaceInQueue },
  {
    owner,
    leaseMs,
    now,
  }: { readonly owner: string; readonly leaseMs: number; readonly now: Instant },
): readonly ClaimedDelivery[] => {
  if (tables.deliveries.has(delivery.id)) return []
  acceptDelivery(tables, delivery, row)
  const stored = tables.queue.get(delivery.id)
  if (stored === undefined) return []
  const key = stateText(stored)
  const channel = tables.integrations.get(key)?.channel ?? ''
  const address = suppressionText(delivery.tenantId, channel, delivery.addresses[0] ?? '')
  if (!rules.mayHandOver(tables.states.get(key), now) || rules.isSuppressed(tables, address))
    return []
  const fence = rules.nextFence(stored.fence)
  tables.queue.set(delivery.id, {
    ...stored,
    state: 'sending',
    fence,
    leaseOwner: owner,
    claimedAt: now,
    dueAt: addMs(now, leaseMs),
  })
  return claimedDelivery(stored, fence, now, tables, rules)
}

type PlaceInQueue = Parameters<typeof acceptDelivery>[2]
