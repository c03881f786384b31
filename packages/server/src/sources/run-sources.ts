/**
 * The runner of sources as a part of the process: claims those that are due, keeps their leases, and lets go of what was
 * stopped or taken away. One runner a source over all processes: whoever has the lease. What a run does: `run-source.ts`.
 */
import { randomUUID } from 'node:crypto'
import { plainArray } from '../platform/db/pg-array.ts'
import { query } from '../platform/db/statement.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop, type TurnResult } from '../platform/lifecycle/run-loop.ts'
import type { Waker } from '../platform/lifecycle/waiting.ts'
import type { Metrics } from '../platform/metrics.ts'
import * as sql from './queries/runner.ts'
import { readStored } from './read-stored.ts'
import { runSource, type ClaimedSource, type SourceServices } from './run-source.ts'
import { sourceConnectors } from './source-connectors.ts'

export type RunSourcesOptions = SourceServices & {
  readonly leaseMs: number
  readonly progress: Progress
  /** Woken when this process was asked for a run. */
  readonly waker: Waker
  readonly metrics: Metrics
}

type RunnerOptions = Omit<RunSourcesOptions, 'progress' | 'waker'> & {
  /** A run has ended: there may be room for another one. */
  readonly onEnded?: () => void
}

/** Polls at the same time in one process: each is an exchange or two. */
const mostPolls = 32
/** Mailboxes that one process listens to: a connection and some kB each. */
const mostListeners = 500
/** What other processes were asked for is found within this time. */
const dueEveryMs = 1_000
/** A stop takes effect within a second: it is looked for this often, and a connector then has 0.8 s. */
const lookEveryMs = 200
/** How often sources without a state are looked for, and states counted. */
const adoptEveryMs = 30_000
/** A lease that could not be renewed for so much of its life is given up: the database may have given it to another. */
const givenUpAt = 0.7

type Held = {
  readonly claim: ClaimedSource
  readonly isListener: boolean
  readonly stop: AbortController
  readonly done: Promise<void>
  renewedMs: number
}

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
  const runner = createSourceRunner({ ...options, onEnded: options.waker.wake })
  const { progress, metrics, log, clock, waker } = options
  const onTurn = recordTurns({ metrics, log, epochMs: clock.now })
  const loop = (name: string, turn: () => Promise<TurnResult>, idleMs: number, own?: Waker) =>
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
    loop('sources', runner.claimDue, dueEveryMs, waker),
    loop('source leases', runner.look, lookEveryMs),
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

/** The runner's turns, for its loops and for tests. */
export const createSourceRunner = (options: RunnerOptions) => {
  const { pool, leaseMs, monotonicMs, connectors, newId, metrics } = options
  const owner = randomUUID()
  const held = new Map<string, Held>()
  const ids = sourceConnectors(connectors)

  const begin = (row: ClaimRow, isListener: boolean): void => {
    const claim: ClaimedSource = {
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
    }
    metrics.sourceDelaySeconds.observe({}, Math.max(0, row.late_ms) / 1_000)
    const stop = new AbortController()
    const done = runSource(claim, options, stop.signal).finally(() => {
      held.delete(row.integration_id)
      options.onEnded?.()
    })
    held.set(row.integration_id, { claim, isListener, stop, done, renewedMs: monotonicMs() })
  }

  const claim = async (isListener: boolean): Promise<number> => {
    const names = isListener ? ids.listened : ids.polled
    const running = [...held.values()].filter((each) => each.isListener === isListener).length
    const room = (isListener ? mostListeners : mostPolls) - running
    if (names.length === 0 || room <= 0) return 0
    const runIds = Array.from({ length: Math.min(room, 32) }, () => newId('run'))
    const rows = await query<ClaimRow>(pool, sql.claimAcrossTenants, [
      owner,
      leaseMs,
      names,
      runIds,
    ])
    for (const row of rows) begin(row, isListener)
    return rows.length
  }

  const listOf = (these: readonly Held[]): unknown[] => [
    these.map((each) => each.claim.tenantId),
    these.map((each) => each.claim.integrationId),
    plainArray(these.map((each) => each.claim.fence)),
  ]

  const letGoOfOthers = (these: readonly Held[], ours: readonly { integration_id: string }[]) => {
    const kept = new Set(ours.map((row) => row.integration_id))
    for (const each of these) if (!kept.has(each.claim.integrationId)) each.stop.abort()
  }

  /** Leases that are not sure any more: a database that does not answer may have given them away. */
  const giveUpOld = (): void => {
    for (const each of held.values())
      if (monotonicMs() - each.renewedMs > leaseMs * givenUpAt) each.stop.abort()
  }

  const look = async (): Promise<TurnResult> => {
    giveUpOld()
    const these = [...held.values()].filter((each) => !each.stop.signal.aborted)
    if (these.length === 0) return 'idle'
    const askedMs = monotonicMs()
    const old = these.filter((each) => askedMs - each.renewedMs > leaseMs / 3)
    const young = these.filter((each) => !old.includes(each))
    if (old.length > 0) {
      const values = [owner, leaseMs, ...listOf(old)]
      letGoOfOthers(old, await query(pool, sql.renewAcrossTenants, values))
      for (const each of old) each.renewedMs = askedMs
    }
    if (young.length > 0)
      letGoOfOthers(young, await query(pool, sql.stillOursAcrossTenants, [owner, ...listOf(young)]))
    return 'idle'
  }

  const adopt = async (): Promise<TurnResult> => {
    await query(pool, sql.adoptAcrossTenants, [ids.all, ids.running])
    await measure()
    return 'idle'
  }

  const measure = async (): Promise<void> => {
    const rows = await query<{ state: string; n: number; late_seconds: number }>(
      pool,
      sql.countStatesAcrossTenants,
      [],
    )
    for (const state of ['idle', 'running', 'backing_off', 'stopped'])
      metrics.sources.set({ state }, rows.find((row) => row.state === state)?.n ?? 0)
    metrics.sourceLagSeconds.set({}, Math.max(0, ...rows.map((row) => row.late_seconds)))
  }

  return {
    claimDue: async (): Promise<TurnResult> =>
      (await claim(true)) + (await claim(false)) > 0 ? 'worked' : 'idle',
    look,
    adopt,
    /** Runs of now, by integration. */
    held: (): readonly string[] => [...held.keys()],
    stop: async (): Promise<void> => {
      const all = [...held.values()]
      for (const each of all) each.stop.abort()
      await Promise.all(all.map(async (each) => await each.done))
    },
  }
}
