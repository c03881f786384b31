/** Tracked items as a part of the process: what their looks, jobs and documents need. A part of the composition root. */
import { connectors } from '@carillon/connectors/registry.gen'
import type { Core } from './app.ts'
import type { Accepted } from './ingest/accept-events.ts'
import { monotonicMs, systemClock } from './platform/clock.ts'
import type { LookServices } from './tracked-items/look-at-item.ts'

/** What looking at the other side needs. */
export const lookServicesOf = (
  core: Core,
  onAccepted: (accepted: Accepted) => void,
): LookServices => ({
  pool: core.pools.engine,
  keyring: core.keyring,
  connectors,
  http: core.http.port,
  acceptEvents: core.acceptEvents,
  onAccepted,
  newId: core.newId,
  clock: systemClock,
  monotonicMs,
})
