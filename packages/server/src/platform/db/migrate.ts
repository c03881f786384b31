/**
 * Brings a database to the newest schema: roles first, then each migration that it lacks. Forward only. Not for the
 * migrations themselves (`packages/server/migrations`).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Client, DatabaseError } from 'pg'
import type { BaseLogger } from 'pino'
import { type Migration, readMigrations } from './migration-files.ts'
import { ensureRoles } from './roles.ts'

export type MigrateOptions = {
  /** Logs in as the owner of the tables. */
  readonly url: string
  readonly log: Pick<BaseLogger, 'info' | 'warn'>
  /** Another folder of migrations, for tests. */
  readonly directory?: string
}

/** First version with everything the migrations use. */
const oldestServer = 15
/** "carillon" in ASCII, cut to 63 bits: other programs on the server must not take the same lock by chance. */
const lockKey = '7161109801591926638'
const lockAttempts = 1200
const lockRetryMs = 250
/** Waiting longer for a table's lock would queue up everybody else's statements behind us. */
const tableLockTimeout = '1s'
const tableLockAttempts = 60

const ownDirectory = fileURLToPath(new URL('../../../migrations', import.meta.url))

/**
 * Applies what is missing, each migration in its own transaction, and returns the names applied. Any number of
 * processes may call it at once: one works, the others wait (at most five minutes). Throws an Error when the server is
 * older than 15, when an applied migration was changed, or when the database is newer than this program.
 */
export const migrate = async (
  options: MigrateOptions,
): Promise<{ readonly applied: readonly string[] }> => {
  const { url, log, directory = ownDirectory } = options
  const migrations = await readMigrations(directory)
  const client = new Client({
    connectionString: url,
    application_name: 'carillon migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  client.on('error', (error) => log.warn({ err: error }, 'database connection lost'))
  await client.connect()
  try {
    await assertVersion(client)
    await takeLock(client, log)
    await ensureRoles(client)
    const missing = await findMissing(client, migrations)
    for (const migration of missing) await applyWithRetries(client, migration, log)
    return { applied: missing.map((migration) => migration.name) }
  } finally {
    // Gives the lock back too.
    await client.end()
  }
}

const assertVersion = async (client: Client): Promise<void> => {
  const { rows } = await client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  )
  const version = rows[0]?.version ?? ''
  if (Number.parseInt(version, 10) >= oldestServer) return
  throw new Error(`The database is Postgres ${version}; Carillon needs ${oldestServer} or newer.`)
}

/**
 * Polls instead of waiting inside the server: a session that waits for a lock has a snapshot, and the CREATE INDEX
 * CONCURRENTLY of the session that holds the lock would wait for that snapshot, for ever.
 */
const takeLock = async (client: Client, log: MigrateOptions['log']): Promise<void> => {
  for (let attempt = 1; attempt <= lockAttempts; attempt += 1) {
    const { rows } = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_lock(${lockKey}) AS locked`,
    )
    if (rows[0]?.locked === true) return
    if (attempt === 1) log.info({}, 'waiting for another process to migrate the database')
    await sleep(lockRetryMs)
  }
  throw new Error(
    'Another process has been migrating the database for five minutes. Look at pg_stat_activity.',
  )
}

const findMissing = async (
  client: Client,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> => {
  await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'SELECT name, checksum FROM schema_migrations ORDER BY name',
  )
  rows.forEach((row, index) => {
    const migration = migrations[index]
    if (migration?.name !== row.name) throw new Error(unknownMigration(row.name))
    if (migration.checksum !== row.checksum) throw new Error(changedMigration(row.name))
  })
  return migrations.slice(rows.length)
}

const unknownMigration = (name: string): string =>
  `The database has migration ${name}, which this program doesn't know: it was migrated by a newer version. Run that one.`

const changedMigration = (name: string): string =>
  `Migration ${name} was changed after it was applied. Restore the file, and put the change in a new migration.`

const applyWithRetries = async (
  client: Client,
  migration: Migration,
  log: MigrateOptions['log'],
): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await (migration.isTransactional ? applyInTransaction : applyPlainly)(client, migration)
      log.info({ migration: migration.name }, 'migration applied')
      return
    } catch (error) {
      if (attempt === tableLockAttempts || !isLocked(error)) {
        throw new Error(`migration ${migration.name} failed: ${String(error)}`, { cause: error })
      }
      log.warn({ migration: migration.name, attempt }, 'table locked, migration tried again')
      await sleep(lockRetryMs)
    }
  }
}

const isLocked = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === '55P03' || error.code === '40P01')

/** With row_security off, a statement that a policy would silently cut short is an error: migrations see all rows or fail. */
const settings = (scope: 'LOCAL' | 'SESSION'): string =>
  `SET ${scope} lock_timeout = '${tableLockTimeout}'; SET ${scope} row_security = off`

const applyInTransaction = async (client: Client, migration: Migration): Promise<void> => {
  try {
    await client.query(`BEGIN; ${settings('LOCAL')}`)
    await client.query(migration.sql)
    await record(client, migration)
    await client.query('COMMIT')
  } catch (error) {
    // When the connection is gone there is nothing to roll back; the first error is the one that counts.
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

const applyPlainly = async (client: Client, migration: Migration): Promise<void> => {
  await client.query(settings('SESSION'))
  await client.query(migration.sql)
  await record(client, migration)
}

const record = async (client: Client, { name, checksum }: Migration): Promise<void> => {
  await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
    name,
    checksum,
  ])
}
