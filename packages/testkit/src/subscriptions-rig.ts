/** For route tests of subscriptions: the routes over a test's database, with a caller of each role in two tenants. */
import { connectors } from '@carillon/connectors/registry.gen'
import type { CompileMjml } from '@carillon/server/platform/mjml/compile-mjml'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { addSubscriptionRoutes } from '@carillon/server/subscriptions/routes'
import { authenticateAs, givenCaller } from './as-caller.ts'
import { given } from './given.ts'
import { testApi, type TestApi, type TestReply } from './test-api.ts'
import { testDb, type TestDb } from './test-db.ts'

type Caller = 'platform' | 'admin' | 'anna' | 'bruno' | 'key' | 'reader' | 'stranger'
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type SubscriptionsRig = {
  readonly db: TestDb
  readonly api: TestApi
  readonly tenantId: string
  /** "GET /api/v1/…" -> the limit of requests that counts there. */
  readonly limits: ReadonlyMap<string, string | undefined>
  /** Sends as one of the callers; `stranger` is the admin of another tenant. */
  readonly as: (
    caller: Caller,
    method: Method,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<TestReply>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const refuseMjml: CompileMjml = async () => {
  throw new Error('this test compiles no MJML')
}

/** `await using s = await subscriptionsRig()`. */
export const subscriptionsRig = async (
  compileMjml: CompileMjml = refuseMjml,
): Promise<SubscriptionsRig> => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant('acme')
  const elsewhere = await given(db.owner).tenant('else')
  const callers = {
    platform: givenCaller({ tenantId, actor: 'usr_platform', role: 'platform' }),
    admin: givenCaller({ tenantId, actor: 'usr_admin', role: 'admin' }),
    anna: givenCaller({ tenantId, actor: 'usr_anna', role: 'member' }),
    bruno: givenCaller({ tenantId, actor: 'usr_bruno', role: 'member' }),
    key: givenCaller({ tenantId, actor: 'key_app', role: 'key' }),
    reader: givenCaller({
      tenantId,
      actor: 'key_reader',
      role: 'key',
      scopes: ['subscriptions:read'],
    }),
    stranger: givenCaller({ tenantId: elsewhere, actor: 'usr_stranger', role: 'admin' }),
  }
  const renderer = createTemplateRenderer()
  const limits = new Map<string, string | undefined>()
  const api = await testApi(
    db,
    (server, newId) => {
      server.addHook('onRoute', ({ method, url, config }) => {
        if (method !== 'HEAD') limits.set(`${String(method)} ${url}`, config?.rateLimit)
      })
      addSubscriptionRoutes(server, { pool: db.app, newId, connectors, renderer, compileMjml })
    },
    { authenticate: authenticateAs(callers) },
  )
  return {
    db,
    api,
    tenantId,
    limits,
    as: async (caller, method, path, body, headers = {}) =>
      await api.send(undefined, method, `/api/v1${path}`, {
        ...(body === undefined ? {} : { body }),
        headers: { 'x-caller': caller, ...headers },
      }),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
