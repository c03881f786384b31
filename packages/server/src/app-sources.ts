/** Sources as a part of the process: their runner, their hooks, their API. A part of the composition root. */
import { randomBytes } from 'node:crypto'
import { connectors } from '@carillon/connectors/registry.gen'
import type { VerifySignature } from '@carillon/connectors/verify-signature'
import { onAcceptedOf } from './app-jobs.ts'
import type { AppOptions, Core } from './app.ts'
import type { Config } from './config.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import { createIntegrationCheck } from './integrations/check-integration.ts'
import { addIntegrationRoutes } from './integrations/routes.ts'
import { monotonicMs, systemClock } from './platform/clock.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'
import { systemRandom } from './platform/random.ts'
import { correlatePec } from './pec/correlate-pec.ts'
import { createVerifySignature } from './platform/smime/verify-signature.ts'
import { addHookRoutes } from './receipts/routes.ts'
import { createPublicKeys } from './sources/public-keys.ts'
import { addSourceRoutes } from './sources/routes.ts'
import { runSources } from './sources/run-sources.ts'

const verifySignatureOf = ({ pecCa }: Config): VerifySignature =>
  createVerifySignature({ clock: systemClock, ...(pecCa === undefined ? {} : { ca: pecCa }) })

/** Processes with the worker run what is due, whoever asked for it. */
export const startSources = async (
  { config, log, lifecycle }: Pick<AppOptions, 'config' | 'log' | 'lifecycle'>,
  core: Core,
  worker: DeliveryWorker | undefined,
): Promise<void> => {
  await lifecycle.start({
    name: 'sources',
    start: async () =>
      runSources({
        pool: core.pools.engine,
        keyring: core.keyring,
        connectors,
        http: core.http.port,
        imap: core.imap.port,
        verifySignature: verifySignatureOf(config),
        renderer: core.renderer,
        acceptEvents: core.acceptEvents,
        onAccepted: onAcceptedOf(core, worker),
        onStored: correlatePec,
        newId: core.newId,
        clock: systemClock,
        random: systemRandom,
        monotonicMs,
        log,
        metrics: core.metrics,
        leaseMs: config.leaseSeconds * 1_000,
        progress: core.progress,
        waker: core.sourceWaker,
        lookout: core.lookout,
      }),
  })
}

/** Registers integrations, their hooks, and the API of those that are sources. */
export const addSources = (
  server: HttpServer,
  {
    config,
    core,
    worker,
  }: {
    readonly config: Config
    readonly core: Core
    readonly worker: DeliveryWorker | undefined
  },
): void => {
  const { publicUrl } = config
  const { renderer } = core
  const shared = {
    keyring: core.keyring,
    connectors,
    http: core.http.port,
    acceptEvents: core.acceptEvents,
    onAccepted: onAcceptedOf(core, worker),
    newId: core.newId,
    clock: systemClock,
    publicUrl,
  }
  addHookRoutes(server, {
    ...shared,
    pool: core.pools.engine,
    render: (template, scope) => renderer.render(template, scope, 'none'),
    publicKeys: createPublicKeys({ http: core.http.port, monotonicMs }),
    shard: core.shard,
    onMoved: core.liveChanges.changed,
    onHints: core.hints.tell,
    log: core.log,
  })
  addIntegrationRoutes(server, {
    ...shared,
    pool: core.pools.app,
    shard: core.shard,
    smtp: core.smtp.port,
    imap: core.imap.port,
    renderer,
    allowPrivateTargets: config.allowPrivateTargets,
    compileTime: 'at first use',
    randomBytes,
    wake: (lane) => worker?.wake([lane]),
  })
  addSourceRoutes(server, {
    ...shared,
    pool: core.pools.app,
    enginePool: core.pools.engine,
    renderer,
    check: createIntegrationCheck({
      connectors,
      renderer,
      allowPrivateTargets: config.allowPrivateTargets,
      compileTime: 'at first use',
    }),
    onStored: correlatePec,
    verifySignature: verifySignatureOf(config),
    wake: core.sourceWaker.wake,
  })
}
