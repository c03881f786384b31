/**
 * The engine's tables as maps, for the memory store: the columns that decide something, rows that are replaced and never
 * changed. Not for content, and not for days and shards of counters, which decide nothing.
 */
import { closedBreaker, type BreakerState } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import type { FinalState, PendingReason } from '@carillon/domain/delivery-status'
import type { DailyWindow } from '@carillon/domain/window'
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
  readonly campaign?: string | undefined
  readonly contact?: string | undefined
  readonly timeZone?: string | undefined
}

/** A campaign that runs, as far as deliveries and its own loop look at it. A lease is `dueAt` moved forward with a new fence. */
export type MemoryCampaign = {
  readonly tenantId: string
  readonly id: string
  /** Of its deliveries that are not sent yet; undefined: each has its own. */
  readonly planId: string | undefined
  readonly state: 'running' | 'paused' | 'canceled'
  readonly endsAt: Instant
  readonly window: DailyWindow | undefined
  /** Integrations of its route. */
  readonly steps: readonly string[]
  readonly whenOpen: WhenOpen
  /** In the order in which they are dealt with; one address a step, '' where there is none. */
  readonly audience: readonly {
    readonly contact: string
    readonly addresses: readonly string[]
    readonly timeZone: string
  }[]
  /** How many of them were dealt with. */
  readonly cursor: number
  /** Walks through its waiting rows that are still to be made, and the last row of the one under way. */
  readonly sweep: number
  readonly sweepCursor: string
  readonly fence: number
  readonly dueAt: Instant
  readonly finishedAt: Instant | undefined
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
  readonly campaign?: string | undefined
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
  /** By id. */
  readonly campaigns: Map<string, MemoryCampaign>
  /** By campaign; `created` is what the campaign has made. */
  readonly campaignCounters: Map<string, MemoryCounts>
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
  campaigns: new Map(),
  campaignCounters: new Map(),
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
  > &
    Partial<Pick<MemoryRow, 'reason' | 'progress'>>,
): void => {
  tables.deliveries.set(delivery.id, delivery)
  const { tenantId, campaign } = delivery
  tables.queue.set(delivery.id, {
    reason: 'scheduled',
    progress: freshProgress,
    ...row,
    tenantId,
    deliveryId: delivery.id,
    state: 'pending',
    fence: 0,
    leaseOwner: undefined,
    claimedAt: undefined,
    attemptCount: 0,
    campaign,
  })
  count(tables, { tenantId, integrationId: row.integrationId, campaign }, { created: 1 })
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

/** Adds to the counters of an integration, and of a campaign where it is of one. */
export const count = (
  tables: MemoryTables,
  of: {
    readonly tenantId: string
    readonly integrationId: string
    readonly campaign?: string | undefined
  },
  by: Partial<MemoryCounts>,
): void => {
  addTo(tables.counters, stateText(of), by)
  if (of.campaign !== undefined) addTo(tables.campaignCounters, of.campaign, by)
}

const addTo = (
  counters: Map<string, MemoryCounts>,
  key: string,
  by: Partial<MemoryCounts>,
): void => {
  const sum = { ...(counters.get(key) ?? noCounts) }
  for (const name of countNames) sum[name] += by[name] ?? 0
  counters.set(key, sum)
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
