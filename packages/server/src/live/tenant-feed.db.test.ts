/** What a feed tells of deliveries that are made and moved, on real Postgres. */
import { asId, printId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { givenDeliveries } from '@carillon/testkit/given-deliveries'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { createChangeNoter } from './note-changes.ts'
import { forgetChangesAcrossTenants, watchAcrossTenants } from './queries.ts'
import { createTenantFeed } from './tenant-feed.ts'

const rig = async () => {
  const db = await testDb()
  const tenantId = asId('tenant', await given(db.owner).tenant())
  const integrationId = await given(db.owner).integration(tenantId)
  const clock = { ms: 10_000 }
  const feed = createTenantFeed(db.app, tenantId, () => clock.ms)
  const noter = createChangeNoter(() => clock.ms)
  const told = async (): Promise<readonly string[]> =>
    (await feed.turn()).map(({ kind, data }) => ('state' in data ? `${kind} ${data.state}` : kind))
  return {
    db,
    tenantId,
    integrationId,
    clock,
    feed,
    noter,
    told,
    [Symbol.asyncDispose]: db[Symbol.asyncDispose],
  }
}

test('what is made is told once, with its event; what was there before is not', async () => {
  await using c = await rig()
  await givenDeliveries(c.db.owner, c, [{ to: 'old', state: 'sent' }])
  expect(await c.told()).toEqual([])
  await givenDeliveries(c.db.owner, c, [{ to: 'new', state: 'pending' }])
  expect(await c.told()).toEqual(['event', 'delivery pending'])
  expect(await c.told()).toEqual([])
})

test('a move of an old delivery is told when somebody watches, and costs nothing when nobody does', async () => {
  await using c = await rig()
  const [id = ''] = await givenDeliveries(c.db.owner, c, [{ to: 'old', state: 'failed' }])
  await c.told()
  c.noter.changed(c.tenantId, [id])
  await c.noter.turn(c.db.engine)
  expect(await c.told()).toEqual([])
  await watchAcrossTenants(c.db.engine, [c.tenantId], 60_000)
  c.clock.ms += 1_500
  await c.noter.turn(c.db.engine)
  c.noter.changed(c.tenantId, [id, id])
  await c.noter.turn(c.db.engine)
  const messages = await c.feed.turn()
  expect(messages.map(({ data }) => ('id' in data ? data.id : ''))).toEqual([
    printId('delivery', asId('delivery', id)),
  ])
  await forgetChangesAcrossTenants(c.db.engine, -1_000)
  expect((await c.db.owner.query('SELECT FROM live_changes')).rows).toEqual([])
})

test('the pulse is what was counted since the one before', async () => {
  await using c = await rig()
  await c.told()
  await c.db.owner.query(
    `INSERT INTO delivery_counters (tenant_id, day, integration_id, shard, created) VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2, 0, 1000000)`,
    [c.tenantId, c.integrationId],
  )
  expect(await c.told()).toEqual([])
  c.clock.ms += 2_000
  const [pulse] = await c.feed.turn()
  expect(pulse?.kind === 'pulse' && pulse.data.createdPerSecond > 0).toBe(true)
})
