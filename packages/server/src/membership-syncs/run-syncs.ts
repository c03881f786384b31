/**
 * Keeps membership runs going, step by step. Any number of processes do this side by side: a lease and a fence keep them
 * apart, each step writes what it did together with the run's new place, so a crash neither skips nor repeats anything.
 */
import { monotonicMs, systemClock } from '../platform/clock.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Lookout } from '../platform/lifecycle/lookout.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop, type TurnResult } from '../platform/lifecycle/run-loop.ts'
import type { Waker } from '../platform/lifecycle/waiting.ts'
import type { Metrics } from '../platform/metrics.ts'
import { decideChanges } from './decide-changes.ts'
import { awaitDeliveries, cancelChanges, deliverChunk } from './deliver-changes.ts'
import { runsDueAcrossTenants } from './queries/due.ts'
import { claimAcrossTenants, putBackRun, type ClaimedRun } from './queries/runs.ts'
import { readList } from './read-list.ts'
import { readSource } from './read-source.ts'
import { failRun, rest, type StepEnd, type SyncServices } from './run-step.ts'

/** What other processes have made is found within this time; what this one has, at once. */
const pollMs = 300
/** Runs side by side: they wait for other systems most of the time. */
const claimedAtOnce = 4
/** A turn ends after this; what is not done goes back. */
const turnMs = 4_000
const suspendedWaitMs = 10_000
/** What broke on our side (the database, a bug) is tried so often before the run fails. */
const brokenTries = 10
const brokenWaitMs = 2_000

export type SyncRunner = {
  /** One turn of the background. */
  readonly turn: (signal: AbortSignal) => Promise<TurnResult>
  /** Works on this run until it has ended, waits or is in other hands; never rejects. */
  readonly work: (id: string, signal: AbortSignal) => Promise<void>
}

/** Makes the runner. */
export const createSyncRunner = (services: SyncServices): SyncRunner => {
  const { pool, leaseMs } = services
  return {
    turn: async (signal) => {
      const claimed = await claimAcrossTenants(pool, { leaseMs, most: claimedAtOnce, only: null })
      const ends = await Promise.all(claimed.map(async (run) => guarded(run, services, signal)))
      return ends.includes(true) ? 'worked' : 'idle'
    },
    work: async (id, signal) => {
      try {
        const [run] = await claimAcrossTenants(pool, { leaseMs, most: 1, only: id })
        if (run !== undefined) await guarded(run, services, signal)
      } catch (error) {
        services.log.warn({ err: error, run: id }, 'a membership run is left to the background')
      }
    },
  }
}

/** What breaks is put back for later, and never reaches the caller: others' runs go on. */
const guarded = async (
  run: ClaimedRun,
  services: SyncServices,
  signal: AbortSignal,
): Promise<boolean> => {
  const { log, pool } = services
  try {
    return await workOn(run, services, signal)
  } catch (error) {
    log.error({ err: error, run: run.id, phase: run.phase }, 'a step of a membership run broke')
    const tries = run.tries + 1
    try {
      if (tries < brokenTries) await putBackRun(pool, run, { waitMs: brokenWaitMs * tries, tries })
      else await failRun(run, `It broke ${brokenTries} times; the log says how.`, services)
    } catch (again) {
      // The database is away: the lease runs out by itself.
      log.warn({ err: again, run: run.id }, 'a membership run was not put back')
    }
    return false
  }
}

/** Steps until it rests or the turn is over. False: there was nothing to do but to wait. */
const workOn = async (
  claimed: ClaimedRun,
  services: SyncServices,
  signal: AbortSignal,
): Promise<boolean> => {
  if (claimed.suspended) {
    await putBackRun(services.pool, claimed, { waitMs: suspendedWaitMs, tries: claimed.tries })
    return false
  }
  const startedMs = monotonicMs()
  let run = claimed
  let steps = 0
  while (monotonicMs() - startedMs < turnMs && !signal.aborted) {
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    const end = await step(run, services, signal)
    if (end.kind === 'rest') return steps > 0 || run.phase !== 'wait'
    run = end.run
    steps += 1
  }
  await putBackRun(services.pool, run, { waitMs: 0, tries: run.tries })
  return true
}

const step = async (
  run: ClaimedRun,
  services: SyncServices,
  signal: AbortSignal,
): Promise<StepEnd> => {
  if (run.cancel_wanted) return await cancelChanges(run, services)
  switch (run.phase) {
    case 'source':
      return await readSource(run, services, signal)
    case 'roster':
      return await readList(run, services, signal)
    case 'decide':
      return await decideChanges(run, services)
    case 'deliver':
      return await deliverChunk(run, services)
    case 'wait':
      return await awaitDeliveries(run, services)
    case 'ended':
      return rest
  }
}

/** Starts it as a part of the process. */
export const runSyncs = (
  options: SyncServices & {
    readonly waker: Waker
    readonly lookout: Pick<Lookout, 'watch'>
    readonly progress: Progress
    readonly metrics: Metrics
  },
): Started<SyncRunner> => {
  const { lookout, progress, metrics, waker, log } = options
  const stopping = new AbortController()
  const runner = createSyncRunner(options)
  const loop = runLoop({
    name: 'membership syncs',
    signal: stopping.signal,
    turn: runner.turn,
    idleMs: lookout.watch({ everyMs: pollMs, due: runsDueAcrossTenants, waker }),
    progress,
    onTurn: recordTurns({ metrics, log, epochMs: systemClock.now }),
    waker,
  })
  return {
    value: runner,
    stop: async () => {
      stopping.abort()
      await loop
    },
  }
}
