/** For route tests of contacts, tags, operators and imports: the routes over a test's database, with callers in two tenants. */
import type { Readable } from 'node:stream'
import { addContactRoutes } from '@carillon/server/contacts/routes'
import { authenticateAs, givenCaller } from './as-caller.ts'
import { given } from './given.ts'
import { quietLog } from './quiet-log.ts'
import { testApi, type TestApi, type TestReply } from './test-api.ts'
import { testDb, type TestDb } from './test-db.ts'

type Caller = 'admin' | 'reader' | 'writer' | 'other' | 'stranger' | 'nobody'
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type ContactsRig = {
  readonly db: TestDb
  readonly api: TestApi
  readonly tenantId: string
  /** Sends as one of the callers; `stranger` is the admin of another tenant, `other` has scopes of other things. */
  readonly as: (
    caller: Caller,
    method: Method,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<TestReply>
  /** Imports a file as the admin; `query` without its question mark. */
  readonly importFile: (
    file: string | Buffer | Readable,
    query?: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<TestReply>
  /** The text that a path answers with, asked for by the admin. */
  readonly text: (path: string) => Promise<string>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** `await using c = await contactsRig()`. */
export const contactsRig = async (): Promise<ContactsRig> => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant('acme')
  const elsewhere = await given(db.owner).tenant('else')
  const key = (actor: string, scopes: readonly string[]) =>
    givenCaller({ tenantId, actor, role: 'key', scopes })
  const callers = {
    admin: givenCaller({ tenantId, actor: 'usr_admin', role: 'admin' }),
    reader: key('key_reader', ['contacts:read']),
    writer: key('key_writer', ['contacts:write']),
    other: key('key_other', ['campaigns:read', 'events:write']),
    stranger: givenCaller({ tenantId: elsewhere, actor: 'usr_stranger', role: 'admin' }),
  }
  const api = await testApi(
    db,
    (server, newId) => addContactRoutes(server, { pool: db.app, newId, log: quietLog }),
    { authenticate: authenticateAs(callers) },
  )
  return {
    db,
    api,
    tenantId,
    as: async (caller, method, path, body, headers = {}) =>
      await api.send(undefined, method, `/api/v1${path}`, {
        ...(body === undefined ? {} : { body }),
        headers: { 'x-caller': caller, ...headers },
      }),
    importFile: async (file, query = '', headers = {}) => {
      const reply = await api.server.inject({
        method: 'POST',
        url: `/api/v1/contacts/import?${query}`,
        headers: { 'x-caller': 'admin', 'content-type': 'text/csv', ...headers },
        payload: file,
      })
      const body: unknown = JSON.parse(reply.body)
      return { status: reply.statusCode, body, headers: reply.headers }
    },
    text: async (path) => {
      const reply = await api.server.inject({
        method: 'GET',
        url: `/api/v1${path}`,
        headers: { 'x-caller': 'admin' },
      })
      return reply.body
    },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
