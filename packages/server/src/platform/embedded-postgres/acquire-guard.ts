/**
 * Gets hold of a data folder: refuses it to a second Carillon, and waits for (or ends) the Postgres that a killed
 * predecessor left behind. Not for starting Postgres.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { BaseLogger } from 'pino'
import type { DataFolder } from './data-folder.ts'
import { type Guard, type GuardOptions, startGuard } from './guard.ts'
import { livingOwner, runningPostgres } from './predecessor.ts'

/** A fast shutdown writes a checkpoint; on a slow disk with 2 GB of WAL that takes its time. */
const predecessorMs = 60_000
const retryMs = 50

/**
 * Starts the guard once the folder's lock is free. Throws an Error at once when another living Carillon has the folder,
 * and after a minute when something else keeps it.
 */
export const acquireGuard = async (
  options: GuardOptions,
  log: Pick<BaseLogger, 'warn'>,
): Promise<Guard> => {
  const { folder } = options
  const told = new Set<number>()
  for (let waitedMs = 0; waitedMs < predecessorMs; waitedMs += retryMs) {
    const owner = await livingOwner(folder)
    if (owner !== undefined) throw folderInUse(folder, `Carillon with process id ${owner}`)
    const pid = await runningPostgres(folder)
    const guard = pid === undefined ? await startGuard(options) : undefined
    if (guard !== undefined) return guard
    if (pid !== undefined && !told.has(pid)) {
      log.warn({ pid }, 'stopping the postgres of a killed predecessor')
      told.add(pid)
      interrupt(pid)
    }
    await sleep(retryMs)
  }
  throw folderInUse(folder, 'process that this one does not see (another container?)')
}

const interrupt = (pid: number): void => {
  try {
    process.kill(pid, 'SIGINT')
  } catch (error) {
    // It ended in between: that is what we want. Anything else shows when the lock stays taken.
    if (!(error instanceof Error)) throw error
  }
}

const folderInUse = (folder: DataFolder, by: string): Error =>
  new Error(
    `The data folder ${folder.root} is in use by another ${by}. Stop that one, or set CARILLON_DATA_DIR to another ` +
      'folder. To run several processes on one database, set CARILLON_DATABASE_URL for all of them.',
  )
