/**
 * The composition root: reads as the list of what a Carillon process is made of, in the order in which it starts. The
 * only place that knows all the rooms. No policy, no SQL, no HTTP of its own.
 */
import { join } from 'node:path'
import { connectors } from '@carillon/connectors/registry.gen'
import { createAuthenticator } from './access/authenticate.ts'
import { startCampaigns } from './app-campaigns.ts'
import { startFanOuts } from './app-fan-outs.ts'
import { startMembershipSyncs } from './app-membership-syncs.ts'
import { endOrphanedCampaigns } from './campaigns/end-orphaned-campaigns.ts'
import { endOrphanedLooks } from './tracked-items/end-orphaned-looks.ts'
import { startErrorLines } from './app-error-lines.ts'
import { jobsOf } from './app-jobs.ts'
import { startChangeNoter, startStreamHub } from './app-live.ts'
import { openPools, type Pools } from './app-pools.ts'
import { addRoutes } from './app-routes.ts'
import { lookoutOver, startLookout } from './app-lookout.ts'
import { archiveOf } from './app-tracked-items.ts'
import { startSources } from './app-sources.ts'
import { bootstrap } from './access/bootstrap.ts'
import { revealFunctionEnv, type Config } from './config.ts'
import { endOrphanedLeases } from './delivery/end-orphaned-leases.ts'
import { createTimeGatherer } from './delivery/gather-times.ts'
import { runKeepTimes } from './delivery/keep-times.ts'
import { createPostgresStore } from './delivery/postgres-store.ts'
import { runWorker } from './delivery/run-worker.ts'
import { createSender } from './delivery/send-delivery.ts'
import type { DeliveryStore } from './delivery/store.ts'
import { tellBreakerOpened } from './delivery/tell-breaker-opened.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import type { ErrorLineGatherer } from './error-lines/gather-error-lines.ts'
import type { Expander } from './fan-outs/create-expander.ts'
import { endOrphanedFanOuts } from './fan-outs/end-orphaned-fan-outs.ts'
import { createFunctionHost } from './functions/create-function-host.ts'
import { createSlugFinder } from './functions/find-slug.ts'
import { createAcceptEvents } from './ingest/accept-events.ts'
import { endOrphanedRuns } from './membership-syncs/end-orphaned-runs.ts'
import { createChangeNoter, notingStore } from './live/note-changes.ts'
import { monotonicMs, systemClock } from './platform/clock.ts'
import { checkDurability } from './platform/db/check-durability.ts'
import { migrate } from './platform/db/migrate.ts'
import { translateDbError } from './platform/db/translate-error.ts'
import { holdEmbeddedPostgres } from './platform/embedded-postgres/hold-embedded-postgres.ts'
import { showSetupToken } from './people/show-setup-token.ts'
import { createHttpServer } from './platform/http/create-http-server.ts'
import { createSystemIdGenerator } from './platform/ids.ts'
import type { Lifecycle } from './platform/lifecycle/lifecycle.ts'
import { createProgress, watchProgress } from './platform/lifecycle/progress.ts'
import { recordTurns, runLoop } from './platform/lifecycle/run-loop.ts'
import { createWaker } from './platform/lifecycle/waiting.ts'
import type { Log } from './platform/log.ts'
import { collectProcessMetrics, createMetrics } from './platform/metrics.ts'
import { createHttpOut } from './platform/outbound/http-out.ts'
import { createImapOut } from './platform/outbound/imap-out.ts'
import { createSmtpOut } from './platform/outbound/smtp-out.ts'
import { createRequestLimits } from './platform/rate-limit/request-limits.ts'
import { loadOrCreateKeyFile } from './platform/secrets/key-file.ts'
import { createKeyring, type Keyring } from './platform/secrets/keyring.ts'
import { createTemplateRenderer } from './platform/template.ts'
import { systemTimers } from './platform/timers.ts'
import { endOrphanedSources } from './sources/run-source.ts'
import { createHintListeners } from './sources/take-hints.ts'
import { linksOf } from './unsubscribe/unsubscribe-url.ts'
import { version } from './version.ts'

export type App = {
  /** Where the API listens; undefined when this process has no role `api`. */
  readonly url: string | undefined
  /** The file with the generated admin key, when one was generated. */
  readonly adminKeyFile: string | undefined
  /** The token with which the first person can be made in a browser; undefined when there is one. */
  readonly setupToken: string | undefined
}

export type AppOptions = {
  readonly config: Config
  readonly log: Log
  readonly lifecycle: Lifecycle
  /** The error lines that `log` writes, for the daily digest. */
  readonly errorLines: ErrorLineGatherer
  /** A loop hangs or the database server is gone for good: end the process with a code other than 0. */
  readonly onFatal: (reason: string) => void
}

/** Writers of one process share a row of each counter; 32 are enough for the largest installation. */
const shards = 32

/** Starts everything the roles ask for. Throws when a part does not start; what was started then is stopped by `lifecycle.stop()`. */
export const startApp = async (options: AppOptions): Promise<App> => {
  const { config, log, lifecycle } = options
  const url = await openDatabase(options)
  const pools = await openPools(options, url)
  const keyring = await openKeyring(config, log)
  const admin = await bootstrap({
    pool: pools.engine,
    dataDir: config.dataDir,
    log,
    ...(config.bootstrapApiKey === undefined ? {} : { apiKey: config.bootstrapApiKey.reveal() }),
  })
  if (config.databaseUrl === undefined) {
    await endOrphanedFanOuts(pools.engine)
    await endOrphanedCampaigns(pools.engine)
    await endOrphanedLooks(pools.engine)
    await endOrphanedRuns(pools.engine)
    await endOrphanedSources(pools.engine)
    const leases = await endOrphanedLeases(pools.engine)
    if (leases > 0)
      log.warn(
        { leases },
        'deliveries were in flight when the last process ended: tried again, marked as possible duplicates',
      )
  }
  const core = createCore(options, pools, keyring)
  await startErrorLines(options, core)
  await startFunctions(options, core)
  await startChangeNoter(options, core)
  const worker = config.roles.includes('worker') ? await startWorker(options, core) : undefined
  const fanOuts = await startFanOuts(options, core, worker)
  await startCampaigns(options, core, worker)
  await startMembershipSyncs(options, core, worker)
  if (config.roles.includes('worker')) await startSources(options, core, worker)
  if (config.roles.includes('scheduler')) await startJobs(options, core, worker)
  await startLookout(options, core)
  await lifecycle.start({
    name: 'progress watch',
    start: async (signal) => {
      const onStuck = (loops: readonly string[]): void =>
        options.onFatal(`stuck: ${loops.join(', ')}`)
      const watch = watchProgress({
        progress: core.progress,
        signal: lifecycle.signal,
        log,
        nowMs: monotonicMs,
        onStuck,
      })
      signal.throwIfAborted()
      return { value: undefined, stop: async () => await watch }
    },
  })
  const listening = config.roles.includes('api')
    ? await startApi(options, core, worker, fanOuts)
    : undefined
  const setupToken = await showSetupToken(pools.engine, keyring)
  return { url: listening, adminKeyFile: admin.keyFile, setupToken }
}

const openDatabase = async ({ config, log, lifecycle, onFatal }: AppOptions): Promise<string> => {
  const url =
    config.databaseUrl?.reveal() ??
    (await lifecycle.start({
      name: 'embedded Postgres',
      stopWithinMs: 40_000,
      start: async () =>
        await holdEmbeddedPostgres({ dataDir: config.dataDir, log, onLost: onFatal }),
    }))
  await migrate({ url, log })
  await checkDurability({ url, log })
  return url
}

const openKeyring = async (config: Config, log: Log): Promise<Keyring> => {
  if (config.secretKeys !== undefined)
    return createKeyring(config.secretKeys.keys, config.secretKeys.activeId)
  const path = join(config.dataDir, 'secret.key')
  const file = await loadOrCreateKeyFile(path)
  if (file.created)
    log.warn({ path }, 'a key for secrets was made: back it up, without it stored secrets are lost')
  return createKeyring(file.keys, file.activeId)
}

/** What the parts of one process share. */
export type Core = ReturnType<typeof createCore>

const createCore = ({ config, log }: AppOptions, pools: Pools, keyring: Keyring) => {
  const newId = createSystemIdGenerator()
  const renderer = createTemplateRenderer()
  const shard = process.pid % shards
  const acceptEvents = createAcceptEvents({ newId, renderer, ...shardsOfAccepting(shard) })
  const metrics = createMetrics()
  collectProcessMetrics(metrics)
  const liveChanges = createChangeNoter()
  const plainStore: DeliveryStore = createPostgresStore({
    pool: pools.engine,
    leasePool: pools.lease,
    shard,
    onBreakerOpened: async (client, opened) => {
      metrics.breakersOpened.inc()
      await tellBreakerOpened(acceptEvents)(client, opened)
    },
    onSetAside: (error, { deliveryId }) =>
      log.error({ err: error, delivery: deliveryId }, 'can not be given back or ended: set aside'),
  })
  const egress = { allowPrivate: config.allowPrivateTargets }
  return {
    pools,
    keyring,
    newId,
    renderer,
    shard,
    acceptEvents,
    store: notingStore(plainStore, liveChanges),
    liveChanges,
    metrics,
    progress: createProgress(monotonicMs),
    lookout: lookoutOver(pools.engine),
    ...createWakers(),
    hints: createHintListeners(),
    http: createHttpOut({
      ...egress,
      // As many as exchanges: what had to wait for a connection would have begun for the engine, so its time would run, a
      // stop could not give it back, and a path that hangs would hold up everybody else's on the same host.
      maxConnectionsPerOrigin: config.workerConcurrency,
      userAgent: `Carillon/${version}`,
    }),
    smtp: createSmtpOut(egress),
    imap: createImapOut(egress),
    functions: createFunctionHost({
      folder: config.functionsDir,
      timeoutMs: config.functionTimeoutSeconds * 1_000,
      threads: config.functionThreads,
      env: revealFunctionEnv(config),
      slugOf: createSlugFinder(pools.engine),
      log,
      clock: systemClock,
      timers: systemTimers,
      monotonicMs,
    }),
    egress,
    log,
  }
}

/** Rows of their own: on that of the settles every batch would wait for their commits. Those in between are the expansions'. */
const shardsOfAccepting = (shard: number) => ({
  shard: 2 * shards + shard,
  otherShards: [3 * shards + shard],
})

/** What a request of this process sets going goes on at once. */
const createWakers = () => ({
  fanOutWaker: createWaker(),
  campaignWaker: createWaker(),
  membershipWaker: createWaker(),
  sourceWaker: createWaker(),
})

const startFunctions = async ({ lifecycle }: AppOptions, core: Core): Promise<void> =>
  await lifecycle.start({
    name: 'functions',
    start: async () => ({ value: undefined, stop: async () => await core.functions.close() }),
  })

const startWorker = async (
  { config, log, lifecycle }: AppOptions,
  core: Core,
): Promise<DeliveryWorker> => {
  await lifecycle.start({
    name: 'outgoing connections',
    start: async () => ({
      value: undefined,
      stop: async () => {
        await Promise.all([core.http.close(), core.smtp.close(), core.imap.close()])
      },
    }),
  })
  const times = createTimeGatherer()
  await lifecycle.start({
    name: 'exchange times',
    start: async () => {
      const onTurn = recordTurns({ metrics: core.metrics, log, epochMs: systemClock.now })
      const { pools, progress } = core
      return runKeepTimes({ pool: pools.engine, gatherer: times, progress, onTurn })
    },
  })
  const stopWithinMs = config.stopTimeoutSeconds * 1_000
  return await lifecycle.start({
    name: 'worker',
    stopWithinMs: stopWithinMs + 10_000,
    start: async (signal) =>
      await runWorker({
        store: core.store,
        sender: createSender({
          pool: core.pools.engine,
          keyring: core.keyring,
          connectors,
          http: core.http.port,
          smtp: core.smtp.port,
          renderer: core.renderer,
          ...linksOf(config.publicUrl, core.keyring),
          archive: archiveOf(core, config),
        }),
        concurrency: config.workerConcurrency,
        leaseMs: config.leaseSeconds * 1_000,
        stopWithinMs,
        progress: core.progress,
        log,
        metrics: core.metrics,
        times,
        newId: core.newId,
        signal,
      }),
  })
}

const startJobs = async (
  { log, lifecycle }: AppOptions,
  core: Core,
  worker: DeliveryWorker | undefined,
): Promise<void> => {
  const onTurn = recordTurns({ metrics: core.metrics, log, epochMs: systemClock.now })
  for (const { name, everyMs, due, turn } of jobsOf(core, { worker, signal: lifecycle.signal }))
    // oxlint-disable-next-line no-await-in-loop -- parts start one after the other
    await lifecycle.start({
      name: `job ${name}`,
      start: async () => {
        const stopping = new AbortController()
        const waker = createWaker()
        const loop = runLoop({
          name,
          signal: stopping.signal,
          turn: async () => ((await turn()) > 0 ? 'worked' : 'idle'),
          idleMs: due === undefined ? everyMs : core.lookout.watch({ everyMs, due, waker }),
          waker,
          progress: core.progress,
          onTurn,
        })
        return {
          value: undefined,
          stop: async () => {
            stopping.abort()
            await loop
          },
        }
      },
    })
}

/** At a stop requests under way have this long to end: one whose body never comes must not keep the process. */
const finishRequestsMs = 5_000

const startApi = async (
  { config, log, lifecycle }: AppOptions,
  core: Core,
  worker: DeliveryWorker | undefined,
  fanOuts: Pick<Expander, 'expandNew'>,
): Promise<string> => {
  const authenticate = createAuthenticator({
    pool: core.pools.engine,
    log,
    publicUrl: config.publicUrl,
  })
  const edge = await createHttpServer({
    log,
    metrics: core.metrics,
    newId: core.newId,
    version,
    authenticate,
    limitRate: createRequestLimits({ pool: core.pools.engine, monotonicMs }),
    readiness: [
      { name: 'database', check: async () => void (await core.pools.app.query('SELECT 1')) },
      {
        name: 'progress',
        check: async () => {
          const stuck = core.progress.stuck()
          if (stuck.length > 0) throw new Error(`no progress: ${stuck.join(', ')}`)
        },
      },
    ],
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    translateError: translateDbError,
    // What `npm run gen` makes the API document of has compiled every one of these schemas.
    compileTime: 'at first use',
  })
  const hub = await startStreamHub({ lifecycle }, core)
  addRoutes(edge.server, config, core, worker, {
    expander: fanOuts,
    live: { hub, authenticate, timers: systemTimers },
  })
  return await lifecycle.start({
    name: 'API',
    start: async () => {
      const url = await edge.server.listen({ host: config.host, port: config.port })
      return {
        value: url,
        stop: async () => {
          edge.drain()
          const cancelCut = systemTimers.after(finishRequestsMs, () =>
            edge.server.server.closeAllConnections(),
          )
          await edge.server.close()
          cancelCut()
        },
      }
    },
  })
}
