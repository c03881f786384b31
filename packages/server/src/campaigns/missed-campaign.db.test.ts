/** Campaigns whose end came while nothing ran: everybody of the audience has one delivery, and it is expired. */
import { randomUUID } from 'node:crypto'
import { engineRig } from '@carillon/testkit/engine-rig'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { createCampaignRunner } from './run-campaigns.ts'

const arrange = async (contacts: number, interval: string) => {
  const db = await testDb()
  const rig = await engineRig(db)
  const { tenantId } = rig
  const sms = { connector: 'http-sms', channel: 'sms' }
  await given(db.owner).integration(tenantId, sms)
  await db.owner.query('UPDATE integrations SET is_default = true')
  await db.owner.query(
    `INSERT INTO contacts (tenant_id, id, phone) SELECT $1, carillon_uuid_at(1700000000000, n),
            CASE WHEN n > 3 THEN '+79' || lpad(n::text, 9, '0') END FROM generate_series(1, $2::int) n`,
    [tenantId, contacts],
  )
  await db.owner.query(
    `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, created_by)
     VALUES ($1, $2, 'c', '{"text": "x"}', now() - interval '1 week', now() + $3::interval, 'test')`,
    [tenantId, randomUUID(), interval],
  )
  const newId = createSystemIdGenerator()
  const runner = createCampaignRunner({
    pool: db.engine,
    shard: 33,
    acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
    onAccepted: () => undefined,
    newId,
    leaseMs: 30_000,
    log: quietLog,
    wakeLanes: (lanes) => {
      for (const lane of lanes) woken.add(lane.integrationId)
    },
  })
  const woken = new Set<string>()
  return {
    db,
    rig,
    runner,
    woken,
    finished: async (): Promise<boolean> => {
      for (let n = 0; n < 10; n += 1) {
        await runner.turn()
        await db.owner.query('UPDATE campaigns SET due_at = now()')
      }
      const { rows } = await db.owner.query<{ state: string }>('SELECT state FROM campaigns')
      return rows[0]?.state === 'finished'
    },
    counters: async () =>
      (
        await db.owner.query<Record<string, number>>(
          `SELECT sum(made)::int AS made, sum(expired)::int AS expired, sum(skipped)::int AS skipped, sum(attempts)::int AS attempts FROM campaign_counters`,
        )
      ).rows[0],
    [Symbol.asyncDispose]: async () => await db[Symbol.asyncDispose](),
  }
}

test('one whose whole interval has passed: a ledger of expired deliveries, without a row for any worker', async () => {
  await using c = await arrange(30, '-1 hour')
  expect(await c.finished()).toBe(true)
  expect(await c.rig.states()).toEqual({ expired: 27, skipped: 3 })
  expect(await c.counters()).toEqual({ made: 30, expired: 27, skipped: 3, attempts: 0 })
  expect(c.woken.size).toBe(0)
  const { rows } = await c.db.owner.query(
    `SELECT count(DISTINCT contact)::int AS contacts, max(s.reason) FILTER (WHERE s.state = 'expired') AS reason,
            count(*) FILTER (WHERE s.attempt IS NOT NULL)::int AS attempts
       FROM deliveries d JOIN settlements s ON s.delivery_id = d.id`,
  )
  expect(rows).toEqual([
    { contacts: 30, reason: 'the campaign had ended before it could be sent', attempts: 0 },
  ])
})

test('one whose end comes in the middle of its audience: what waits expires, and so does everybody else', async () => {
  await using c = await arrange(6_000, '1 hour')
  await c.runner.turn()
  await c.runner.turn()
  expect(await c.rig.states()).toEqual({ pending: 4_997, skipped: 3 })
  await c.db.owner.query(`UPDATE campaigns SET ends_at = now() - interval '1 minute'`)
  await c.db.owner.query(`UPDATE delivery_queue SET send_until = now() - interval '1 minute'`)
  await c.runner.turn()
  expect(await c.rig.states()).toEqual({ pending: 4_997, skipped: 3, expired: 1_000 })
  while ((await c.rig.store.expire(2_000)) > 0);
  expect(await c.finished()).toBe(true)
  expect(await c.counters()).toEqual({ made: 6_000, expired: 5_997, skipped: 3, attempts: 0 })
})
