/** The routes of every feature, each with what it needs: the part of the composition root that grows with the API. */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { connectors } from '@carillon/connectors/registry.gen'
import { createLimitAttempts } from './access/sign-in/limit-attempts.ts'
import { addApiKeyRoutes, addPlatformKeyRoutes } from './access/routes.ts'
import { addCampaigns } from './app-campaigns.ts'
import { addPeople } from './app-people.ts'
import { addSources } from './app-sources.ts'
import { onAcceptedOf, reportServicesOf, scheduleServicesOf } from './app-jobs.ts'
import type { Core } from './app.ts'
import { addAuditRoutes } from './audit/routes.ts'
import type { Config } from './config.ts'
import { addContactRoutes } from './contacts/routes.ts'
import { addDeliveryRoutes } from './delivery/routes.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import type { Expander } from './fan-outs/create-expander.ts'
import { addFanOutRoutes } from './fan-outs/routes.ts'
import { addFunctionRoutes } from './functions/routes.ts'
import { addExplainRoutes } from './explain/routes.ts'
import { createGatherEvents } from './ingest/gather-events.ts'
import { addEventRoutes } from './ingest/routes.ts'
import { addIntegrationRoutes } from './integrations/routes.ts'
import { addLiveRoutes, type LiveOptions } from './live/routes.ts'
import { systemClock } from './platform/clock.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'
import { createMjmlCompiler } from './platform/mjml/compile-mjml.ts'
import { addReportRoutes } from './reports/routes.ts'
import { addReplayRoutes } from './replays/routes.ts'
import { addRuleRoutes } from './rules/routes.ts'
import { addScheduleRoutes } from './schedules/routes.ts'
import { addStatsRoutes } from './stats/routes.ts'
import { addSubscriptionRoutes } from './subscriptions/routes.ts'
import { addSuppressionRoutes } from './suppressions/routes.ts'
import { addTenantRoutes } from './tenants/routes.ts'
import { addUnsubscribeRoutes } from './unsubscribe/routes.ts'
import { unsubscribeTokensOf } from './unsubscribe/unsubscribe-url.ts'
import { addWebUiRoutes } from './web-ui/routes.ts'

/** Registers the routes of every feature. */
export const addRoutes = (
  server: HttpServer,
  config: Config,
  core: Core,
  worker: DeliveryWorker | undefined,
  {
    expander,
    live,
  }: { readonly expander: Pick<Expander, 'expandNew'>; readonly live: LiveOptions },
): void => {
  const { pools, newId, shard } = core
  const pool = pools.app
  const onAccepted = onAcceptedOf(core, worker)
  const { acceptEvents } = core
  const gather = createGatherEvents({ pool: pools.engine, acceptEvents, onAccepted })
  addEventRoutes(server, { pool, enginePool: pools.engine, gather, acceptEvents, onAccepted })
  addDeliveryRoutes(server, {
    pool,
    newId,
    shard,
    wake: (lane) => worker?.wake([lane]),
    onChanged: core.liveChanges.changed,
  })
  addSources(server, { config, core, worker })
  addSuppressionRoutes(server, { pool, connectors })
  addUnsubscribeRoutes(server, {
    pool,
    tokens: unsubscribeTokensOf(core.keyring),
    limit: createLimitAttempts(pools.engine),
  })
  addPeople(server, { config, core, onAccepted, wake: (lane) => worker?.wake([lane]) })
  addContactRoutes(server, { pool, newId, log: core.log })
  addReportRoutes(server, {
    ...reportServicesOf(core, worker),
    pool,
    enginePool: pools.engine,
    clock: systemClock,
  })
  addScheduleRoutes(server, { pool, services: scheduleServicesOf(core, worker) })
  addStatsRoutes(server, { pool, connectors })
  addReplayRoutes(server, { pool, newId })
  addLiveRoutes(server, live)
  addAuditRoutes(server, { pool, enginePool: pools.engine })
  addTenantRoutes(server, { pool: pools.engine, newId })
  addApiKeyRoutes(server, { pool, newId })
  addExplainRoutes(server, {
    pool,
    connectors,
    renderer: core.renderer,
    clock: systemClock,
    functionNames: async (tenantId) =>
      (await core.functions.states(tenantId)).map(({ subscriptionId }) => subscriptionId),
  })
  addTrackedItemRoutes(server, { pool, services: lookServicesOf(core, onAccepted) })
  addPlatformKeyRoutes(server, { pool: pools.engine, newId })
  addIntegrationRoutes(server, {
    pool,
    newId,
    shard,
    keyring: core.keyring,
    connectors,
    http: core.http.port,
    smtp: core.smtp.port,
    imap: core.imap.port,
    renderer: core.renderer,
    allowPrivateTargets: config.allowPrivateTargets,
    randomBytes,
    clock: systemClock,
    publicUrl: config.publicUrl,
    wake: (lane) => worker?.wake([lane]),
  })
  addFanOutRoutes(server, { pool, gather, expander, newId, shard })
  addFunctionRoutes(server, { functions: core.functions })
  addRuleRoutes(server, { pool, newId, connectors, renderer: core.renderer })
  const compileMjml = createMjmlCompiler()
  addCampaigns(server, { config, core, worker, compileMjml })
  addSubscriptionRoutes(server, {
    pool,
    newId,
    connectors,
    renderer: core.renderer,
    compileMjml,
  })
  addWebUiRoutes(server, { folder: fileURLToPath(new URL('../../web/dist', import.meta.url)) })
}
