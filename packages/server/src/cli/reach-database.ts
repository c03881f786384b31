/**
 * The database for verbs that need it directly: the one configured, the embedded one of a server that runs at this
 * moment, or the embedded one started for the duration. Not for `serve` and `migrate`, which own it.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { openDataFolder, readIfThere } from '../platform/embedded-postgres/data-folder.ts'
import { livingOwner } from '../platform/embedded-postgres/predecessor.ts'
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts'
import type { Log } from '../platform/log.ts'

export type ReachedDatabase = {
  /** Logs in as the owner. Holds the password: not for logs. */
  readonly url: string
  /** Ends what was started for it; a server that ran before goes on. */
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const leaveAlone = async (): Promise<void> => {}

/** Throws an Error that says the remedy when there is no database. Use it with `await using`. */
export const reachDatabase = async (config: Config, log: Log): Promise<ReachedDatabase> => {
  if (config.databaseUrl !== undefined) {
    return { url: config.databaseUrl.reveal(), [Symbol.asyncDispose]: leaveAlone }
  }
  await assertCluster(config.dataDir)
  const running = await findRunning(config.dataDir)
  if (running !== undefined) return { url: running, [Symbol.asyncDispose]: leaveAlone }
  const { url, stop } = await startEmbeddedPostgres({ dataDir: config.dataDir, log })
  return { url, [Symbol.asyncDispose]: stop }
}

/** Starting would make an empty database, and a wrong folder would look like one without secrets. */
const assertCluster = async (dataDir: string): Promise<void> => {
  try {
    await access(join(dataDir, 'postgres', 'cluster'))
  } catch (error) {
    throw new Error(
      `there is no database in ${dataDir}: set CARILLON_DATA_DIR to the server's data directory, or CARILLON_DATABASE_URL`,
      { cause: error },
    )
  }
}

/** The address of the server that a living Carillon holds on this folder; the port of a dead one means nothing. */
const findRunning = async (dataDir: string): Promise<string | undefined> => {
  const folder = await openDataFolder(dataDir)
  if ((await livingOwner(folder)) === undefined) return undefined
  const port = (await readIfThere(folder.port))?.trim()
  const password = (await readIfThere(folder.password))?.trim()
  return port === undefined || password === undefined
    ? undefined
    : `postgres://carillon:${password}@127.0.0.1:${port}/carillon`
}
