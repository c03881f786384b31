/**
 * The sources that this process has: their leases are kept, and what was stopped or taken away is let go. Not for claiming
 * them (`run-sources.ts`), and not for what is done with one (`run-source.ts`).
 */
import type { Pool } from 'pg'
import { plainArray } from '../platform/db/pg-array.ts'
import { query } from '../platform/db/statement.ts'
import * as sql from './queries/runner.ts'
import type { HeldSource } from './store-batch.ts'

type Held = {
  readonly claim: HeldSource
  readonly isListener: boolean
  readonly stop: AbortController
  readonly done: Promise<void>
  renewedMs: number
}

export type HeldSources = {
  /** Begins the work on a source that was just claimed; its signal fires when the source is not ours any more. */
  readonly add: (
    claim: HeldSource,
    isListener: boolean,
    work: (signal: AbortSignal) => Promise<void>,
  ) => void
  readonly count: (isListener: boolean) => number
  /** Renews leases that are due, and lets go of what is not ours any more. Throws when the database does not answer. */
  readonly look: () => Promise<void>
  readonly integrations: () => readonly string[]
  /** Whose sources they are, one entry a source. */
  readonly tenants: (isListener: boolean) => readonly string[]
  /** Lets go of all, and waits until that is done. */
  readonly stopAll: () => Promise<void>
}

/** A lease that could not be renewed for so much of its life is given up: the database may have given it to another. */
const givenUpAt = 0.7

/** Those of one process. */
export const createHeldSources = (options: {
  readonly pool: Pool
  readonly owner: string
  readonly leaseMs: number
  readonly monotonicMs: () => number
}): HeldSources => {
  const { leaseMs, monotonicMs } = options
  const held = new Map<string, Held>()
  const add: HeldSources['add'] = (claim, isListener, work) => {
    const stop = new AbortController()
    // By run: a source that was lost and claimed again is here twice until its earlier run has let go.
    for (const each of held.values())
      if (each.claim.integrationId === claim.integrationId) each.stop.abort()
    const done = work(stop.signal).finally(() => void held.delete(claim.runId))
    held.set(claim.runId, { claim, isListener, stop, done, renewedMs: monotonicMs() })
  }
  const look = async (): Promise<void> => {
    const nowMs = monotonicMs()
    for (const each of held.values())
      if (nowMs - each.renewedMs > leaseMs * givenUpAt) each.stop.abort()
    const these = [...held.values()].filter((each) => !each.stop.signal.aborted)
    await renew(
      these.filter((each) => nowMs - each.renewedMs > leaseMs / 3),
      { ...options, nowMs },
    )
    await ask(
      these.filter((each) => nowMs - each.renewedMs <= leaseMs / 3 && each.renewedMs !== nowMs),
      options,
    )
  }
  const stopAll = async (): Promise<void> => {
    const all = [...held.values()]
    for (const each of all) each.stop.abort()
    await Promise.all(all.map(async (each) => await each.done))
  }
  return {
    add,
    look,
    stopAll,
    count: (isListener) =>
      [...held.values()].filter((each) => each.isListener === isListener).length,
    integrations: () => [...held.values()].map(({ claim }) => claim.integrationId),
    tenants: (isListener) =>
      [...held.values()].flatMap((each) =>
        each.isListener === isListener ? [each.claim.tenantId] : [],
      ),
  }
}

const listOf = (these: readonly Held[]): unknown[] => [
  these.map((each) => each.claim.tenantId),
  these.map((each) => each.claim.integrationId),
  plainArray(these.map((each) => each.claim.fence)),
]

const letGoOfOthers = (
  these: readonly Held[],
  ours: readonly { readonly integration_id: string }[],
): void => {
  const kept = new Set(ours.map((row) => row.integration_id))
  for (const each of these) if (!kept.has(each.claim.integrationId)) each.stop.abort()
}

type Asking = { readonly pool: Pool; readonly owner: string; readonly leaseMs: number }

const renew = async (
  these: readonly Held[],
  { pool, owner, leaseMs, nowMs }: Asking & { readonly nowMs: number },
): Promise<void> => {
  if (these.length === 0) return
  const values = [owner, leaseMs, ...listOf(these)]
  letGoOfOthers(these, await query(pool, sql.renewAcrossTenants, values))
  for (const each of these) each.renewedMs = nowMs
}

const ask = async (these: readonly Held[], { pool, owner }: Asking): Promise<void> => {
  if (these.length === 0) return
  letGoOfOthers(these, await query(pool, sql.stillOursAcrossTenants, [owner, ...listOf(these)]))
}
