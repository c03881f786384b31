/** Database rows to the engine's values: the one place where SQL's names and nulls are parsed. No SQL, no decisions. */
import type { BreakerState } from '@carillon/domain/breaker'
import { closedBreaker } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import type { Progress } from '@carillon/domain/route-progress'
import type { WhenOpen } from '@carillon/domain/turn'
import type { ClaimedDelivery, LaneLimits, LaneView } from './store.ts'

/** The queue's columns that every leased row has. */
export type LeaseRow = {
  tenant_id: string
  delivery_id: string
  integration_id: string
  priority: number
  fence: number
  attempt_count: number
  step: number
  round: number
  step_tries: number
  dead: number
  marks: number
  wait_until: Instant | null
  possible_duplicate: boolean
  moved_to: string | null
  crashes: number
  when_open: WhenOpen
  was_due: Instant
  send_until: Instant
  claimed_at: Instant
}

/** A lease that ran out, with what its integration does after an unknown outcome. */
export type OverdueRow = LeaseRow & { on_unknown: 'resend' | 'hold' }

export type ClaimRow = LeaseRow & {
  plan_id: string
  created_at: Instant
  address: string
  version: number
  channel: string
  /** The reason of a suppression, or `unregistered`. */
  stopped_by: string | null
  subscription: string | null
  campaign: string | null
  /** JSON text, as it is stored. */
  context: string | null
  time_zone: string | null
  source_id: string
  source: string
  type: string
  subject: string | null
  time: Instant
  data: string
}

/** Where the route of a queue row stands. */
export const progressOf = (row: LeaseRow): Progress => ({
  step: row.step,
  round: row.round,
  stepTries: row.step_tries,
  dead: row.dead,
  marks: row.marks,
  waitUntil: row.wait_until ?? undefined,
  possibleDuplicate: row.possible_duplicate,
  movedTo: row.moved_to ?? undefined,
  crashes: row.crashes,
})

/** A row of the claim as the engine's value. */
export const claimOf = (row: ClaimRow): ClaimedDelivery => ({
  tenantId: row.tenant_id,
  integrationId: row.integration_id,
  priority: row.priority,
  deliveryId: row.delivery_id,
  fence: row.fence,
  attemptCount: row.attempt_count,
  progress: progressOf(row),
  whenOpen: row.when_open,
  dueAt: row.was_due,
  sendUntil: row.send_until,
  createdAt: row.created_at,
  claimedAt: row.claimed_at,
  planId: row.plan_id,
  address: row.address,
  suppressed: row.stopped_by !== null,
  stoppedBy: row.stopped_by ?? undefined,
  subscription: row.subscription ?? undefined,
  campaign: row.campaign ?? undefined,
  contactJson: row.context ?? undefined,
  timeZone: row.time_zone ?? undefined,
  integrationVersion: row.version,
  event: {
    id: row.source_id,
    source: row.source,
    type: row.type,
    subject: row.subject ?? undefined,
    time: row.time,
    dataJson: row.data,
  },
})

export type StateRow = {
  tenant_id: string
  integration_id: string
  breaker_state: 'closed' | 'open' | 'half_open' | null
  failures: number | null
  open_until: Instant | null
  open_reason: string | null
  paused_until: Instant | null
}

/** The breaker of a state row; a row that is not there yet is a closed breaker. */
export const breakerOf = (row: StateRow): BreakerState => {
  if (row.breaker_state === null) return closedBreaker
  if (row.breaker_state === 'closed') return { state: 'closed', failures: row.failures ?? 0 }
  return {
    state: row.breaker_state,
    failures: row.failures ?? 0,
    openUntil: row.open_until ?? instant(0),
    reason: row.open_reason ?? '',
  }
}

export type LaneRow = StateRow & {
  priority: number
  due_at: Instant
  version: number
  connector: string
  limits: LaneLimits | null
}

/** A row of the lane scan as the engine's value. */
export const laneOf = (row: LaneRow): LaneView => ({
  tenantId: row.tenant_id,
  integrationId: row.integration_id,
  priority: row.priority,
  dueAt: row.due_at,
  breaker: breakerOf(row),
  pausedUntil: row.paused_until ?? undefined,
  version: row.version,
  connector: row.connector,
  limits: row.limits ?? undefined,
})
