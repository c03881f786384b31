import { Type } from 'typebox'
import type { InjectOptions } from 'fastify'
import type { Pool } from 'pg'
import { expect, test } from 'vitest'
import { appError } from '@carillon/domain/errors'
import { asId } from '@carillon/domain/ids'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb } from '@carillon/testkit/test-db'
import { createHttpServer } from '../platform/http/create-http-server.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createWithKey } from './create-with-key.ts'
import { answersKeptForMs, idempotently, purgeIdempotencyKeys } from './idempotency.ts'

/** A server with one route that stores a suppression per call, in the tenant that the bearer token names. */
const serverOver = async (
  pool: Pool,
  hold: () => Promise<void> = async () => {},
): Promise<HttpServer> => {
  const newId = createSystemIdGenerator()
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId,
    version: '0',
    readiness: [],
    authenticate: async ({ headers }) => ({
      kind: 'api_key',
      keyId: newId('apiKey'),
      actor: 'key_1',
      tenantId: asId('tenant', headers.authorization ?? ''),
      tenantSlug: '',
      platformAdmin: false,
      scopes: ['*'],
    }),
  })
  const body = Type.Object({ address: Type.String() })
  server.post(
    '/api/v1/things',
    { config: { auth: { scope: 'things:write' } }, schema: { body, response: { 201: body } } },
    (request, reply) =>
      createWithKey(request, reply, pool, async (client, tenantId) => {
        await hold()
        const { address } = request.body
        await client.query(
          `INSERT INTO suppressions (tenant_id, channel, address, reason) VALUES ($1, gen_random_uuid()::text, $2, 'manual')`,
          [tenantId, address],
        )
        if (address === 'refused') throw appError('conflict', { detail: 'It is refused.' })
        return { address }
      }),
  )
  return server
}

const create = (tenantId: string, key: string | undefined, address = 'a'): InjectOptions => ({
  method: 'POST',
  url: '/api/v1/things',
  headers: {
    authorization: tenantId,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  },
  payload: { address },
})

const countThings = async (owner: Pool): Promise<number> => {
  const { rows } = await owner.query<{ n: number }>('SELECT count(*)::int AS n FROM suppressions')
  return rows[0]?.n ?? -1
}

const setUp = async (hold?: () => Promise<void>) => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const server = await serverOver(db.app, hold)
  return {
    db,
    tenantId,
    server,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await db[Symbol.asyncDispose]()
    },
  }
}

test('a request repeated with its key creates once and gets the same answer, marked as a replay', async () => {
  await using s = await setUp()
  const first = await s.server.inject(create(s.tenantId, 'k1'))
  const second = await s.server.inject(create(s.tenantId, 'k1'))
  expect([first.statusCode, first.body]).toEqual([201, '{"address":"a"}'])
  expect(first.headers['idempotent-replayed']).toBeUndefined()
  expect([second.statusCode, second.body]).toEqual([201, '{"address":"a"}'])
  expect(second.headers['idempotent-replayed']).toBe('true')
  expect(await countThings(s.db.owner)).toBe(1)
})

test('without a key every request creates', async () => {
  await using s = await setUp()
  await s.server.inject(create(s.tenantId, undefined))
  await s.server.inject(create(s.tenantId, undefined))
  expect(await countThings(s.db.owner)).toBe(2)
})

test('the same key with another body is a conflict and creates nothing', async () => {
  await using s = await setUp()
  await s.server.inject(create(s.tenantId, 'k1'))
  const other = await s.server.inject(create(s.tenantId, 'k1', 'b'))
  expect([other.statusCode, other.json()]).toMatchObject([409, { code: 'idempotency_key_reused' }])
  expect(await countThings(s.db.owner)).toBe(1)
})

test('the same key in another tenant is another key', async () => {
  await using s = await setUp()
  const other = await given(s.db.owner).tenant()
  await s.server.inject(create(s.tenantId, 'k1'))
  const reply = await s.server.inject(create(other, 'k1', 'b'))
  expect([reply.statusCode, reply.body]).toEqual([201, '{"address":"b"}'])
})

test('a request that fails leaves nothing behind, so its key can be used again', async () => {
  await using s = await setUp()
  const failed = await s.server.inject(create(s.tenantId, 'k1', 'refused'))
  expect([failed.statusCode, await countThings(s.db.owner)]).toEqual([409, 0])
  const again = await s.server.inject(create(s.tenantId, 'k1', 'fine'))
  expect([again.statusCode, await countThings(s.db.owner)]).toEqual([201, 1])
})

test('twelve at once with one key create once; all get the answer, and the eleven waited for it', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  await using s = await setUp(() => released)
  const replies = Array.from({ length: 12 }, async () => s.server.inject(create(s.tenantId, 'k1')))
  await eventually(async () => {
    const { rows } = await s.db.owner.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    expect(rows[0]?.n).toBeGreaterThan(2)
  })
  release()
  const done = await Promise.all(replies)
  expect(done.map((reply) => [reply.statusCode, reply.body])).toEqual(
    done.map(() => [201, '{"address":"a"}']),
  )
  expect(done.filter((reply) => reply.headers['idempotent-replayed'] === 'true')).toHaveLength(11)
  expect(await countThings(s.db.owner)).toBe(1)
})

test('when the first of two fails, the one that waited does the work', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const request = { tenantId, key: 'k', operation: 'POST /x', bodyHash: Buffer.alloc(32) }
  const [first, second] = [await db.engine.connect(), await db.engine.connect()]
  await first.query('BEGIN')
  await second.query('BEGIN')
  await idempotently(request, first, async () => ({ status: 201, body: 'first' }))
  const waiting = idempotently(request, second, async () => ({ status: 201, body: 'second' }))
  await first.query('ROLLBACK')
  expect(await waiting).toEqual({ status: 201, body: 'second', replayed: false })
  await second.query('COMMIT')
  first.release()
  second.release()
})

test('an answer that is no success is given but not kept', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const request = { tenantId, key: 'k', operation: 'POST /x', bodyHash: Buffer.alloc(32) }
  const client = await db.engine.connect()
  const answers = [503, 201, 201].map((status) => ({ status, body: status }))
  const done = []
  for (const answer of answers) {
    done.push(await idempotently(request, client, async () => answer))
  }
  client.release()
  expect(done.map(({ status, replayed }) => [status, replayed])).toEqual([
    [503, false],
    [201, false],
    [201, true],
  ])
})

const age = async (owner: Pool, ms: number): Promise<void> => {
  await owner.query(
    `UPDATE idempotency_keys SET created_at = created_at - $1 * interval '1 millisecond'`,
    [ms],
  )
}

test('after a day the key is free again, for any body', async () => {
  await using s = await setUp()
  await s.server.inject(create(s.tenantId, 'k1'))
  await age(s.db.owner, answersKeptForMs - 60_000)
  expect((await s.server.inject(create(s.tenantId, 'k1', 'b'))).statusCode).toBe(409)
  await age(s.db.owner, 120_000)
  const reply = await s.server.inject(create(s.tenantId, 'k1', 'b'))
  expect([reply.statusCode, reply.headers['idempotent-replayed']]).toEqual([201, undefined])
  const replay = await s.server.inject(create(s.tenantId, 'k1', 'b'))
  expect([replay.body, replay.headers['idempotent-replayed']]).toEqual(['{"address":"b"}', 'true'])
})

test('the purge deletes what is old, in portions, and nothing else', async () => {
  await using s = await setUp()
  for (const key of ['a', 'b', 'c']) await s.server.inject(create(s.tenantId, key))
  await age(s.db.owner, 1_000_000)
  await s.server.inject(create(s.tenantId, 'new'))
  expect(await purgeIdempotencyKeys(s.db.engine, 500_000, 2)).toBe(2)
  expect(await purgeIdempotencyKeys(s.db.engine, 500_000, 2)).toBe(1)
  const { rows } = await s.db.owner.query('SELECT key FROM idempotency_keys')
  expect(rows).toEqual([{ key: 'new' }])
})

test('a malformed key is refused with the name of the header', async () => {
  await using s = await setUp()
  const reply = await s.server.inject(create(s.tenantId, 'two words'))
  expect([reply.statusCode, reply.json()]).toMatchObject([
    400,
    { errors: [{ pointer: 'header idempotency-key' }] },
  ])
})
