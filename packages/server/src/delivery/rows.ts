/** Database rows to the engine's values: the one place where SQL's names and nulls are parsed. No SQL, no decisions. */
import type { BreakerState } from '@carillon/domain/breaker'
import { closedBreaker } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import { freshProgress, type Progress } from '@carillon/domain/route-progress'
import type { WhenOpen } from '@carillon/domain/turn'
import { parseTimestamptz } from '../platform/db/parse-timestamptz.ts'
import { acceptedShift } from './end-accepted.ts'
import type { ClaimedDelivery, LaneKey, LaneLimits, LaneView } from './store.ts'

/** The queue's columns that say where the route of a row stands. */
export type RouteRow = {
  attempt_count: number
  step: number
  round: number
  step_tries: number
  /** Two masks: dead steps, and from `acceptedShift` on those that accepted the message. */
  dead: number
  marks: number
  wait_until: Instant | null
  possible_duplicate: boolean
  moved_to: string | null
  crashes: number
  when_open: WhenOpen
}

/** The queue's columns that every leased row has. */
export type LeaseRow = RouteRow & {
  tenant_id: string
  delivery_id: string
  integration_id: string
  priority: number
  fence: number
  was_due: Instant
  send_until: Instant
  claimed_at: Instant
}

/** A lease that ran out, with what its integration does after an unknown outcome. */
export type OverdueRow = LeaseRow & { on_unknown: 'resend' | 'hold' }

/** The columns of a claimed row, in the order of the statement (`claimAcrossTenants`). */
export type ClaimRow = readonly [
  /** Its lane's place among those that were asked for, from 1 on. */
  lane: number,
  deliveryId: string,
  fence: number,
  /** Null at the beginning of the route of a delivery that waits for a breaker: of nearly all. */
  route: string | null,
  wasDue: Instant,
  sendUntil: Instant,
  claimedAt: Instant,
  planId: string,
  createdAt: Instant,
  address: string,
  version: number,
  /** The reason of a suppression, or `unregistered`. */
  stoppedBy: string | null,
  channel: string,
  subscription: string | null,
  campaign: string | null,
  /** JSON text, as it is stored. */
  context: string | null,
  timeZone: string | null,
  sourceId: string,
  source: string,
  type: string,
  subject: string | null,
  time: Instant,
  data: string,
]

/** What the column `dead` holds of this progress. The last of 16 steps never waits for a receipt, so 31 bits are enough. */
export const deadColumn = ({ dead, accepted }: Progress): number =>
  dead | (accepted << acceptedShift)

/** Where the route of a queue row stands. */
export const progressOf = (row: Omit<RouteRow, 'attempt_count' | 'when_open'>): Progress => ({
  step: row.step,
  round: row.round,
  stepTries: row.step_tries,
  dead: row.dead & (2 ** acceptedShift - 1),
  accepted: row.dead >>> acceptedShift,
  marks: row.marks,
  waitUntil: row.wait_until ?? undefined,
  possibleDuplicate: row.possible_duplicate,
  movedTo: row.moved_to ?? undefined,
  crashes: row.crashes,
})

type RoutePart = Pick<ClaimedDelivery, 'attemptCount' | 'progress' | 'whenOpen'>

/** Shared by all of them: nobody writes to it. */
const routeBegin: RoutePart = { attemptCount: 0, progress: freshProgress, whenOpen: 'hold' }

const routeOf = (json: string | null): RoutePart => {
  if (json === null) return routeBegin
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the statement makes; `engine.db.test.ts` reads it back
  const row = JSON.parse(json) as Omit<RouteRow, 'wait_until'> & { wait_until: string | null }
  const waitUntil = row.wait_until === null ? null : parseTimestamptz(row.wait_until)
  const progress = progressOf({ ...row, wait_until: waitUntil })
  return { attemptCount: row.attempt_count, progress, whenOpen: row.when_open }
}

/** A row of the claim as the engine's value, with the lane that it was asked for. */
export const claimOf = (
  row: ClaimRow,
  { tenantId, integrationId, priority }: LaneKey,
): ClaimedDelivery => {
  const { attemptCount, progress, whenOpen } = routeOf(row[3])
  return {
    tenantId,
    integrationId,
    priority,
    deliveryId: row[1],
    fence: row[2],
    attemptCount,
    progress,
    whenOpen,
    dueAt: row[4],
    sendUntil: row[5],
    claimedAt: row[6],
    planId: row[7],
    createdAt: row[8],
    address: row[9],
    integrationVersion: row[10],
    suppressed: row[11] !== null,
    stoppedBy: row[11] ?? undefined,
    subscription: row[13] ?? undefined,
    campaign: row[14] ?? undefined,
    contactJson: row[15] ?? undefined,
    timeZone: row[16] ?? undefined,
    event: {
      id: row[17],
      source: row[18],
      type: row[19],
      subject: row[20] ?? undefined,
      time: row[21],
      dataJson: row[22],
    },
  }
}

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
