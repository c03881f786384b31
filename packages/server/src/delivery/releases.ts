/** Leases on their way back into the queue: a stop waits for them. */
import type { DeliveryStore, Release } from './store.ts'
import type { WorkerLog } from './worker.ts'

export type ReleasesOptions = {
  readonly store: Pick<DeliveryStore, 'release'>
  readonly log: Pick<WorkerLog, 'warn'>
  /** It is not known whether the store has the rows back. */
  readonly onFailed: () => void
  /** One that was under way has ended. */
  readonly onEnd: () => void
}

export type Releases = {
  readonly release: (releases: readonly Release[]) => Promise<void>
  /** Never rejects: a release that fails is no loss. `also` is done afterwards in any case, as safely. */
  readonly releaseSafely: (
    releases: readonly Release[],
    also?: () => Promise<void>,
  ) => Promise<void>
  readonly underWay: () => number
}

/** Makes the way back. */
export const createReleases = ({ store, log, onFailed, onEnd }: ReleasesOptions): Releases => {
  let underWay = 0
  const release = async (releases: readonly Release[]): Promise<void> => {
    if (releases.length > 0) await store.release(releases)
  }
  return {
    release,
    releaseSafely: async (releases, also) => {
      underWay += 1
      try {
        await release(releases)
      } catch (error) {
        log.warn({ err: error, rows: releases.length }, 'release failed, asking what is ours')
        onFailed()
      }
      try {
        await also?.()
      } catch (error) {
        log.warn({ err: error }, 'nobody gives back what this worker may hold: leases run out')
      }
      underWay -= 1
      onEnd()
    },
    underWay: () => underWay,
  }
}
