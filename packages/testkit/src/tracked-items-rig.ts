/** For tests of tracked items: their routes and jobs over a test's database, with a fake Universign on the other side. */
import { connector as universign } from '@carillon/connectors/universign/universign'
import { connector as webhook } from '@carillon/connectors/webhook/webhook'
import { instant, type Instant } from '@carillon/domain/clock'
import { asId, parseId, printId, type TenantId } from '@carillon/domain/ids'
import { createAcceptEvents } from '@carillon/server/ingest/accept-events'
import { sealSecrets } from '@carillon/server/integrations/seal-secrets'
import { createHttpOut } from '@carillon/server/platform/outbound/http-out'
import { createSystemIdGenerator } from '@carillon/server/platform/ids'
import { createMetrics } from '@carillon/server/platform/metrics'
import { createKeyring } from '@carillon/server/platform/secrets/keyring'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { followHints } from '@carillon/server/tracked-items/follow-hints'
import type { LookServices } from '@carillon/server/tracked-items/look-at-item'
import { lookAtWaiting } from '@carillon/server/tracked-items/look-at-waiting'
import { addTrackedItemRoutes } from '@carillon/server/tracked-items/routes'
import type { ItemView, LogView } from '@carillon/server/tracked-items/schema'
import type { Log } from '@carillon/server/platform/log'
import { startFakeUniversign, type FakeUniversign } from './fake-universign.ts'
import { given } from './given.ts'
import { quietLog } from './quiet-log.ts'
import { testApi, type TestApi, type TestReply } from './test-api.ts'
import { testDb, type TestDb } from './test-db.ts'

export type TrackedItemsRig = Awaited<ReturnType<typeof startTrackedItems>>

/** A started transaction, as the vendor describes it. */
export const startedTransaction = {
  state: 'started',
  participants: [{ email: 'anna@example.org', full_name: 'Anna Rossi' }],
  documents: [{ id: 'doc_1', name: 'quote.pdf' }],
}

const keyring = createKeyring([{ id: 'k1', key32: Buffer.alloc(32, 7) }], 'k1')

/** Starts it all; `await using`. */
export const startTrackedItems = async () => {
  const [db, peer] = [await testDb(), await startFakeUniversign()]
  const make = given(db.owner)
  const tenantId = asId('tenant', await make.tenant())
  const http = createHttpOut({ allowPrivate: ['127.0.0.0/8'] })
  const clock = { at: instant(Date.UTC(2026, 10, 22, 12)) }
  const services = servicesOf(db, http.port, clock)
  const api = await testApi(db, (server) =>
    addTrackedItemRoutes(server, { pool: db.app, services }),
  )
  const parts: Parts = { db, peer, api, tenantId, services, make }
  return {
    ...parts,
    clock,
    ...calling(parts),
    ...arranging(parts),
    /** Looks until nothing waits. */
    look: async (): Promise<void> => {
      await followHints(services)
      while ((await lookAtWaiting(services, new AbortController().signal)) > 0);
    },
    events: async () => await eventsOf(db),
    [Symbol.asyncDispose]: async () => {
      await http.close()
      await api[Symbol.asyncDispose]()
      await peer[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

type Services = LookServices & { readonly log: Log }
type Parts = {
  readonly db: TestDb
  readonly peer: FakeUniversign
  readonly api: TestApi
  readonly tenantId: TenantId
  readonly services: Services
  readonly make: ReturnType<typeof given>
}

const servicesOf = (
  db: TestDb,
  http: LookServices['http'],
  clock: { readonly at: Instant },
): Services => {
  const newId = createSystemIdGenerator()
  return {
    pool: db.engine,
    keyring,
    connectors: { universign, webhook },
    http,
    acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
    onAccepted: () => {},
    newId,
    clock: { now: () => clock.at },
    monotonicMs: () => performance.now(),
    log: quietLog,
    metrics: createMetrics(),
  }
}

type Call = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
  of?: string,
) => Promise<TestReply>

/** The API below /tracked-items, and what is asked most. */
const calling = ({ api, tenantId }: Parts) => {
  const keys = new Map<string, string>()
  const call: Call = async (method, path, body, headers = {}, of = tenantId) => {
    const key = keys.get(of) ?? (await api.key({ tenantId: of }))
    keys.set(of, key)
    const more = { headers, ...(body === undefined ? {} : { body }) }
    return await api.send(key, method, `/api/v1/tracked-items${path}`, more)
  }
  return {
    call,
    track: async (integration: string, remoteId: string, more: object = {}): Promise<ItemView> => {
      const reply = await call('POST', '', { integration, remoteId, ...more })
      if (reply.status !== 201) throw new Error(JSON.stringify(reply.body))
      return reply.body as ItemView
    },
    item: async (id: string): Promise<ItemView> => (await call('GET', `/${id}`)).body as ItemView,
    log: async (path = '/looks'): Promise<readonly LogView[]> =>
      ((await call('GET', path)).body as { items: LogView[] }).items,
  }
}

/** Puts into the database what would come by other ways. */
const arranging = ({ db, make, tenantId, peer }: Parts) => ({
  integration: async (settings: object = {}): Promise<string> => {
    const values = { connector: 'universign', settings: { baseUrl: peer.url, ...settings } }
    const id = await make.integration(tenantId, values)
    const secrets = { apiKey: peer.apiKey }
    const sealed = sealSecrets(keyring, { tenantId, id: asId('integration', id), secrets })
    await db.owner.query('UPDATE integrations SET secrets = $2, channel = NULL WHERE id = $1', [
      id,
      sealed.secrets,
    ])
    return printId('integration', asId('integration', id))
  },
  hint: async (
    integration: string,
    key: string,
    type = 'transaction.lifecycle.completed',
    data: object | null = null,
  ): Promise<void> => {
    const values = [tenantId, parseId('integration', integration), key, type, data]
    await db.owner.query(
      'INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type, data) VALUES ($1, $2, gen_random_uuid()::text, $3, $4, $5)',
      values,
    )
  },
  /** As if all waits were over. */
  later: async (): Promise<void> => {
    await db.owner.query(
      `UPDATE tracker_rounds SET next_at = now() - interval '1 s', paused_until = NULL`,
    )
    await db.owner.query('UPDATE tracked_items SET not_before = NULL, looking_until = NULL')
  },
})

const eventsOf = async (db: TestDb) => {
  const { rows } = await db.owner.query<{
    source: string
    source_id: string
    type: string
    data: string
  }>('SELECT source, source_id, type, data::text AS data FROM events ORDER BY id')
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> }))
}
