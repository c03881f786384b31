/**
 * A tenant's configuration API (connectors, integrations, rules) over a test's database, with real outgoing connections
 * that may reach loopback. Nothing is sent by itself: there is no worker here.
 */
import { randomBytes } from 'node:crypto'
import { connectors } from '@carillon/connectors/registry.gen'
import { addIntegrationRoutes } from '@carillon/server/integrations/routes'
import type { HttpServer } from '@carillon/server/platform/http/fastify-types'
import type { IdGenerator } from '@carillon/server/platform/ids'
import { systemClock } from '@carillon/server/platform/clock'
import { createHttpOut } from '@carillon/server/platform/outbound/http-out'
import { createSmtpOut } from '@carillon/server/platform/outbound/smtp-out'
import { createKeyring, type Keyring } from '@carillon/server/platform/secrets/keyring'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { addRuleRoutes } from '@carillon/server/rules/routes'
import { given } from './given.ts'
import { testApi, type TestApi, type TestReply } from './test-api.ts'
import { testDb, type TestDb } from './test-db.ts'

type Method = Parameters<TestApi['send']>[1]
type Lane = { readonly tenantId: string; readonly integrationId: string; readonly priority: number }

export type ConfigApi = {
  readonly db: TestDb
  readonly api: TestApi
  readonly keyring: Keyring
  readonly tenantId: string
  /** Lanes that were told to have work. */
  readonly woken: readonly Lane[]
  /** A request below /api/v1 by the tenant's own key that may do everything. */
  readonly call: (
    method: Method,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<TestReply>
  /** The same, by another tenant's key. */
  readonly callAsStranger: (method: Method, path: string, body?: object) => Promise<TestReply>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type ConfigApiOptions = {
  /** Default: loopback, where the tests' peers listen. */
  readonly allowPrivateTargets?: readonly string[]
  /** Default: one of its own. */
  readonly keyring?: Keyring
  /** More routes beside those of the configuration. */
  readonly addRoutes?: (server: HttpServer, db: TestDb, newId: IdGenerator) => void
}

/** `await using c = await configApi()`. */
export const configApi = async ({
  allowPrivateTargets = ['127.0.0.0/8'],
  keyring = createKeyring([{ id: 'test', key32: randomBytes(32) }], 'test'),
  addRoutes,
}: ConfigApiOptions = {}): Promise<ConfigApi> => {
  const db = await testDb()
  const http = createHttpOut({ allowPrivate: allowPrivateTargets })
  const smtp = createSmtpOut({ allowPrivate: allowPrivateTargets })
  const renderer = createTemplateRenderer()
  const woken: Lane[] = []
  const api = await testApi(db, (server, newId) => {
    addIntegrationRoutes(server, {
      pool: db.app,
      keyring,
      connectors,
      http: http.port,
      smtp: smtp.port,
      renderer,
      newId,
      randomBytes,
      clock: systemClock,
      shard: 0,
      allowPrivateTargets,
      wake: (lane) => void woken.push(lane),
    })
    addRuleRoutes(server, { pool: db.app, connectors, renderer, newId })
    addRoutes?.(server, db, newId)
  })
  const tenantId = await given(db.owner).tenant()
  const own = await api.key({ tenantId })
  const strange = await api.key({ tenantId: await given(db.owner).tenant() })
  const send = async (
    key: string,
    [method, path, body, headers]: Parameters<ConfigApi['call']>,
  ): Promise<TestReply> =>
    await api.send(key, method, `/api/v1${path}`, {
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    })
  return {
    db,
    api,
    keyring,
    tenantId,
    woken,
    call: async (...request) => await send(own, request),
    callAsStranger: async (...request) => await send(strange, request),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await Promise.all([http.close(), smtp.close()])
      await db[Symbol.asyncDispose]()
    },
  }
}
