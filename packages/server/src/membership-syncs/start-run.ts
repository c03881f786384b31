/** Begins and ends runs: by people, who wait for the answer of a dry run; and what a run is made of, for the jobs that make them. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { printId, type Id, type TenantId } from '@carillon/domain/ids'
import type { MembershipChange } from '@carillon/domain/membership-diff'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { sleep } from '../platform/lifecycle/waiting.ts'
import * as runs from './queries/runs.ts'
import { lockSync, type SyncRow } from './queries/syncs.ts'
import type { SyncRunner } from './run-syncs.ts'
import type { DiffView, RunBody, RunView } from './schema.ts'
import { viewRun } from './sync-view.ts'

type Sync = Id<'membershipSync'>

const noReads = { read: 0, on_list: 0, held: 0 }

/** The part of a new run that its sync gives. */
export const policyOf = (row: SyncRow): runs.RunPolicy => ({
  name: row.name,
  source: row.source,
  target: row.target,
  list: row.list,
  onInactive: row.on_inactive,
  strangers: row.strangers,
  filter: row.filter,
  maxRemovalsPercent: row.max_removals_percent,
})

export type StartContext = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly newId: IdGenerator
  readonly by: string
}

/** Makes a run that begins at once. Throws `not_found`; `conflict` while another one is under way. */
export const startRun = async (
  { client, tenantId, newId, by }: StartContext,
  sync: Sync,
  { dryRun = false, force = false, mode = 'full' }: RunBody,
): Promise<RunView> => {
  const row = await lockSync(client, tenantId, sync)
  if (row === undefined) throw notFound()
  const open = await runs.findOpenRun(client, tenantId, { sync, dryRun })
  if (open !== undefined) {
    throw appError('conflict', {
      detail: `A run is under way: ${printId('run', open.id)}. Wait for its end, or cancel it.`,
    })
  }
  const since = mode === 'changed' ? await sinceOf(client, tenantId, sync) : null
  const made = await runs.insertRun(client, tenantId, {
    id: newId('run'),
    sync,
    // Nothing was read yet that a change could be told from.
    mode: since === null ? 'full' : 'changed',
    origin: 'hand',
    dryRun,
    force,
    keys: [],
    since,
    policy: policyOf(row),
    by,
  })
  return viewRun(made, [], noReads)
}

const sinceOf = async (
  client: PoolClient,
  tenantId: TenantId,
  sync: Sync,
): Promise<Instant | null> => (await runs.findLastRead(client, tenantId, sync)) ?? null

/** Ends a run: what has been done stays, what waits is taken back. Throws `not_found`; `conflict` when it has ended. */
export const cancelRun = async (
  client: PoolClient,
  tenantId: TenantId,
  of: { readonly sync: Sync; readonly id: Id<'run'> },
): Promise<RunView> => {
  const row = await runs.cancelRun(client, tenantId, of)
  if (row !== undefined) return viewRun(row, await runs.tallyRun(client, tenantId, row.id), noReads)
  const found = await runs.findRun(client, tenantId, of)
  if (found === undefined) throw notFound()
  throw appError('conflict', { detail: `The run has already ended: ${found.state}.` })
}

/** Somebody looks on: longer than this and the answer is the run. */
const dryRunMs = 50_000
const lookEveryMs = 100
/** Addresses shown of each kind; the run's changes have all. */
const shownAtMost = 5_000

export type DryRunServices = {
  readonly pool: Pool
  readonly runner: Pick<SyncRunner, 'work'>
  readonly monotonicMs: () => number
}

export type DryRunEnd =
  | { readonly kind: 'diff'; readonly diff: DiffView }
  | { readonly kind: 'running'; readonly run: RunView }

/** Works on a dry run until it has ended, and answers what it found. Throws `conflict` with the reason when it failed. */
export const finishDryRun = async (
  tenantId: TenantId,
  of: { readonly sync: Sync; readonly id: Id<'run'> },
  { pool, runner, monotonicMs }: DryRunServices,
): Promise<DryRunEnd> => {
  const signal = new AbortController().signal
  const untilMs = monotonicMs() + dryRunMs
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- until it has ended
    await runner.work(of.id, signal)
    // oxlint-disable-next-line no-await-in-loop -- see above
    const row = await inTenant(pool, tenantId, (client) => runs.findRun(client, tenantId, of))
    if (row === undefined) throw notFound()
    // oxlint-disable-next-line no-await-in-loop -- the end
    if (row.finished_at !== null) return { kind: 'diff', diff: await diffOf(pool, row) }
    if (monotonicMs() > untilMs) return { kind: 'running', run: viewRun(row, [], noReads) }
    // oxlint-disable-next-line no-await-in-loop -- another process has it, or it waits for the other side
    await sleep(lookEveryMs, signal)
  }
}

const diffOf = async (pool: Pool, row: runs.RunRow): Promise<DiffView> => {
  if (row.state !== 'finished') {
    throw appError('conflict', { detail: row.error ?? `The run has ended: ${row.state}.` })
  }
  const { tenant_id: tenantId, id: run } = row
  return await inTenant(pool, tenantId, async (client) => {
    const wanted = { run, after: 0, limit: shownAtMost }
    const emails = async (change: MembershipChange): Promise<string[]> =>
      (await runs.listChanges(client, tenantId, { ...wanted, change })).map(
        ({ email }) => email ?? '',
      )
    const skipped = await runs.listChanges(client, tenantId, { ...wanted, change: 'skip' })
    const tallies = await runs.tallyRun(client, tenantId, run)
    const count = (wish: string): number =>
      tallies.reduce((sum, { change, n }) => (change === wish ? sum + n : sum), 0)
    return {
      run: printId('run', run),
      total: row.unchanged + tallies.reduce((sum, { n }) => sum + n, 0),
      subscribe: await emails('subscribe'),
      unsubscribe: await emails('unsubscribe'),
      hold: await emails('hold'),
      unhold: await emails('unhold'),
      rename: await emails('rename'),
      unchanged: row.unchanged,
      skipped: skipped.map(({ reason, key, email }) => ({ reason: reason ?? '', key, email })),
      counts: {
        subscribe: count('subscribe'),
        unsubscribe: count('unsubscribe'),
        hold: count('hold'),
        unhold: count('unhold'),
        rename: count('rename'),
        unchanged: row.unchanged,
        skipped: count('skip'),
      },
      complete: tallies.every(({ n }) => n <= shownAtMost),
      ...(row.blocked === null ? {} : { blocked: row.blocked }),
    }
  })
}
