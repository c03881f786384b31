/** Bulk replays over the real routes and statements: counted first, sent once, carried on after a break, canceled. */
import { randomUUID } from 'node:crypto'
import { given } from '@carillon/testkit/given'
import { givenDeliveries, type GivenDelivery } from '@carillon/testkit/given-deliveries'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { addReplayRoutes } from './routes.ts'
import { runReplay, type ReplayServices } from './run-replays.ts'
import type { ReplayPreview, ReplayView } from './schema.ts'

type Resent = { readonly recipient: string; readonly priority: number }

const rig = async (deliveries: readonly GivenDelivery[]) => {
  const db = await testDb()
  const api = await testApi(db, (server, newId) => addReplayRoutes(server, { pool: db.app, newId }))
  const tenantId = await given(db.owner).tenant()
  const integrationId = await given(db.owner).integration(tenantId)
  await givenDeliveries(db.owner, { tenantId, integrationId }, deliveries)
  const key = await api.key({ tenantId })
  const lanes: unknown[] = []
  const services: ReplayServices = {
    pool: db.app,
    enginePool: db.engine,
    newId: api.newId,
    shard: 0,
    log: quietLog,
    wakeLanes: (some) => lanes.push(...some),
  }
  const post = async (body: object) =>
    await api.send(key, 'POST', '/api/v1/deliveries/replay', { body })
  const view = async (id: string): Promise<ReplayView> =>
    (await api.send(key, 'GET', `/api/v1/deliveries/replays/${id}`)).body as ReplayView
  /** Every chunk at once, whatever the rate. */
  const run = async (): Promise<void> => {
    do await db.owner.query('UPDATE replays SET due_at = now()')
    while ((await runReplay(services)) > 0)
  }
  const resent = async (): Promise<readonly Resent[]> => {
    const { rows } = await db.owner.query<Resent>(
      'SELECT d.recipient, q.priority FROM deliveries d JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.resend_of IS NOT NULL ORDER BY d.recipient',
    )
    return rows
  }
  const dispose = async (): Promise<void> => {
    await api[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
  }
  return {
    db,
    api,
    key,
    tenantId,
    services,
    lanes,
    post,
    view,
    run,
    resent,
    [Symbol.asyncDispose]: dispose,
  }
}

const failed = (count: number): readonly GivenDelivery[] =>
  Array.from({ length: count }, (_, n) => ({ to: `+39${n}`, state: 'failed' }))

test('a dry run counts and shows, and sends nothing; its id begins the replay, and the same id again sends nothing more', async () => {
  await using c = await rig([...failed(3), { to: 'x', state: 'sent' }])
  const preview = (await c.post({ dryRun: true })).body as ReplayPreview
  expect([preview.count, preview.isExact, preview.sample.map(({ to }) => to)]).toEqual([
    3,
    true,
    ['+392', '+391', '+390'],
  ])
  await c.run()
  expect(await c.resent()).toEqual([])
  const begun = await c.post({ id: preview.id })
  expect([begun.status, (begun.body as ReplayView).matched]).toEqual([201, 3])
  await c.run()
  const again = await c.post({ id: preview.id })
  await c.run()
  expect(again.body).toMatchObject({ state: 'done', made: 3, skipped: 0 })
  expect(await c.resent()).toEqual(
    ['+390', '+391', '+392'].map((recipient) => ({ recipient, priority: 1 })),
  )
  expect(c.lanes).toHaveLength(1)
})

test('what was already sent again is passed over, and counted so', async () => {
  await using c = await rig(failed(2))
  await c.post({})
  await c.run()
  const { id } = (await c.post({})).body as ReplayView
  await c.run()
  expect(await c.view(id)).toMatchObject({
    matched: 2,
    made: 0,
    skipped: 2,
    skips: { already_resent: 2 },
  })
  expect(await c.resent()).toHaveLength(2)
})

test('it goes a chunk at a time at its rate, and a break in between repeats and loses nothing', async () => {
  await using c = await rig(failed(5))
  const { id } = (await c.post({ perSecond: 2 })).body as ReplayView
  expect(await runReplay(c.services)).toBe(1)
  expect(await c.view(id)).toMatchObject({ state: 'running', made: 2 })
  expect(await runReplay(c.services)).toBe(0)
  await c.db.owner.query('UPDATE replays SET due_at = now()')
  const broken = { ...c.services, newId: () => 'no uuid' } as unknown as ReplayServices
  await runReplay(broken)
  expect(await c.view(id)).toMatchObject({ state: 'running', made: 2 })
  await c.run()
  expect(await c.view(id)).toMatchObject({ state: 'done', made: 5, error: expect.any(String) })
  expect(await c.resent()).toHaveLength(5)
})

test('a canceled one makes nothing more; canceling twice is a conflict', async () => {
  await using c = await rig(failed(5))
  const { id } = (await c.post({ perSecond: 2 })).body as ReplayView
  await runReplay(c.services)
  const cancel = async () =>
    (await c.api.send(c.key, 'POST', `/api/v1/deliveries/replays/${id}/cancel`)).status
  expect([await cancel(), await cancel()]).toEqual([200, 409])
  await c.run()
  expect(await c.view(id)).toMatchObject({ state: 'canceled', made: 2 })
  expect(await c.resent()).toHaveLength(2)
})

test('its own new deliveries are never among those that it sends again, and open ones can not be asked for', async () => {
  await using c = await rig([
    { to: 'a', state: 'failed' },
    { to: 'b', state: 'pending' },
  ])
  await c.post({})
  await c.run()
  await c.db.owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, step, integration_id, started_at, settled_at)
     SELECT tenant_id, delivery_id, 1, 'failed', 0, integration_id, now(), now() FROM delivery_queue WHERE priority = 1`,
  )
  await c.run()
  expect(await c.resent()).toHaveLength(1)
  expect((await c.post({ state: 'pending' })).status).toBe(400)
})

test("another tenant's replay is not there", async () => {
  await using c = await rig(failed(1))
  const { id } = (await c.post({})).body as ReplayView
  const other = await c.api.key({ tenantId: await given(c.db.owner).tenant() })
  const statuses = await Promise.all([
    c.api.send(other, 'GET', `/api/v1/deliveries/replays/${id}`),
    c.api.send(other, 'POST', `/api/v1/deliveries/replays/${id}/cancel`),
  ])
  expect(statuses.map(({ status }) => status)).toEqual([404, 404])
  expect(
    (await c.api.send(c.key, 'GET', `/api/v1/deliveries/replays/${randomUUID()}`)).status,
  ).toBe(404)
})
