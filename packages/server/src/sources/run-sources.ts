/**
 * The runner of sources as a part of the process: claims those that are due, keeps their leases, and lets go of what was
 * stopped or taken away. One runner a source over all processes: whoever has the lease. What a run does: `run-source.ts`.
 */
import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { query } from '../platform/db/statement.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Lookout } from '../platform/lifecycle/lookout.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop, type TurnResult } from '../platform/lifecycle/run-loop.ts'
import { createWaker, type Waker } from '../platform/lifecycle/waiting.ts'
import type { Metrics } from '../platform/metrics.ts'
import { createHeldSources } from './held-sources.ts'
import * as sql from './queries/runner.ts'
import { readStored } from './read-stored.ts'
import { runSource, type ClaimedSource, type SourceServices } from './run-source.ts'
import { sourceConnectors } from './source-connectors.ts'

export type RunSourcesOptions = SourceServices & {
  readonly leaseMs: number
  readonly progress: Progress
  /** Woken when this process was asked for a run. */
  readonly waker: Waker
  readonly lookout: Pick<Lookout, 'watch'>
  readonly metrics: Metrics
}

type RunnerOptions = Omit<RunSourcesOptions, 'progress' | 'waker' | 'lookout'> & {
  /** A run has begun, and none was under way. */
  readonly onFirst?: () => void
  /** A run has ended: there may be room for another one. */
  readonly onEnded?: () => void
}

/** Polls at the same time in one process: each is an exchange or two. */
const mostPolls = 32
/** Mailboxes that one process listens to: a connection and some kB each. */
const mostListeners = 500
/** Of these places, for one tenant: its slow or endless sources leave room for others'. */
const largestShare = 0.75
/** What other processes were asked for is found within this time. */
const dueEveryMs = 1_000
/** A stop takes effect within a second: it is looked for this often, and a connector then has 0.8 s. */
const lookEveryMs = 200
/** With none to look for; the first one ends the wait. */
const restMs = 30_000
/** How often sources without a state are looked for, and states counted. */
const adoptEveryMs = 30_000
/** In one statement; the rest in the next one. */
const claimedAtOnce = 32

type IdleMs = Parameters<typeof runLoop>[0]['idleMs']

type ClaimRow = {
  readonly tenant_id: string
  readonly integration_id: string
  readonly fence: number
  readonly cursor: string | null
  readonly failures: number
  readonly run_id: string
  readonly late_ms: number
  readonly connector: string
  readonly name: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
}

/** Starts it. Stopping lets all sources go, to be taken up by others. */
export const runSources = (options: RunSourcesOptions): Started<undefined> => {
  const stopping = new AbortController()
  const { lookout, progress, metrics, log, clock, waker } = options
  const leaseWaker = createWaker()
  const runner = createSourceRunner({
    ...options,
    onEnded: waker.wake,
    onFirst: leaseWaker.wake,
  })
  const due = sql.sourcesDueAcrossTenants(sourceConnectors(options.connectors).running)
  const onTurn = recordTurns({ metrics, log, epochMs: clock.now })
  const loop = (name: string, turn: () => Promise<TurnResult>, idleMs: IdleMs, own?: Waker) =>
    runLoop({
      name,
      signal: stopping.signal,
      turn,
      idleMs,
      progress,
      onTurn,
      ...(own === undefined ? {} : { waker: own }),
    })
  const loops = [
    loop('sources', runner.claimDue, lookout.watch({ everyMs: dueEveryMs, due, waker }), waker),
    loop(
      'source leases',
      runner.look,
      () => (runner.held().length > 0 ? lookEveryMs : restMs),
      leaseWaker,
    ),
    loop('source states', runner.adopt, adoptEveryMs),
  ]
  return {
    value: undefined,
    stop: async () => {
      stopping.abort()
      await Promise.all(loops)
      await runner.stop()
    },
  }
}

const claimOf = (row: ClaimRow, owner: string): ClaimedSource => ({
  tenantId: row.tenant_id,
  integrationId: row.integration_id,
  connector: row.connector,
  name: row.name,
  owner,
  fence: row.fence,
  runId: row.run_id,
  cursor: readStored(row.cursor),
  failures: row.failures,
  settings: row.settings,
  secrets: row.secrets,
})

/** The runner's turns, for its loops and for tests. */
export const createSourceRunner = (options: RunnerOptions) => {
  const { pool, leaseMs, monotonicMs, connectors, newId, metrics } = options
  const owner = randomUUID()
  const held = createHeldSources({ pool, owner, leaseMs, monotonicMs })
  const ids = sourceConnectors(connectors)

  const begin = (row: ClaimRow, isListener: boolean): void => {
    metrics.sourceDelaySeconds.observe({}, Math.max(0, row.late_ms) / 1_000)
    const claim = claimOf(row, owner)
    const isFirst = held.integrations().length === 0
    held.add(claim, isListener, async (signal) => {
      await runSource(claim, options, signal)
      options.onEnded?.()
    })
    if (isFirst) options.onFirst?.()
  }

  const claim = async (isListener: boolean): Promise<number> => {
    const names = isListener ? ids.listened : ids.polled
    const places = isListener ? mostListeners : mostPolls
    const room = places - held.count(isListener)
    if (names.length === 0 || room <= 0) return 0
    const runIds = Array.from({ length: Math.min(room, claimedAtOnce) }, () => newId('run'))
    const share = Math.floor(places * largestShare)
    const values = [owner, leaseMs, names, runIds, held.tenants(isListener), share]
    const rows = await query<ClaimRow>(pool, sql.claimAcrossTenants, values)
    for (const row of rows) begin(row, isListener)
    return rows.length
  }

  return {
    claimDue: async (): Promise<TurnResult> =>
      (await claim(true)) + (await claim(false)) > 0 ? 'worked' : 'idle',
    look: async (): Promise<TurnResult> => {
      await held.look()
      return 'idle'
    },
    adopt: async (): Promise<TurnResult> => {
      await query(pool, sql.adoptAcrossTenants, [ids.all, ids.running])
      await measure(pool, metrics)
      return 'idle'
    },
    /** Runs of now, by integration. */
    held: held.integrations,
    stop: held.stopAll,
  }
}

type StateRow = { readonly state: string; readonly n: number; readonly late_seconds: number }

const measure = async (pool: Pool, metrics: Metrics): Promise<void> => {
  const rows = await query<StateRow>(pool, sql.countStatesAcrossTenants, [])
  for (const state of ['idle', 'running', 'backing_off', 'stopped'])
    metrics.sources.set({ state }, rows.find((row) => row.state === state)?.n ?? 0)
  metrics.sourceLagSeconds.set({}, Math.max(0, ...rows.map((row) => row.late_seconds)))
}
