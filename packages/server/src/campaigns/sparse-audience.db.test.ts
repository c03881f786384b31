/** Audiences of few among many: found a part of the contacts at a time, everybody once, and no statement reads them all. */
import { randomUUID } from 'node:crypto'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { createCampaignRunner } from './run-campaigns.ts'

const everybody = 60_000
/** Alone at the beginning, around where a step stops looking, and at the very end. */
const wanted = [1, 19_999, 20_000, 20_001, 40_000, 59_999, 60_000]

test.each([
  ['a tag', '{"tags": ["rare"]}'],
  ['a tag and an attribute', '{"tags": ["rare"], "attributes": {"rare": true}}'],
  ['an attribute', '{"attributes": {"rare": true}}'],
])('by %s', { timeout: 60_000 }, async (_what, filter) => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await given(db.owner).integration(tenantId, { connector: 'http-sms', channel: 'sms' })
  await db.owner.query('UPDATE integrations SET is_default = true')
  await db.owner.query(
    `INSERT INTO contacts (tenant_id, id, phone, attributes)
     SELECT $1, carillon_uuid_at(1700000000000, n), '+79' || lpad(n::text, 9, '0'), jsonb_build_object('rare', n = ANY ($3::int[]))
       FROM generate_series(1, $2::int) n`,
    [tenantId, everybody, wanted],
  )
  await db.owner.query(
    `WITH t AS (INSERT INTO tags (tenant_id, id, name) VALUES ($1, gen_random_uuid(), 'rare') RETURNING id)
     INSERT INTO contact_tags (tenant_id, contact_id, tag_id) SELECT $1, c.id, t.id FROM t, contacts c
      WHERE c.phone = ANY (ARRAY(SELECT '+79' || lpad(n::text, 9, '0') FROM unnest($2::int[]) n))`,
    [tenantId, wanted],
  )
  await db.owner.query(
    `INSERT INTO campaigns (tenant_id, id, name, content, filter, starts_at, ends_at, created_by)
     VALUES ($1, $2, 'c', '{"text": "x"}', $3, now(), now() + interval '1 hour', 'test')`,
    [tenantId, randomUUID(), filter],
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
    wakeLanes: () => undefined,
  })
  const expanded = async (): Promise<boolean> => {
    const { rows } = await db.owner.query('SELECT FROM campaigns WHERE expanded_at IS NOT NULL')
    return rows.length > 0
  }
  let turns = 0
  while (!(await expanded())) {
    await runner.turn()
    turns += 1
    expect(turns).toBeLessThan(60)
  }
  // The start, and more than one step of looking.
  expect(turns).toBeGreaterThan(3)
  const { rows } = await db.owner.query<{ recipient: string }>(
    'SELECT recipient FROM deliveries ORDER BY recipient',
  )
  expect(rows.map(({ recipient }) => Number(recipient.slice(3)))).toEqual(wanted)
})
