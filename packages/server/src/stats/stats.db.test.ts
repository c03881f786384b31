/** Statistics against what really was counted, on real Postgres. */
import { randomUUID } from 'node:crypto'
import { connectors } from '@carillon/connectors/registry.gen'
import { given } from '@carillon/testkit/given'
import { testApi } from '@carillon/testkit/test-api'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { sampleCountersAcrossTenants } from './queries.ts'
import { addStatsRoutes } from './routes.ts'
import type { Stats } from './schema.ts'

const count = async (
  db: TestDb,
  ids: { readonly tenantId: string; readonly integrationId: string },
  sums: { readonly created: number; readonly attempts: number; readonly sent: number },
): Promise<void> => {
  await db.owner.query(
    `INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created, attempts, sent)
     VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2, 0, $3, $4, $5), ($1, (now() AT TIME ZONE 'UTC')::date - 1, $2, 0, 40, 40, 40)
     ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + excluded.created,
       attempts = c.attempts + excluded.attempts, sent = c.sent + excluded.sent WHERE c.day = excluded.day AND c.day = (now() AT TIME ZONE 'UTC')::date`,
    [ids.tenantId, ids.integrationId, sums.created, sums.attempts, sums.sent],
  )
}

const statsRig = async () => {
  const db = await testDb()
  const api = await testApi(db, (server) => addStatsRoutes(server, { pool: db.app, connectors }))
  const tenantId = await given(db.owner).tenant()
  const integrationId = await given(db.owner).integration(tenantId)
  const key = await api.key({ tenantId })
  const stats = async (): Promise<Stats> => {
    const { status, body } = await api.send(key, 'GET', '/api/v1/stats')
    expect(status).toBe(200)
    return body as Stats
  }
  const dispose = async (): Promise<void> => {
    await api[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
  }
  return { db, api, tenantId, integrationId, stats, [Symbol.asyncDispose]: dispose }
}

test('what is counted is there at once, in the day, the hour and the last minutes, and sampling does not change it', async () => {
  await using rig = await statsRig()
  await count(rig.db, rig, { created: 7, attempts: 6, sent: 5 })
  const before = await rig.stats()
  await sampleCountersAcrossTenants(rig.db.engine)
  await sampleCountersAcrossTenants(rig.db.engine)
  const sampled = await rig.stats()
  await count(rig.db, rig, { created: 1, attempts: 1, sent: 1 })
  const after = await rig.stats()
  expect(
    [before, sampled, after].map(({ today }) => [today.created, today.attempts, today.sent]),
  ).toEqual([
    [7, 6, 5],
    [7, 6, 5],
    [8, 7, 6],
  ])
  expect(after.yesterdayWhole.created).toBe(40)
  expect(after.hours).toHaveLength(48)
  expect(after.hours.at(-1)).toMatchObject({ created: 8, sent: 6 })
  expect(after.integrations[0]?.minutes.at(-1)).toMatchObject({ attempts: 7, sent: 6 })
})

test('an open breaker needs somebody, in the words of the provider, and says whether waiting helps', async () => {
  await using rig = await statsRig()
  const { db, tenantId } = rig
  const refused = await given(db.owner).integration(tenantId)
  const open = `UPDATE integration_states SET breaker_state = 'open', failures = $2, open_until = now() + interval '1 hour', open_reason = $3 WHERE integration_id = $1`
  await db.owner.query(open, [rig.integrationId, 5, '503 Service Unavailable'])
  await db.owner.query(open, [refused, 0, '401 invalid token'])
  await db.owner.query(
    `INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
     VALUES ($1, $2, $3, now(), now() + interval '1 day')`,
    [tenantId, randomUUID(), rig.integrationId],
  )
  const { needsYou, waiting } = await rig.stats()
  expect(needsYou.map(({ kind, reason, count: n }) => [kind, reason, n])).toEqual([
    ['credentials_rejected', '401 invalid token', 0],
    ['breaker_open', '503 Service Unavailable', 1],
  ])
  expect(waiting).toEqual({ total: 1, isExact: true, sending: 0, byReason: { breaker_open: 1 } })
})

test('a source that stopped by itself needs somebody; one that a person stopped does not', async () => {
  await using rig = await statsRig()
  const { db, tenantId } = rig
  const byHand = await given(db.owner).integration(tenantId)
  await db.owner.query(
    `INSERT INTO source_states (tenant_id, integration_id, state, reason, by_hand) VALUES ($1, $2, 'stopped', '535 wrong password', false), ($1, $3, 'stopped', 'by hand', true)`,
    [tenantId, rig.integrationId, byHand],
  )
  const { needsYou } = await rig.stats()
  expect(needsYou.map(({ kind, reason }) => [kind, reason])).toEqual([
    ['source_stopped', '535 wrong password'],
  ])
})

test('another tenant sees nothing of it', async () => {
  await using rig = await statsRig()
  await count(rig.db, rig, { created: 7, attempts: 6, sent: 5 })
  const other = await rig.api.key({ tenantId: await given(rig.db.owner).tenant() })
  const { body } = await rig.api.send(other, 'GET', '/api/v1/stats')
  expect(body).toMatchObject({ today: { created: 0 }, integrations: [], needsYou: [] })
})
