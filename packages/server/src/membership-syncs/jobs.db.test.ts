/** What makes membership runs by itself: hints of hooks, and schedules. */
import { membershipRig, person, type MembershipRig } from '@carillon/testkit/membership-rig'
import { asId, printId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { expect, test } from 'vitest'
import { inTransaction } from '../platform/db/transaction.ts'
import { followHints, runDueSync } from './jobs.ts'
import { findHintedAcrossTenants } from './queries/syncs.ts'

const jobs = ({ db, services }: MembershipRig) => ({
  pool: db.engine,
  newId: services.newId,
  wake: () => undefined,
})
const hint = async (
  { db, tenantId, from }: MembershipRig,
  id: string,
  key: string,
): Promise<void> => {
  await db.owner.query(
    `INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type) VALUES ($1, $2, $3, $4, 't')`,
    [tenantId, from, id, key],
  )
}
const runs = async ({ db }: MembershipRig) =>
  (
    await db.owner.query<{ id: string; mode: string; keys: string[] }>(
      'SELECT id, mode, keys FROM membership_runs ORDER BY id',
    )
  ).rows

test('hints become one run about the members they name; those that come meanwhile wait for the next', async () => {
  await using s = await membershipRig(5, { guard: { maxRemovalsPercent: 0 } })
  s.list.set('p1@x.org', person(1))
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  s.source.set('k1', person(1, { active: false }))
  for (const [id, key] of [
    ['1', 'k1'],
    ['2', 'k1'],
    ['3', 'k2'],
    ['4', 'gone'],
  ] as const)
    await hint(s, id, key)
  expect(await followHints(jobs(s))).toBe(5)
  await hint(s, '5', 'k3')
  expect(await followHints(jobs(s)), 'noted, and no second run').toBe(1)
  const [first] = await runs(s)
  expect(first).toMatchObject({ mode: 'members', keys: ['gone', 'k1', 'k2'] })
  const run = printId('run', asId('run', first?.id ?? ''))
  expect(await s.work(run)).toMatchObject({ counts: { total: 3, pending: 2, skipped: 1 } })
  await s.send()
  expect(await s.work(run)).toMatchObject({
    counts: { subscribed: 1, unsubscribed: 1, skipped: 1 },
  })
  expect([...s.list.keys()], 'strangers are not looked at').toEqual(['zoe@x.org', 'p2@x.org'])
  expect(await followHints(jobs(s))).toBe(1)
  expect((await runs(s))[1]).toMatchObject({ keys: ['k3'] })
})

test('a schedule makes a run when it is due, and none while one is under way', async () => {
  await using s = await membershipRig(2, { schedule: { every: '1h' } })
  expect(await runDueSync(jobs(s)), 'not due yet').toBe(0)
  const due = `UPDATE membership_syncs SET next_run_at = now() - interval '1 minute'`
  await s.db.owner.query(due)
  expect(await runDueSync(jobs(s))).toBe(1)
  await s.db.owner.query(due)
  expect(await runDueSync(jobs(s))).toBe(1)
  expect(await runs(s)).toHaveLength(1)
  const { rows } = await s.db.owner.query<{ ahead: boolean }>(
    `SELECT next_run_at > now() + interval '59 minutes' AS ahead FROM membership_syncs`,
  )
  expect(rows[0]?.ahead).toBe(true)
})

test('hints of sources are noted one of each tenant in turn, the oldest first', async () => {
  await using s = await membershipRig(1)
  const make = given(s.db.owner)
  const addSource = async (tenant: string, minutesAgo: number) => {
    const source = await make.integration(tenant)
    await s.db.owner.query(
      `INSERT INTO membership_syncs (tenant_id, id, name, source, target, list, on_inactive, max_removals_percent, created_by)
       VALUES ($1, gen_random_uuid(), 's', $2, $2, 'l', 'hold', 10, 'x'), ($1, gen_random_uuid(), 't', $2, $2, 'm', 'hold', 10, 'x')`,
      [tenant, source],
    )
    await s.db.owner.query(
      `INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type, received_at)
       VALUES ($1, $2, 'h', 'k', 't', now() - make_interval(mins => $3))`,
      [tenant, source, minutesAgo],
    )
    return source
  }
  const other = await make.tenant()
  const [young, old, oldest] = [
    await addSource(s.tenantId, 5),
    await addSource(s.tenantId, 60),
    await addSource(s.tenantId, 90),
  ]
  const theirs = await addSource(other, 1)
  const found = await inTransaction(s.db.engine, async (client) =>
    findHintedAcrossTenants(client, 3),
  )
  expect(found.map((row) => row.integration_id)).toEqual([oldest, theirs, old])
  expect(found.map((row) => row.integration_id)).not.toContain(young)
})
