/** T-K3: the embedded Postgres is killed (-9) and its sessions are ended, while the program goes on and starts it again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postmasterPid } from '@carillon/testkit/carillon-fleet'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { withClient } from '@carillon/testkit/database-url'
import { embeddedUrl } from '@carillon/testkit/embedded-url'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { startLedgerSink } from '@carillon/testkit/ledger-sink'
import { quietLog } from '@carillon/testkit/quiet-log'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { createPool } from '@carillon/server/platform/db/pool'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, tenantNames } from './workload.ts'

export type KillPostgresScale = {
  readonly requests: number
  readonly kills: number
  /** Rounds in which every second session is ended. */
  readonly terminations: number
}

const tenants = tenantNames(4)
const posters = 8

/** Runs it on one process as `npm start` makes it. */
export const killPostgres = async (scale: KillPostgresScale): Promise<Report> => {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'carillon-sink-'))
  parts.defer(async () => await rm(folder, { recursive: true, force: true }))
  const sink = parts.use(await startLedgerSink(join(folder, 'sink.log')))
  const carillon = parts.use(await startCarillon({ env: { CARILLON_LEASE_SECONDS: '5' } }))
  const ledger = createEventLedger()
  await sink.set('work', { delayMs: [0, 20] })
  await arrangeTenants({ sink }, carillon, tenants, { lane: 'work' })
  const pid = carillon.pid()
  const posting = post(ledger, carillon, scale.requests)
  const downMs: number[] = []
  const steps = scale.kills + scale.terminations
  for (let n = 1; n <= steps; n += 1) {
    await acked(ledger, Math.floor((scale.requests * n) / (steps + 1)))
    if (n % Math.ceil(steps / scale.kills) === 0) downMs.push(await killOnce(carillon))
    else await endSessions(carillon)
  }
  await posting
  const db = createPool({
    url: await embeddedUrl(carillon.dataDir),
    role: 'owner',
    max: 2,
    applicationName: 'judge',
    log: quietLog,
  })
  parts.defer(async () => await db.end())
  await allFinal(db, 60_000)
  const verdict = await verifyLedgers({ db, sink: sink.records(), acked: ledger.acked })
  return withBounds(verdict, { downMs, refused: [...ledger.refused.values()] }, [
    [carillon.ended() === undefined && carillon.pid() === pid, 'the process ended'],
    [Math.max(...downMs) <= 10_000, 'not ready within 10 s of a kill'],
    [verdict.deliveries === scale.requests, 'not exactly one delivery for each request'],
    [verdict.states['sent'] === scale.requests, 'not everything was sent'],
  ])
}

const post = async (
  ledger: EventLedger,
  { url, apiKey }: Carillon,
  requests: number,
): Promise<void> => {
  let next = 0
  const poster = async (): Promise<void> => {
    for (let n = next++; n < requests; n = next++)
      await ledger.post({ url, apiKey, tenant: tenants[n % 4] ?? '', ids: [String(n)] })
  }
  await Promise.all(Array.from({ length: posters }, poster))
}

const acked = async (ledger: EventLedger, count: number): Promise<void> =>
  await eventually(() => {
    if (ledger.acked.length < count) throw new Error(`${ledger.acked.length} of ${count} acked`)
  }, 60_000)

const isReady = async (carillon: Carillon): Promise<boolean> => {
  const response = await fetch(`${carillon.url()}/health/ready`)
  await response.arrayBuffer()
  return response.ok
}

/** Kills the server; returns after how many ms the program is ready again. */
const killOnce = async (carillon: Carillon): Promise<number> => {
  const old = await postmasterPid(join(carillon.dataDir, 'postgres'))
  process.kill(old, 'SIGKILL')
  const startMs = performance.now()
  await eventually(async () => {
    const isNew = (await postmasterPid(join(carillon.dataDir, 'postgres'))) !== old
    if (!isNew || !(await isReady(carillon))) throw new Error('not ready')
  }, 60_000)
  return Math.round(performance.now() - startMs)
}

const endSessions = async (carillon: Carillon): Promise<void> =>
  await withClient(await embeddedUrl(carillon.dataDir), async (client) => {
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name LIKE 'carillon %' AND random() < 0.5`,
    )
  })
