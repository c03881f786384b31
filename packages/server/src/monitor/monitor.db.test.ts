/** The monitor against what is in the queue, on real Postgres. */
import { randomUUID } from 'node:crypto'
import { instant } from '@carillon/domain/clock'
import { given } from '@carillon/testkit/given'
import { testApi } from '@carillon/testkit/test-api'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { addMonitorRoutes } from './routes.ts'
import type { MonitorView } from './schema.ts'

const monitorRig = async () => {
  const db = await testDb()
  const now = instant(Date.now())
  const api = await testApi(db, (server) =>
    addMonitorRoutes(server, {
      pool: db.engine,
      clock: { now: () => now },
      facts: {
        version: '1.2.3',
        pid: 7,
        startedAt: now,
        memoryBytes: () => 1_000,
        stuckLoops: () => ['reap'],
        worker: { stats: () => ({ lanes: 1, waiting: 2, inFlight: 3, unsettled: 4 }) },
      },
    }),
  )
  return {
    db,
    api,
    monitor: async (): Promise<MonitorView> => {
      const { status, body } = await api.send(await api.key(), 'GET', '/api/v1/monitor')
      expect(status).toBe(200)
      return body as MonitorView
    },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

/** So many rows in a lane, due a minute ago and before. */
const enqueue = async (
  db: TestDb,
  lane: { readonly tenantId: string; readonly integrationId: string; readonly priority: 0 | 1 },
  { waiting, sendingBy }: { readonly waiting: number; readonly sendingBy?: string },
): Promise<void> => {
  await db.owner.query(
    `INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until, state, lease_owner)
     SELECT $1, gen_random_uuid(), $2, $3, now() - n * interval '1 minute', now() + interval '1 day', $5, $6
       FROM generate_series(1, $4::int) n`,
    [
      lane.tenantId,
      lane.integrationId,
      lane.priority,
      waiting,
      sendingBy === undefined ? 'pending' : 'sending',
      sendingBy ?? null,
    ],
  )
}

test('lanes of all tenants are there, longest due first, with what is in them', async () => {
  await using rig = await monitorRig()
  const { db } = rig
  const [acme, other] = [
    await given(db.owner).tenant('acme'),
    await given(db.owner).tenant('other'),
  ]
  const mail = await given(db.owner).integration(acme)
  const sms = await given(db.owner).integration(other)
  await enqueue(db, { tenantId: acme, integrationId: mail, priority: 0 }, { waiting: 3 })
  await enqueue(db, { tenantId: acme, integrationId: mail, priority: 1 }, { waiting: 5 })
  await enqueue(db, { tenantId: other, integrationId: sms, priority: 0 }, { waiting: 1 })
  const worker = randomUUID()
  await enqueue(
    db,
    { tenantId: other, integrationId: sms, priority: 0 },
    { waiting: 2, sendingBy: worker },
  )
  const { lanes, workers, process } = await rig.monitor()
  expect(
    lanes.map(({ tenant, priority, waiting, due }) => [tenant, priority, waiting, due]),
  ).toEqual([
    ['acme', 'bulk', 5, 5],
    ['acme', 'transactional', 3, 3],
    ['other', 'transactional', 1, 1],
  ])
  expect(lanes.every(({ isExact }) => isExact)).toBe(true)
  expect(workers).toEqual([{ owner: worker, sending: 2 }])
  expect(process).toMatchObject({ version: '1.2.3', stuckLoops: ['reap'], worker: { inFlight: 3 } })
})

test('slow integrations come first', async () => {
  await using rig = await monitorRig()
  const tenantId = await given(rig.db.owner).tenant('acme')
  const [fast, slow] = [
    await given(rig.db.owner).integration(tenantId),
    await given(rig.db.owner).integration(tenantId),
  ]
  await rig.db.owner.query(
    `INSERT INTO exchange_times (tenant_id, slot, integration_id, bucket, n)
     VALUES ($1, now(), $2, 10, 100), ($1, now(), $3, 40, 7), ($1, now() - interval '2 hours', $2, 50, 1000)`,
    [tenantId, fast, slow],
  )
  const { slowest } = await rig.monitor()
  expect(slowest.map(({ exchanges }) => exchanges)).toEqual([7, 100])
  expect(slowest[0]?.p95Ms).toBeGreaterThan(slowest[1]?.p95Ms ?? Number.POSITIVE_INFINITY)
})

test('an installation in which nothing happens is shown as well', async () => {
  await using rig = await monitorRig()
  expect(await rig.monitor()).toMatchObject({
    lanes: [],
    workers: [],
    slowest: [],
    today: { created: 0, attempts: 0 },
  })
})
