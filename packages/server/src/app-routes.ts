/** The routes of every feature, each with what it needs: the part of the composition root that grows with the API. */
import { fileURLToPath } from 'node:url'
import { connectors } from '@carillon/connectors/registry.gen'
import { createLimitAttempts } from './access/sign-in/limit-attempts.ts'
import { addApiKeyRoutes, addPlatformKeyRoutes } from './access/routes.ts'
import { addCampaigns } from './app-campaigns.ts'
import { addMonitor } from './app-monitor.ts'
import { addMembershipSyncs } from './app-membership-syncs.ts'
import { addPeople } from './app-people.ts'
import { addSources } from './app-sources.ts'
import { addInsights } from './app-live.ts'
import { onAcceptedOf, reportRoutesOf, scheduleServicesOf } from './app-jobs.ts'
import { lookServicesOf } from './app-tracked-items.ts'
import type { Core } from './app.ts'
import { addAuditRoutes } from './audit/routes.ts'
import type { Config } from './config.ts'
import { addContactRoutes } from './contacts/routes.ts'
import { addDeliveryRoutes } from './delivery/routes.ts'
import type { DeliveryWorker } from './delivery/worker.ts'
import type { Expander } from './fan-outs/create-expander.ts'
import { addFanOutRoutes } from './fan-outs/routes.ts'
import { addFunctionRoutes } from './functions/routes.ts'
import { createGatherEvents } from './ingest/gather-events.ts'
import { addEventRoutes } from './ingest/routes.ts'
import type { LiveOptions } from './live/routes.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'
import { createMjmlCompiler } from './platform/mjml/compile-mjml.ts'
import { addReportRoutes } from './reports/routes.ts'
import { addRuleRoutes } from './rules/routes.ts'
import { addScheduleRoutes } from './schedules/routes.ts'
import { addSubscriptionRoutes } from './subscriptions/routes.ts'
import { addSuppressionRoutes } from './suppressions/routes.ts'
import { addTenantRoutes } from './tenants/routes.ts'
import { addTrackedItemRoutes } from './tracked-items/routes.ts'
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
  const gather = createGatherEvents({
    pool: pools.engine,
    acceptEvents,
    onAccepted,
    reserve: worker?.reserve,
  })
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
  addReportRoutes(server, reportRoutesOf(core, worker))
  addScheduleRoutes(server, { pool, services: scheduleServicesOf(core, worker) })
  addInsights(server, core, live)
  addTrackedItemRoutes(server, { pool, services: lookServicesOf(core, onAccepted) })
  addAuditRoutes(server, { pool, enginePool: pools.engine })
  addTenantRoutes(server, { pool: pools.engine, newId })
  addApiKeyRoutes(server, { pool, newId })
  addPlatformKeyRoutes(server, { pool: pools.engine, newId })
  addFanOutRoutes(server, { pool, gather, expander, newId, shard })
  addFunctionRoutes(server, { functions: core.functions })
  addRuleRoutes(server, { pool, newId, connectors, renderer: core.renderer })
  const compileMjml = createMjmlCompiler()
  addCampaigns(server, { config, core, worker, compileMjml })
  addMembershipSyncs(server, { config, core, worker })
  addSubscriptionRoutes(server, {
    pool,
    newId,
    connectors,
    renderer: core.renderer,
    compileMjml,
  })
  addMonitor(server, core, worker)
  addWebUiRoutes(server, { folder: fileURLToPath(new URL('../../web/dist', import.meta.url)) })
}
