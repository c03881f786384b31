/** What the routes of hooks need, over a test's database: real accepting, no way out. */
import type { HttpPort } from '@carillon/connectors/http-port'
import type { ConnectorRegistry } from '@carillon/server/delivery/send-delivery'
import { createAcceptEvents } from '@carillon/server/ingest/accept-events'
import { monotonicMs, systemClock } from '@carillon/server/platform/clock'
import type { IdGenerator } from '@carillon/server/platform/ids'
import type { Keyring } from '@carillon/server/platform/secrets/keyring'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { createPublicKeys } from '@carillon/server/sources/public-keys'
import type { HintedIntegration } from '@carillon/server/sources/take-hints'
import { quietLog } from './quiet-log.ts'
import type { TestDb } from './test-db.ts'

/** No connection leads out of this one. */
const noWayOut: HttpPort = {
  request: async () => ({ kind: 'not_sent', reason: 'blocked', message: 'a test' }),
}

/** Options of `addHookRoutes`. `http` is where public keys are fetched. */
export const hookServices = (
  db: TestDb,
  given: {
    readonly keyring: Keyring
    readonly connectors: ConnectorRegistry
    readonly newId: IdGenerator
    readonly http?: HttpPort
    readonly publicUrl?: string | undefined
    readonly onHints?: (of: HintedIntegration) => void
  },
) => {
  const { keyring, connectors, newId, http = noWayOut } = given
  const renderer = createTemplateRenderer()
  return {
    pool: db.engine,
    keyring,
    connectors,
    http,
    newId,
    render: (template: string, scope: object) => renderer.render(template, scope, 'none'),
    publicKeys: createPublicKeys({ http, monotonicMs }),
    acceptEvents: createAcceptEvents({ newId, renderer, shard: 0 }),
    onAccepted: () => {},
    onHints: given.onHints ?? (() => {}),
    clock: systemClock,
    shard: 0,
    log: quietLog,
    publicUrl: given.publicUrl,
  }
}
