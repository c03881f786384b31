/**
 * The engine's tables as maps, for the memory store: the columns that decide something, rows that are replaced and never
 * changed. Not for content, and not for days and shards of counters, which decide nothing.
 */
import { closedBreaker, type BreakerState } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import type { FinalState, PendingReason } from '@carillon/domain/delivery-status'
import type { OutcomeKind } from '@carillon/domain/outcome'
import { freshProgress, type Progress } from '@carillon/domain/route-progress'
import type { WhenOpen } from '@carillon/domain/turn'
import { stateText } from './fold-states.ts'
import type { LaneLimits } from './store.ts'

export type MemoryIntegration = {
  readonly tenantId: string
  readonly integrationId: string
  readonly connector: string
  readonly channel: string
  readonly enabled: boolean
  readonly version: number
  readonly limits: LaneLimits | undefined
  readonly onUnknown: 'resend' | 'hold'
}

export type MemoryState = {
  readonly breaker: BreakerState
  readonly openedCount: number
  readonly pausedUntil: Instant | undefined
  readonly tat: Instant | undefined
}

/** Written once. */
export type MemoryDelivery = {
  readonly tenantId: string
  readonly id: string
  readonly planId: string
  readonly addresses: readonly string[]
  readonly createdAt: Instant
}

/** An open delivery. A lease is `dueAt` moved forward, a new fence and an owner. */
export type MemoryRow = {
  readonly tenantId: string
  readonly deliveryId: string
  readonly integrationId: string
  readonly priority: number
  readonly state: 'pending' | 'sending'
  readonly reason: PendingReason
  readonly dueAt: Instant
  readonly sendUntil: Instant
  readonly fence: number
  readonly leaseOwner: string | undefined
  readonly claimedAt: Instant | undefined
  readonly attemptCount: number
  readonly progress: Progress
  readonly whenOpen: WhenOpen
  readonly orderingKey: string | undefined
}

export type MemorySettlement = {
  readonly tenantId: string
  readonly deliveryId: string
  readonly turn: number
  readonly state: 'pending' | FinalState
  readonly outcome: OutcomeKind | undefined
  readonly reason: string | undefined
  readonly attempt: number | undefined
  readonly step: number
  readonly integrationId: string
  readonly possibleDuplicate: boolean
  readonly nextDueAt: Instant | undefined
  readonly settledAt: Instant
}

/** `created`, `attempts` and one for each final state. */
export type MemoryCounts = Readonly<Record<'created' | 'attempts' | FinalState, number>>

export type MemoryTables = {
  /** By `stateText`. */
  readonly integrations: Map<string, MemoryIntegration>
  readonly states: Map<string, MemoryState>
  /** By id. */
  readonly deliveries: Map<string, MemoryDelivery>
  readonly queue: Map<string, MemoryRow>
  readonly settlements: MemorySettlement[]
  readonly counters: Map<string, MemoryCounts>
  /** GCRA arrival times by `recipientText`. */
  readonly recipients: Map<string, Instant>
  /** `tenant/channel/address`. */
  readonly suppressions: Set<string>
  /** Grows with every statement that may have written. */
  version: number
}

/** Empty tables. */
export const createMemoryTables = (): MemoryTables => ({
  integrations: new Map(),
  states: new Map(),
  deliveries: new Map(),
  queue: new Map(),
  settlements: [],
  counters: new Map(),
  recipients: new Map(),
  suppressions: new Set(),
  version: 0,
})

/** Puts an integration in, or changes it; a new one has a closed breaker. */
export const putIntegration = (tables: MemoryTables, integration: MemoryIntegration): void => {
  const key = stateText(integration)
  tables.integrations.set(key, integration)
  if (!tables.states.has(key)) tables.states.set(key, freshState)
  tables.version += 1
}

const freshState: MemoryState = {
  breaker: closedBreaker,
  openedCount: 0,
  pausedUntil: undefined,
  tat: undefined,
}

/** What accepting an event (or a resend) writes for one delivery: the delivery, its place in the queue, its count. */
export const acceptDelivery = (
  tables: MemoryTables,
  delivery: MemoryDelivery,
  row: Pick<
    MemoryRow,
    'integrationId' | 'priority' | 'dueAt' | 'sendUntil' | 'whenOpen' | 'orderingKey'
  >,
): void => {
  tables.deliveries.set(delivery.id, delivery)
  tables.queue.set(delivery.id, {
    ...row,
    tenantId: delivery.tenantId,
    deliveryId: delivery.id,
    state: 'pending',
    reason: 'scheduled',
    fence: 0,
    leaseOwner: undefined,
    claimedAt: undefined,
    attemptCount: 0,
    progress: freshProgress,
  })
  count(tables, { tenantId: delivery.tenantId, integrationId: row.integrationId }, { created: 1 })
  tables.version += 1
}

const noCounts: MemoryCounts = {
  created: 0,
  attempts: 0,
  sent: 0,
  delivered: 0,
  bounced: 0,
  failed: 0,
  expired: 0,
  suppressed: 0,
  canceled: 0,
  skipped: 0,
}

/** Adds to the counters of an integration. */
export const count = (
  tables: MemoryTables,
  of: { readonly tenantId: string; readonly integrationId: string },
  by: Partial<MemoryCounts>,
): void => {
  const key = stateText(of)
  const sum = { ...(tables.counters.get(key) ?? noCounts) }
  for (const name of countNames) sum[name] += by[name] ?? 0
  tables.counters.set(key, sum)
}

/** The names of the counters. */
export const countNames = [
  'created',
  'attempts',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const satisfies readonly (keyof MemoryCounts)[]

/** Writes a settlement; the same turn twice, or a second final one, is what the primary key and the unique index refuse. */
export const keepSettlement = (tables: MemoryTables, settlement: MemorySettlement): void => {
  for (const old of tables.settlements) {
    if (old.deliveryId !== settlement.deliveryId) continue
    if (old.turn === settlement.turn)
      throw new Error(`settlement ${settlement.deliveryId}/${settlement.turn} exists already`)
  }
  tables.settlements.push(settlement)
}
