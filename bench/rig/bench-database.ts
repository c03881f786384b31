/**
 * The database server of a benchmark: the product's own embedded Postgres with its own durable settings, in a folder that
 * goes away afterwards. Every contender gets a database of its own on the same server.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@carillon/server/platform/embedded-postgres/start-embedded-postgres'
import type { ServerSettings } from '@carillon/server/platform/embedded-postgres/server-settings'
import { databaseUrl, withClient } from '@carillon/testkit/database-url'
import { quietLog } from '@carillon/testkit/quiet-log'

export type BenchDatabase = {
  /** The server's log. */
  readonly logFile: string
  /** Process id of the server (the postmaster). */
  readonly pid: number
  /** Makes an empty database and returns its URL. */
  readonly create: (name: string) => Promise<string>
  readonly drop: (name: string) => Promise<void>
  /** What the durable settings really are, for the record. */
  readonly settings: () => Promise<Readonly<Record<string, string>>>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const shown = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
]

/** Writes this many files of the log, and shuts down: they are there for the next start. Each is 16 MB. */
const writeLogFiles = async (
  server: { readonly url: string; readonly stop: () => Promise<void> },
  files: number,
): Promise<void> => {
  await withClient(server.url, async (client) => {
    for (let n = 0; n < files; n += 1)
      await client.query(`SELECT pg_logical_emit_message(true, 'bench', repeat('x', 16000000))`)
  })
  await server.stop()
}

/**
 * Starts the server; `overrides` are for guards and experiments only. `logFiles`: so many of its log are there to be written
 * again, as on one that has been at work for a day; a fresh one makes each as it comes to it, while every commit waits.
 */
export const startBenchDatabase = async (
  overrides: ServerSettings = {},
  logFiles = 0,
): Promise<BenchDatabase> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-bench-'))
  if (logFiles > 0)
    await writeLogFiles(await startEmbeddedPostgres({ dataDir, log: quietLog }), logFiles)
  const server = await startEmbeddedPostgres({ dataDir, log: quietLog, settings: overrides })
  const run = async (text: string): Promise<readonly Record<string, string>[]> =>
    await withClient(
      server.url,
      async (client) => (await client.query<Record<string, string>>(text)).rows,
    )
  const pidLine = await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8')
  return {
    logFile: join(dataDir, 'postgres/postgres.log'),
    pid: Number(pidLine.split('\n')[0]),
    create: async (name) => {
      await run(`CREATE DATABASE ${name}`)
      return databaseUrl(server.url, name)
    },
    drop: async (name) => void (await run(`DROP DATABASE IF EXISTS ${name}`)),
    settings: async () => {
      const rows = await run(
        `SELECT name, current_setting(name) AS value FROM unnest('{${shown.join(',')}}'::text[]) AS name`,
      )
      return Object.fromEntries(rows.map((row) => [row['name'] ?? '', row['value'] ?? '']))
    },
    [Symbol.asyncDispose]: async () => {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}
