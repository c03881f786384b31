/** Tracked items as a part of the process: what their looks, jobs and documents need. A part of the composition root. */
import { join } from 'node:path'
import { connectors } from '@carillon/connectors/registry.gen'
import { asId, printId } from '@carillon/domain/ids'
import type { Core } from './app.ts'
import type { Config } from './config.ts'
import type { ArchiveOf } from './delivery/send-delivery.ts'
import type { Accepted } from './ingest/accept-events.ts'
import { monotonicMs, systemClock } from './platform/clock.ts'
import { archiveFolder } from './platform/files/archive-folder.ts'
import { documentsOf } from './tracked-items/fetch-document.ts'
import type { LookServices } from './tracked-items/look-at-item.ts'

/** What archives are given: documents of tracked items, and the tenant's part of the archive folder. */
export const archiveOf = (
  core: Core,
  config: Pick<Config, 'archiveDir' | 'dataDir'>,
): ArchiveOf => {
  const services = {
    pool: core.pools.engine,
    keyring: core.keyring,
    connectors,
    http: core.http.port,
    clock: systemClock,
  }
  const root = config.archiveDir ?? join(config.dataDir, 'archive')
  return (of) => ({
    documents: documentsOf(of, services),
    // Every exchange is given these and nearly none writes: the folder's name is worked out when one does.
    files: {
      write: async (path, bytes) =>
        await archiveFolder(root, printId('tenant', asId('tenant', of.tenantId))).write(
          path,
          bytes,
        ),
    },
  })
}

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
  metrics: core.metrics,
})
