/**
 * Several Carillon processes over one durable Postgres, with a ledger sink: what crash and fairness tests run against.
 * Everything in it ends with `await using`, and Postgres and sink also when this process is killed.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool, type Pool } from '@carillon/server/platform/db/pool'
import { startEmbeddedPostgres } from '@carillon/server/platform/embedded-postgres/start-embedded-postgres'
import { startCarillon, type Carillon } from './carillon-process.ts'
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts'
import { startLedgerSink, type LedgerSink } from './ledger-sink.ts'
import { quietLog } from './quiet-log.ts'

export type FleetOptions = {
  /** For every process. Default 5. */
  readonly leaseSeconds?: number
  readonly concurrency?: number
  readonly env?: Readonly<Record<string, string>>
}

export type Fleet = {
  /** As the owner of the database, past every proxy. */
  readonly db: Pool
  readonly sink: LedgerSink
  /** Between the database and the processes that were started with `viaProxy`. */
  readonly proxy: FaultProxy
  /** Starts a process with these roles (`api,worker,scheduler` unless said otherwise). */
  readonly start: (options?: {
    readonly roles?: string
    readonly viaProxy?: boolean
    readonly env?: Readonly<Record<string, string>>
  }) => Promise<Carillon>
  /** The process id of the Postgres server. */
  readonly postgresPid: () => Promise<number>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts Postgres (with the settings that the product ships), the sink and the proxy; processes are started one by one. */
export const startFleet = async (options: FleetOptions = {}): Promise<Fleet> => {
  await using parts = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-fleet-'))
  parts.defer(async () => await rm(dataDir, { recursive: true, force: true, maxRetries: 20 }))
  const postgres = parts.use(await startEmbeddedPostgres({ dataDir, log: quietLog }))
  const proxy = parts.use(await startFaultProxy({ port: postgres.port }))
  const sink = parts.use(await startLedgerSink(join(dataDir, 'sink.log')))
  const db = createPool({
    url: postgres.url,
    role: 'owner',
    max: 2,
    applicationName: 'judge',
    log: quietLog,
  })
  parts.defer(async () => await db.end())
  const proxied = new URL(postgres.url)
  proxied.port = String(proxy.port)
  const env = {
    CARILLON_SECRET_KEY: randomBytes(32).toString('base64'),
    CARILLON_LEASE_SECONDS: String(options.leaseSeconds ?? 5),
    ...(options.concurrency === undefined
      ? {}
      : { CARILLON_WORKER_CONCURRENCY: String(options.concurrency) }),
    ...options.env,
  }
  const kept = parts.move()
  const start: Fleet['start'] = async (given = {}) => {
    const carillon = await startCarillon({
      env: {
        ...env,
        CARILLON_DATABASE_URL: given.viaProxy === true ? proxied.href : postgres.url,
        CARILLON_ROLES: given.roles ?? 'api,worker,scheduler',
        ...given.env,
      },
    })
    // Killed, not stopped: how a process stops is the matter of one test, and no other should wait for it.
    kept.defer(async () => {
      await carillon.kill()
      await carillon[Symbol.asyncDispose]()
    })
    return carillon
  }
  return {
    db,
    sink,
    proxy,
    start,
    postgresPid: async () => await postmasterPid(join(dataDir, 'postgres')),
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  }
}

/** The first line of postmaster.pid in the cluster below `folder`. */
export const postmasterPid = async (folder: string): Promise<number> =>
  Number((await readFile(join(folder, 'cluster/postmaster.pid'), 'utf8')).split('\n')[0])
