/**
 * The real HTTP edge with the real authentication over a test's database, without a socket: for `routes.db.test.ts`.
 * Not for whole processes (`carillon-process.ts`).
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createAuthenticator } from '@carillon/server/access/authenticate'
import { translateDbError } from '@carillon/server/platform/db/translate-error'
import { createHttpServer } from '@carillon/server/platform/http/create-http-server'
import type { HttpServer } from '@carillon/server/platform/http/fastify-types'
import type { Authenticate } from '@carillon/server/platform/http/principal'
import { createSystemIdGenerator, type IdGenerator } from '@carillon/server/platform/ids'
import { createMetrics } from '@carillon/server/platform/metrics'
import type { Pool } from 'pg'
import { quietLog } from './quiet-log.ts'
import type { TestDb } from './test-db.ts'

export type GivenKey = {
  /** Absent: a platform-admin key. */
  readonly tenantId?: string
  /** Default: all. */
  readonly scopes?: readonly string[]
  /** SQL interval from now, such as '1 hour' or '-1 second'. */
  readonly expiresIn?: string
  readonly isRevoked?: true
}

export type TestReply = {
  readonly status: number
  /** Parsed; undefined when the answer has none. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type TestApi = {
  readonly server: HttpServer
  readonly newId: IdGenerator
  /** Makes an API key and returns it. */
  readonly key: (values?: GivenKey) => Promise<string>
  /** Sends a request with an API key (undefined: without one); a body goes as JSON. */
  readonly send: (
    key: string | undefined,
    method: Method,
    url: string,
    more?: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<TestReply>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type AddRoutes = (server: HttpServer, newId: IdGenerator) => void
type Options = { readonly authenticate?: Authenticate }

/** Stores a key as the owner; returns its text. */
export const giveKey = async (owner: Pool, values: GivenKey = {}): Promise<string> => {
  const key = `car_${randomBytes(25).toString('hex')}`
  await owner.query(
    `INSERT INTO api_keys (tenant_id, id, name, prefix, hash, scopes, expires_at, revoked_at)
     VALUES ($1, $2, 'test', $3, $4, $5, now() + $6::interval, CASE WHEN $7 THEN now() END)`,
    [
      values.tenantId ?? null,
      randomUUID(),
      key.slice(0, 10),
      createHash('sha256').update(key).digest(),
      values.scopes ?? ['*'],
      values.expiresIn ?? null,
      values.isRevoked === true,
    ],
  )
  return key
}

/** `await using api = await testApi(db, (server, newId) => addThingRoutes(server, { pool: db.app, newId }))`. */
export const testApi = async (
  db: TestDb,
  addRoutes: AddRoutes,
  options: Options = {},
): Promise<TestApi> => {
  const newId = createSystemIdGenerator()
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId,
    version: '0.0.0',
    readiness: [],
    authenticate: options.authenticate ?? createAuthenticator({ pool: db.engine, log: quietLog }),
    translateError: translateDbError,
  })
  addRoutes(server, newId)
  return {
    server,
    newId,
    key: async (values) => giveKey(db.owner, values),
    send: async (key, method, url, { body, headers = {} } = {}) => {
      const reply = await server.inject({
        method,
        url,
        headers: { ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers },
        ...(body === undefined ? {} : { payload: body }),
      })
      const json: unknown = reply.body === '' ? undefined : JSON.parse(reply.body)
      return { status: reply.statusCode, body: json, headers: reply.headers }
    },
    [Symbol.asyncDispose]: async () => server.close(),
  }
}
