/** The last phases of a run: its changes become deliveries, a chunk at a time, and it has ended when all of them have. */
import { inTransaction } from '../platform/db/transaction.ts'
import { changeSendForMs, priorityOf } from './plan-of-change.ts'
import { putBackRun, tallyRun, type ClaimedRun } from './queries/runs.ts'
import { deliverChanges, withdrawDeliveries } from './queries/steps.ts'
import { endRun, rest, type StepEnd, type SyncServices } from './run-step.ts'

const chunkSize = 1_000
const withdrawnAtOnce = 1_000
/** How late the end of a run may be noticed. A large one is counted less often: each count is a look at every change. */
const lookEveryMs = 300
const longestLookMs = 5_000

/** One chunk of deliveries. */
export const deliverChunk = async (run: ClaimedRun, services: SyncServices): Promise<StepEnd> => {
  const { pool, shard, leaseMs, wakeLanes } = services
  const priority = priorityOf(run)
  const given = { limit: chunkSize, priority, sendForMs: changeSendForMs, shard, leaseMs }
  const moved = await inTransaction(pool, (client) => deliverChanges(client, run, given))
  if (moved === undefined) return rest
  wakeLanes([{ tenantId: run.tenant_id, integrationId: run.policy.target, priority }])
  return { kind: 'go', run: { ...run, ...moved } }
}

const open: ReadonlySet<string> = new Set(['pending', 'sending'])

/** Are its deliveries ended? Then so is the run. */
export const awaitDeliveries = async (
  run: ClaimedRun,
  services: SyncServices,
): Promise<StepEnd> => {
  const tallies = await tallyRun(services.pool, run.tenant_id, run.id)
  const left = tallies.reduce((sum, { state, n }) => (open.has(state) ? sum + n : sum), 0)
  if (left === 0) {
    return await endRun(run, { state: run.cancel_wanted ? 'canceled' : 'finished' }, services)
  }
  const waitMs = Math.min(longestLookMs, Math.max(lookEveryMs, run.made / 20))
  await putBackRun(services.pool, run, { waitMs, tries: 0 })
  return rest
}

/** Somebody wants it to end: what waits is ended, what is being sent is waited for. */
export const cancelChanges = async (run: ClaimedRun, services: SyncServices): Promise<StepEnd> => {
  const { pool, shard } = services
  if (run.phase !== 'deliver' && run.phase !== 'wait') {
    return await endRun(run, { state: 'canceled' }, services)
  }
  const given = { limit: withdrawnAtOnce, shard }
  const gone = await inTransaction(pool, (client) => withdrawDeliveries(client, run, given))
  return gone === withdrawnAtOnce
    ? { kind: 'go', run }
    : await awaitDeliveries({ ...run, made: 0 }, services)
}
