/**
 * Reaping: a lease that ran out means that its worker was lost, and that the exchange may have happened. Each becomes a
 * turn with the outcome unknown. Row by row when the batch fails: one poisoned row must not stop the sweep.
 */
import type { Pool } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { ruleRetry } from '@carillon/domain/retry'
import { isAtDeadStep } from '@carillon/domain/route-progress'
import { decideTurn } from '@carillon/domain/turn'
import * as sql from './queries/engine.ts'
import { progressOf, type LeaseRow, type OverdueRow } from './rows.ts'
import { query } from '../platform/db/statement.ts'
import type { Lease, SettledTurn, SettleReport } from './store.ts'

/** A row that can't be reaped is looked at again after this: it must not be the first thing that every sweep meets. */
const setAsideMs = 300_000

export type ReapOptions = {
  readonly pool: Pool
  readonly limit: number
  readonly settle: (turns: readonly SettledTurn[]) => Promise<SettleReport>
  /** Does this error say something of the moment (true), or of the rows? */
  readonly isPassing: (error: unknown) => boolean
  /** The database refuses what should become of this row; it stays as it is for a while. */
  readonly onSetAside: (error: unknown, lease: Lease) => void
}

/** Takes up to `limit` overdue leases and settles them. Returns how many were written. Throws when the database does not answer. */
export const reapLeases = async (options: ReapOptions): Promise<number> => {
  const { pool, limit, settle, isPassing } = options
  const rows = await query<OverdueRow>(pool, sql.overdueLeasesAcrossTenants, [limit])
  const turns = rows.map((row) => lostTurn(overdueLease(row)))
  if (turns.length === 0) return 0
  try {
    return (await settle(turns)).written.length
  } catch (error) {
    if (isPassing(error)) throw error
    return await reapOneByOne(turns, options)
  }
}

const reapOneByOne = async (
  turns: readonly SettledTurn[],
  options: ReapOptions,
): Promise<number> => {
  let written = 0
  for (const turn of turns)
    // oxlint-disable-next-line no-await-in-loop -- a sweep that went wrong must not take all connections as well
    written += await reapOne(turn, options)
  return written
}

const reapOne = async (
  turn: SettledTurn,
  { pool, settle, isPassing, onSetAside }: ReapOptions,
): Promise<number> => {
  try {
    return (await settle([turn])).written.length
  } catch (error) {
    if (isPassing(error)) throw error
    onSetAside(error, turn.claim)
    const { tenantId, deliveryId, fence } = turn.claim
    await query(pool, sql.renewAcrossTenants, [[tenantId], [deliveryId], [fence], setAsideMs])
    return 0
  }
}

/** A lease that ran out. */
export type OverdueLease = {
  readonly claim: Lease
  readonly claimedAt: Instant
  readonly endedAt: Instant
  readonly sendUntil: Instant
  readonly onUnknown: 'resend' | 'hold'
}

/** The turn of a lost worker. It ended, as far as anybody knows, when its lease did. */
export const lostTurn = ({
  claim,
  claimedAt,
  endedAt,
  sendUntil,
  onUnknown,
}: OverdueLease): SettledTurn => ({
  claim,
  startedAt: claimedAt,
  durationMs: Math.max(0, endedAt - claimedAt),
  // At a dead step nothing was to be sent.
  outcome: isAtDeadStep(claim.progress) ? undefined : { kind: 'unknown', reason: 'worker lost' },
  // Only `worker_lost` is decided here, which asks nothing of the route's policy.
  decision: decideTurn(
    { steps: 1, retry: ruleRetry, fallback: 'at_once', whenOpen: 'hold' },
    claim.progress,
    { kind: 'gate', gate: { kind: 'worker_lost' } },
    {
      now: endedAt,
      random: 0,
      sendUntil,
      onUnknown,
      breakerOpenMs: 0,
      attempts: claim.attemptCount,
    },
  ),
  nextIntegrationId: claim.integrationId,
  channel: '',
})

const overdueLease = (row: OverdueRow): OverdueLease => ({
  claim: leaseOf(row),
  claimedAt: row.claimed_at,
  endedAt: row.was_due,
  sendUntil: row.send_until,
  onUnknown: row.on_unknown,
})

const leaseOf = (row: LeaseRow): Lease => ({
  tenantId: row.tenant_id,
  integrationId: row.integration_id,
  priority: row.priority,
  deliveryId: row.delivery_id,
  fence: row.fence,
  attemptCount: row.attempt_count,
  progress: progressOf(row),
  address: '',
})
