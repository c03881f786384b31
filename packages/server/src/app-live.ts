/** What shows how deliveries fare: statistics, the live stream, explanations, replays. A part of the composition root. */
import { connectors } from '@carillon/connectors/registry.gen'
import type { AppOptions, Core } from './app.ts'
import { addReplayRoutes } from './delivery/replays/routes.ts'
import { addExplainRoutes } from './explain/routes.ts'
import { addLiveRoutes, type LiveOptions } from './live/routes.ts'
import { runChangeNoter } from './live/note-changes.ts'
import { runStreamHub } from './live/run-stream-hub.ts'
import type { StreamHub } from './live/stream-hub.ts'
import { systemClock } from './platform/clock.ts'
import type { HttpServer } from './platform/http/fastify-types.ts'
import { addStatsRoutes } from './stats/routes.ts'

type Start = Pick<AppOptions, 'lifecycle'>

/** Every process writes down what it moves. */
export const startChangeNoter = async ({ lifecycle }: Start, core: Core): Promise<void> =>
  await lifecycle.start({
    name: 'live changes',
    start: async () => runChangeNoter(core.liveChanges, { ...core, pool: core.pools.engine }),
  })

/** Processes with the API tell it to whoever looks. */
export const startStreamHub = async ({ lifecycle }: Start, core: Core): Promise<StreamHub> =>
  await lifecycle.start({
    name: 'live streams',
    start: async () =>
      runStreamHub({ ...core, pool: core.pools.app, enginePool: core.pools.engine }),
  })

/** Registers the routes. */
export const addInsights = (server: HttpServer, core: Core, live: LiveOptions): void => {
  const { newId, renderer, functions } = core
  const pool = core.pools.app
  addStatsRoutes(server, { pool, connectors })
  addReplayRoutes(server, { pool, newId })
  addLiveRoutes(server, live)
  addExplainRoutes(server, {
    pool,
    connectors,
    renderer,
    clock: systemClock,
    functionNames: async (tenantId) =>
      (await functions.states(tenantId)).map(({ subscriptionId }) => subscriptionId),
  })
}
