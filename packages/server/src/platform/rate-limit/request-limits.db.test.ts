import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { Type } from 'typebox'
import { expect, test } from 'vitest'
import { asId } from '@carillon/domain/ids'
import { countRequest, type MinuteWindow } from '@carillon/domain/minute-window'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { monotonicMs } from '../clock.ts'
import { createHttpServer } from '../http/create-http-server.ts'
import type { Principal } from '../http/principal.ts'
import { createSystemIdGenerator } from '../ids.ts'
import { createMetrics } from '../metrics.ts'
import { countLimitedRequest, forgetLimitsAcrossTenants } from './queries.ts'
import { createRequestLimits } from './request-limits.ts'

const sessionOf = (tenantId: string, sessionId: string): Principal => ({
  kind: 'session',
  actor: 'usr_anna',
  userId: asId('user', '0199a5c2-0000-7000-8000-00000000000a'),
  sessionId,
  tenantId: asId('tenant', tenantId),
  tenantSlug: 't',
  platformAdmin: false,
  scopes: ['*'],
})

/** A process of its own, with one route for each limit; the header `x-session` says whose session it is. */
const startProcess = async (db: TestDb, tenantId: string) => {
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    version: '0.0.0',
    readiness: [],
    authenticate: async ({ headers }) => sessionOf(tenantId, String(headers['x-session'])),
    limitRate: createRequestLimits({ pool: db.engine, monotonicMs }),
  })
  const auth = { scope: 'things:read' }
  const params = Type.Object({ subscriptionId: Type.String() })
  const handler = async () => ({})
  server.get('/things', { config: { auth, rateLimit: 'subscriptions' } }, handler)
  server.get('/events', { config: { auth, rateLimit: 'events' } }, handler)
  server.get(
    '/trigger/:subscriptionId',
    { config: { auth, rateLimit: 'trigger' }, schema: { params } },
    handler,
  )
  return {
    ask: async (url: string, session = 'ses_1') =>
      server.inject({ url, headers: { 'x-session': session } }),
    [Symbol.asyncDispose]: async () => server.close(),
  }
}

const setLimits = async (db: TestDb, tenantId: string, limits: object): Promise<void> => {
  await db.owner.query('UPDATE tenants SET limits = $2 WHERE tenant_id = $1', [tenantId, limits])
}

test('two processes let sixty requests of a session through together, and another session its own sixty', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await using a = await startProcess(db, tenantId)
  await using b = await startProcess(db, tenantId)
  const replies = await Promise.all(
    Array.from({ length: 70 }, (_, n) => (n % 2 === 0 ? a : b).ask('/things')),
  )
  const refused = replies.filter(({ statusCode }) => statusCode === 429)
  expect([replies.filter(({ statusCode }) => statusCode === 200).length, refused.length]).toEqual([
    60, 10,
  ])
  const [first] = refused
  expect(first?.json()).toMatchObject({ code: 'rate_limited' })
  const seconds = Number(first?.headers['retry-after'])
  expect(seconds).toBeGreaterThan(50)
  expect(seconds).toBeLessThanOrEqual(60)
  expect((await a.ask('/things', 'ses_2')).statusCode).toBe(200)
})

test('triggers are limited by subscription, whoever asks; what can be no subscription is not counted', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await setLimits(db, tenantId, { triggersPerMinute: 2 })
  await using process_ = await startProcess(db, tenantId)
  const status = async (url: string, session: string) =>
    (await process_.ask(url, session)).statusCode
  expect(await status('/trigger/A', 'ses_1')).toBe(200)
  expect(await status('/trigger/A', 'ses_2')).toBe(200)
  expect(await status('/trigger/A', 'ses_3')).toBe(429)
  expect(await status('/trigger/B', 'ses_1')).toBe(200)
  for (const _ of [1, 2, 3]) expect(await status('/trigger/a-1', 'ses_1')).toBe(200)
})

test("a tenant's own limit counts at once, and 0 lifts it", async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await using process_ = await startProcess(db, tenantId)
  const statuses = async (n: number) => {
    const replies: number[] = []
    for (let at = 0; at < n; at += 1) replies.push((await process_.ask('/things')).statusCode)
    return replies
  }
  await setLimits(db, tenantId, { subscriptionsPerMinute: 3 })
  expect(await statuses(4)).toEqual([200, 200, 200, 429])
  await setLimits(db, tenantId, { subscriptionsPerMinute: 5 })
  expect(await statuses(3)).toEqual([200, 200, 429])
  await setLimits(db, tenantId, { subscriptionsPerMinute: 0 })
  expect(await statuses(3)).toEqual([200, 200, 200])
})

test("events have a limit of each process; the tenant's own counts as soon as it was read", async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await setLimits(db, tenantId, { eventsPerMinute: 1 })
  await using process_ = await startProcess(db, tenantId)
  const reply = await eventually(async () => {
    const answer = await process_.ask('/events')
    expect(answer.statusCode).toBe(429)
    return answer
  })
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
})

test('the database answers as the model of the domain does, whatever was counted before', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const place = { tenantId, kind: 'k', setting: 'none', standard: 20 }
  const past = fc.record({
    ago: fc.integer({ min: -2, max: 70 }),
    hits: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 60, maxLength: 60 }),
  })
  const samples = fc.sample(past, 60)
  for (const { ago, hits } of samples) {
    const subject = randomUUID()
    await db.owner.query(
      `INSERT INTO api_limits VALUES ($1, 'k', $2, floor(extract(epoch FROM clock_timestamp()))::bigint - $3, $4)`,
      [tenantId, subject, ago, hits],
    )
    const find = async () => {
      const { rows } = await db.owner.query<MinuteWindow & { now: number }>(
        `SELECT second, hits, floor(extract(epoch FROM clock_timestamp()))::bigint AS now FROM api_limits WHERE subject = $1`,
        [subject],
      )
      const [row] = rows
      if (row === undefined) throw new Error('the row is gone')
      return row
    }
    const before = await find()
    const counted = await countLimitedRequest(db.engine, { ...place, subject })
    const { second, hits: found, now } = await find()
    // The second may have turned while the statement ran: then either answer is right.
    const expected = [before.now, now].map((at) => countRequest(before, { second: at, limit: 20 }))
    const actual = counted ? { second, hits: found } : undefined
    expect(expected).toContainEqual(actual)
  }
})

test('what counts nothing any more is forgotten', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const place = { tenantId, kind: 'k', subject: 'now', setting: 'none', standard: 1 }
  await countLimitedRequest(db.engine, place)
  await countLimitedRequest(db.engine, { ...place, subject: 'old' })
  await db.owner.query(`UPDATE api_limits SET second = second - 200 WHERE subject = 'old'`)
  expect(await forgetLimitsAcrossTenants(db.engine, 10)).toBe(1)
  expect(await forgetLimitsAcrossTenants(db.engine, 10)).toBe(0)
})
