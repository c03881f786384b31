/** Runs over real rows, with a source and a list in memory: what survives faults and company, filters, cancelling. The real Mailman is asked in tests/e2e/membership-sync.test.ts. */
import {
  idOf,
  membershipRig,
  person,
  signal,
  type MembershipRig,
} from '@carillon/testkit/membership-rig'
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { inTenant } from '../platform/db/transaction.ts'
import { claimAcrossTenants } from './queries/runs.ts'
import { createSyncRunner } from './run-syncs.ts'
import { cancelRun } from './start-run.ts'

const deliveriesOf = async ({ db }: MembershipRig) =>
  (
    await db.owner.query<{ n: number; distinct: number }>(
      'SELECT count(*)::int AS n, count(DISTINCT recipient)::int AS distinct FROM deliveries',
    )
  ).rows[0]

test('a run makes one delivery a change, ends with them, and the next one changes nothing', async () => {
  await using s = await membershipRig(30)
  s.list.set('p0@x.org', { key: 'a', email: 'p0@x.org', name: 'Old', active: true })
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  s.source.set('k1', person(1, { active: false }))
  s.source.set('k2', person(2, { email: null }))
  const run = await s.start({ force: true })
  expect(await s.work(run)).toMatchObject({
    state: 'running',
    counts: { total: 31, pending: 29, unchanged: 1, skipped: 1 },
  })
  expect(await deliveriesOf(s)).toEqual({ n: 29, distinct: 29 })
  expect(await s.send()).toBe(29)
  expect(await s.work(run)).toMatchObject({
    state: 'finished',
    counts: {
      total: 31,
      subscribed: 27,
      unsubscribed: 1,
      unchanged: 2,
      renamed: 1,
      skipped: 1,
      error: 0,
    },
  })
  const again = await s.start()
  expect(await s.work(again)).toMatchObject({ state: 'finished', progress: { changes: 0 } })
  const { membershipRuns, membershipChanges } = s.services.metrics
  expect((await membershipRuns.get()).values).toEqual([
    { labels: { mode: 'full', outcome: 'finished' }, value: 2 },
  ])
  const subscribed = { labels: { result: 'subscribed' }, value: 27 }
  expect((await membershipChanges.get()).values).toContainEqual(subscribed)
  const told = await s.db.owner.query(`SELECT type FROM events ORDER BY id`)
  expect(told.rows.map(({ type }: { type: string }) => type)).toEqual([
    'membership_sync.started',
    'membership_sync.finished',
    'membership_sync.finished',
  ])
})

test('whatever breaks, and whoever else works on it, nobody gets two deliveries and nobody none', async () => {
  await using s = await membershipRig(40)
  for (let n = 20; n < 25; n += 1) s.list.set(`p${n}@x.org`, person(n))
  let calls = 0
  s.fault.next = () => {
    calls += 1
    if (calls % 2 === 0) throw new Error('a fault of the test')
  }
  const run = await s.start()
  const other = createSyncRunner(s.services)
  await Promise.all([s.work(run), other.turn(signal), other.turn(signal)])
  const found = await s.work(run)
  expect(found).toMatchObject({ counts: { total: 40, pending: 35, unchanged: 5 } })
  expect(await deliveriesOf(s)).toEqual({ n: 35, distinct: 35 })
})

test('only members who fit the filter of a sync are on its list, and a company that fits is nowhere', async () => {
  await using s = await membershipRig(0, { filter: { MemberType: ['Individual', 'Student'] } })
  s.list.set('p2@x.org', person(2))
  for (const [n, type] of ['Individual', 'Student', 'Sponsor'].entries())
    s.source.set(`k${n}`, person(n, { fields: { MemberType: type } }))
  s.source.set('k3', person(3, { fields: { MemberType: 'Student' }, skip: 'it is no person' }))
  const run = await s.start({ force: true })
  await s.work(run)
  await s.send()
  expect(await s.work(run)).toMatchObject({
    counts: { total: 4, subscribed: 2, unsubscribed: 1, skipped: 1 },
  })
  expect([...s.list.keys()]).toEqual(['p0@x.org', 'p1@x.org'])
})

test('a run over what has changed reads only that, and leaves strangers alone', async () => {
  await using s = await membershipRig(8)
  const first = await s.start({ mode: 'changed' })
  await s.work(first)
  await s.send()
  expect(await s.work(first), 'nothing was read before: the whole').toMatchObject({ mode: 'full' })
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  s.source.set('k1', person(1, { name: 'Q', active: false }))
  s.source.set('k2', person(2, { name: 'Q' }))
  const second = await s.start({ mode: 'changed' })
  expect(await s.work(second)).toMatchObject({
    mode: 'changed',
    blocked: null,
    counts: { total: 2, pending: 2 },
  })
  await s.send()
  expect(await s.work(second)).toMatchObject({ counts: { unsubscribed: 1, renamed: 1 } })
  expect(s.list.has('zoe@x.org')).toBe(true)
})

test('two runs at once are refused; a dry run beside a real one is not, and makes no delivery', async () => {
  await using s = await membershipRig(3)
  const run = await s.start()
  await expect(s.start()).rejects.toMatchObject({ code: 'conflict' })
  const dry = await s.start({ dryRun: true })
  await s.work(run)
  expect(await s.work(dry)).toMatchObject({
    state: 'finished',
    progress: { changes: 3, deliveries: 0 },
  })
  expect(await deliveriesOf(s)).toEqual({ n: 3, distinct: 3 })
})

test('a canceled run takes back what waits, and its counts say so', async () => {
  await using s = await membershipRig(10)
  const run = await s.start()
  await s.work(run)
  await s.db.owner.query(
    `UPDATE delivery_queue SET state = 'sending', lease_owner = gen_random_uuid()
      WHERE delivery_id = (SELECT min(delivery_id::text)::uuid FROM delivery_queue)`,
  )
  await inTenant(s.db.app, s.tenantId, (client) =>
    cancelRun(client, s.tenantId, {
      sync: s.sync,
      id: idOf('run', run),
    }),
  )
  expect(await s.work(run), 'one is being sent').toMatchObject({
    counts: { skipped: 9, pending: 1 },
  })
  await s.send()
  expect(await s.work(run)).toMatchObject({
    state: 'canceled',
    counts: { subscribed: 1, skipped: 9 },
  })
})

test('a source that fails ends the run before anything is changed', async () => {
  await using s = await membershipRig(10)
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  await s.db.owner.query(`UPDATE integrations SET enabled = false WHERE id = $1`, [s.from])
  const run = await s.start()
  expect(await s.work(run)).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('switched off'),
  })
  expect(await deliveriesOf(s)).toEqual({ n: 0, distinct: 0 })
})

test('tenants take turns: one with many runs does not have them all', async () => {
  await using s = await membershipRig(1)
  await s.start()
  const neighbour = randomUUID()
  // Nine runs of one tenant that wait longer, and one of another: copies, which nobody works on.
  await s.db.owner.query(`
    INSERT INTO tenants SELECT c.* FROM tenants t,
      jsonb_populate_record(t, '{"tenant_id": "${neighbour}", "slug": "neighbour"}') AS c
     WHERE t.tenant_id = '${s.tenantId}';
    INSERT INTO integrations SELECT c.* FROM integrations i,
      jsonb_populate_record(i, '{"tenant_id": "${neighbour}"}') AS c;
    CREATE TEMP TABLE copies AS SELECT gen_random_uuid() AS id, now() - make_interval(mins => 20 - n) AS due_at,
      CASE WHEN n = 10 THEN '${neighbour}' ELSE '${s.tenantId}' END AS tenant_id FROM generate_series(1, 10) AS n;
    INSERT INTO membership_syncs SELECT c.* FROM membership_syncs m, copies o,
      jsonb_populate_record(m, jsonb_build_object('id', o.id, 'tenant_id', o.tenant_id)) AS c;
    INSERT INTO membership_runs SELECT c.* FROM membership_runs r, copies o,
      jsonb_populate_record(r, jsonb_build_object('id', o.id, 'sync', o.id, 'tenant_id', o.tenant_id, 'due_at', o.due_at)) AS c;`)
  const claimed = await claimAcrossTenants(s.db.engine, { leaseMs: 1_000, most: 4, only: null })
  expect(claimed).toHaveLength(4)
  expect(claimed.map(({ tenant_id }) => tenant_id)).toContain(neighbour)
})
