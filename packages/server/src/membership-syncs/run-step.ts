/** What the steps of a run share: their services, how one ends, and writing only as long as the run is ours. */
import type { PoolClient } from 'pg'
import type { RosterFailure } from '@carillon/connectors/roster'
import { countMembership, type MembershipCounts } from '@carillon/domain/membership-counts'
import { printId } from '@carillon/domain/ids'
import { toIso, type Clock } from '@carillon/domain/clock'
import type { LaneKey } from '../delivery/store.ts'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { RosterServices } from './open-roster.ts'
import { advanceRun, finishRun, putBackRun, tallyRun, type ClaimedRun } from './queries/runs.ts'

export type SyncServices = RosterServices & {
  readonly clock: Clock
  readonly shard: number
  readonly leaseMs: number
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  readonly newId: IdGenerator
  readonly log: Log
  readonly metrics: Pick<Metrics, 'membershipRuns' | 'membershipChanges'>
  /** Deliveries were made in these lanes. */
  readonly wakeLanes: (lanes: readonly LaneKey[]) => void
}

/** `go`: the next step can follow at once; `rest`: it has ended, waits, or is not ours any more. */
export type StepEnd = { readonly kind: 'go'; readonly run: ClaimedRun } | { readonly kind: 'rest' }

export const rest: StepEnd = { kind: 'rest' }

/** Somebody else has it: nothing of the step may stay. */
class LostLease extends Error {}

/** Writes a step and the run's new place in one transaction. `write` comes after the run was found to be ours still. */
export const moveOn = async (
  next: ClaimedRun,
  { pool, leaseMs }: SyncServices,
  write: (client: PoolClient) => Promise<void>,
  plans?: Readonly<Record<string, string>>,
): Promise<StepEnd> => {
  try {
    await inTransaction(pool, async (client) => {
      const given = plans === undefined ? { leaseMs } : { leaseMs, plans }
      if (!(await advanceRun(client, next, given))) throw new LostLease('the run is not ours')
      await write(client)
    })
    return { kind: 'go', run: { ...next, tries: 0 } }
  } catch (error) {
    if (error instanceof LostLease) return rest
    throw error
  }
}

/** A failed read is repeated so often, unless the other side names a wait. Somebody who looks on waits for a dry run. */
const readTries = 6
const dryRunTries = 2
const firstWaitMs = 1_000
const longestWaitMs = 60_000
/** The longest wait that the other side may impose. */
const longestAskedMs = 3_600_000
const longestDryRunWaitMs = 10_000

/** What follows a read that failed: again later, or the end. Nothing has been changed by then, so the end leaves all as it was. */
export const afterFailure = async (
  run: ClaimedRun,
  failure: RosterFailure,
  side: 'source' | 'list',
  services: SyncServices,
): Promise<StepEnd> => {
  const reason = `The ${side} could not be read: ${failure.reason}`
  if (failure.kind === 'stop') return await failRun(run, reason, services)
  const asked = failure.afterMs
  const tries = asked === undefined ? run.tries + 1 : run.tries
  const waitMs = Math.min(
    asked ?? Math.min(longestWaitMs, firstWaitMs * 2 ** run.tries),
    longestAskedMs,
  )
  const isOver = run.dry_run
    ? tries >= dryRunTries || waitMs > longestDryRunWaitMs
    : tries >= readTries
  if (isOver) return await failRun(run, reason, services)
  services.log.warn({ run: printId('run', run.id), waitMs, reason }, 'a membership run waits')
  await putBackRun(services.pool, run, { waitMs, tries })
  return rest
}

/** Ends it without having changed anything. */
export const failRun = async (
  run: ClaimedRun,
  reason: string,
  services: SyncServices,
): Promise<StepEnd> => await endRun(run, { state: 'failed', error: reason }, services)

/** Ends it, with its counts and the event that says so, in one transaction. */
export const endRun = async (
  run: ClaimedRun,
  end: { readonly state: 'finished' | 'failed' | 'canceled'; readonly error?: string },
  services: SyncServices,
): Promise<StepEnd> => {
  const { pool, acceptEvents, onAccepted } = services
  const { ended, accepted } = await inTransaction(pool, async (client) => {
    const tallies = await tallyRun(client, run.tenant_id, run.id)
    const counts = countMembership(tallies, {
      unchanged: run.unchanged,
      blocked: run.blocked !== null,
      ended: true,
    })
    const error = end.error ?? null
    const row = await finishRun(client, run, { state: end.state, counts, error })
    if (row === undefined || run.dry_run) return {}
    // What single members' hooks lead to is in their deliveries; an event each would only be noise.
    if (run.mode === 'members' && run.made === 0) return { ended: counts }
    const told = { state: end.state, counts, blocked: run.blocked, error }
    return {
      ended: counts,
      accepted: await acceptEvents(client, [eventOf(run, 'finished', told)]),
    }
  })
  if (accepted !== undefined) onAccepted(accepted)
  if (ended !== undefined) countRun(run.mode, end.state, ended, services)
  return rest
}

const results = ['subscribed', 'unsubscribed', 'held', 'unchanged', 'skipped', 'error'] as const

const countRun = (
  mode: string,
  outcome: string,
  counts: MembershipCounts,
  { metrics }: SyncServices,
): void => {
  metrics.membershipRuns.inc({ mode, outcome })
  for (const result of results) metrics.membershipChanges.inc({ result }, counts[result])
}

const eventSource = 'carillon/membership-syncs'

/** The event of a run's start or end. */
export const eventOf = (
  run: ClaimedRun,
  what: 'started' | 'finished',
  more: Readonly<Record<string, unknown>>,
): IncomingEvent => {
  const id = printId('run', run.id)
  const { name, list } = run.policy
  const sync = printId('membershipSync', run.sync)
  const data = { run: id, sync, name, list, mode: run.mode, origin: run.origin, ...more }
  return {
    tenantId: run.tenant_id,
    view: {
      id: `${id}/${what}`,
      source: eventSource,
      type: `membership_sync.${what}`,
      subject: name,
      time: toIso(run.now),
      data,
    },
    time: run.now,
    dataJson: JSON.stringify(data),
  }
}
