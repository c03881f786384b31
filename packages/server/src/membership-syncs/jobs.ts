/** What makes runs by itself (schedules, hints of hooks), and what forgets what they have read. Safe in several processes at once. */
import type { Pool, PoolClient } from 'pg'
import {
  findOpenRun,
  forgetReadingsAcrossTenants,
  forgetRunsAcrossTenants,
  insertRun,
} from './queries/runs.ts'
import { syncsDueAcrossTenants, syncsHintedAcrossTenants } from './queries/due.ts'
import * as sql from './queries/syncs.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { markHintsApplied, takeHints } from '../sources/take-hints.ts'
import { nextSyncTime } from './next-sync-time.ts'
import { policyOf } from './start-run.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
  /** Runs were made. */
  readonly wake: () => void
}

const hintsAtOnce = 500
const sourcesAtOnce = 20
/** More members than this are a list: the whole is read. */
const mostKeys = 500
/** How long progress can be looked up after the end; then the copies of people's data go. */
const readingsKeptMs = 3_600_000
const rowsAtOnce = 5_000
const runsKeptDays = 90
const runsAtOnce = 20

/** The scheduler's jobs. */
export const membershipJobs = (options: Options) => [
  {
    name: 'membership-schedule',
    everyMs: 5_000,
    due: syncsDueAcrossTenants,
    turn: () => runDueSync(options),
  },
  {
    name: 'membership-hints',
    everyMs: 1_000,
    due: syncsHintedAcrossTenants,
    turn: () => followHints(options),
  },
  {
    name: 'membership-forget',
    everyMs: 60_000,
    turn: async () =>
      (await forgetReadingsAcrossTenants(options.pool, {
        afterMs: readingsKeptMs,
        limit: rowsAtOnce,
      })) +
      (await forgetRunsAcrossTenants(options.pool, { days: runsKeptDays, limit: runsAtOnce })),
  },
]

/** Makes the run of the sync that is due longest; one that is still under way is its run of this time. Returns 1 or 0. */
export const runDueSync = async ({ pool, newId, wake }: Options): Promise<number> => {
  const made = await inTransaction(pool, async (client) => {
    const row = await sql.takeDueAcrossTenants(client)
    if (row === undefined) return 0
    const zone = await sql.findZone(client, row.tenant_id)
    await sql.moveSync(client, row, nextSyncTime(row.schedule, row.now, zone))
    const open = await findOpenRun(client, row.tenant_id, { sync: row.id, dryRun: false })
    if (open === undefined) await makeRun(client, row, { newId, origin: 'schedule', keys: [] })
    return 1
  })
  if (made > 0) wake()
  return made
}

/** Hints become members that syncs are to look at; syncs without a run under way get one. Returns how much was done. */
export const followHints = async (options: Options): Promise<number> => {
  const { pool, newId, wake } = options
  const taken = await inTransaction(pool, async (client) => {
    let count = 0
    for (const source of await sql.findHintedAcrossTenants(client, sourcesAtOnce))
      // oxlint-disable-next-line no-await-in-loop -- in one transaction
      count += await noteHints(client, source)
    return count
  })
  const made = await inTransaction(pool, async (client) => {
    const row = await sql.takePendingAcrossTenants(client)
    if (row === undefined) return 0
    const keys = row.pending_keys.length > mostKeys ? [] : row.pending_keys
    await makeRun(client, row, { newId, origin: 'hint', keys })
    return 1
  })
  if (made > 0) wake()
  return taken + made
}

const noteHints = async (
  client: PoolClient,
  source: Awaited<ReturnType<typeof sql.findHintedAcrossTenants>>[number],
): Promise<number> => {
  const { tenant_id: tenantId, integration_id: integrationId } = source
  const hints = await takeHints(client, { tenantId, integrationId, limit: hintsAtOnce })
  const keys = [...new Set(hints.map(({ key }) => key))]
  if (keys.length > 0) await sql.addPendingKeys(client, tenantId, { source: integrationId, keys })
  const hintIds = hints.map(({ hintId }) => hintId)
  await markHintsApplied(client, { tenantId, integrationId, hintIds })
  return hints.length
}

const makeRun = async (
  client: PoolClient,
  row: sql.SyncRow,
  given: {
    readonly newId: IdGenerator
    readonly origin: 'schedule' | 'hint'
    readonly keys: readonly string[]
  },
): Promise<void> => {
  await insertRun(client, row.tenant_id, {
    id: given.newId('run'),
    sync: row.id,
    mode: given.keys.length > 0 ? 'members' : 'full',
    origin: given.origin,
    dryRun: false,
    force: false,
    keys: given.keys,
    since: null,
    policy: policyOf(row),
    by: 'system',
  })
}
