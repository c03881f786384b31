/** Campaigns that may be: their forecast and their words, over contacts in a database; and the causes of one that was. */
import { connectors } from '@carillon/connectors/registry.gen'
import { authenticateAs, givenCaller } from '@carillon/testkit/as-caller'
import { given } from '@carillon/testkit/given'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { instant } from '@carillon/domain/clock'
import { expect, test } from 'vitest'
import { createMjmlCompiler } from '../platform/mjml/compile-mjml.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { addPlanningRoutes } from './planning-routes.ts'
import { listCampaigns } from './list-campaigns.ts'
import { readCauses } from './read-causes.ts'

const now = instant(Date.parse('2026-11-23T08:00:00Z'))

const rig = async () => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant('acme')
  const other = await given(db.owner).tenant('else')
  for (const [connector, channel] of [
    ['http-sms', 'sms'],
    ['smtp', 'email'],
  ] as const) {
    const id = await given(db.owner).integration(tenantId, { connector, channel })
    await db.owner.query('UPDATE integrations SET is_default = true, limits = $2 WHERE id = $1', [
      id,
      channel === 'sms' ? { rate: { n: 100, perMs: 3_600_000 } } : null,
    ])
  }
  const api = await testApi(
    db,
    (server) =>
      addPlanningRoutes(server, {
        pool: db.app,
        connectors,
        renderer: createTemplateRenderer(),
        compileMjml: createMjmlCompiler(),
        clock: { now: () => now },
      }),
    {
      authenticate: authenticateAs({
        admin: givenCaller({ tenantId, actor: 'usr_a', role: 'admin' }),
        stranger: givenCaller({ tenantId: other, actor: 'usr_b', role: 'admin' }),
      }),
    },
  )
  const contact = async (values: Readonly<Record<string, unknown>>): Promise<string> => {
    const { rows } = await db.owner.query<{ id: string }>(
      `INSERT INTO contacts (tenant_id, id, phone, email, time_zone, attributes)
       VALUES ($1, gen_random_uuid(), $2, $3, $4, coalesce($5::jsonb, '{}')) RETURNING id`,
      [tenantId, values['phone'], values['email'], values['zone'], values['attributes']],
    )
    return rows[0]?.id ?? ''
  }
  const post = async (path: string, body: object, caller = 'admin') =>
    await api.send(undefined, 'POST', `/api/v1/campaigns/${path}`, {
      body,
      headers: { 'x-caller': caller },
    })
  return {
    db,
    tenantId,
    contact,
    post,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

test('a forecast knows zones, hours, limits, and whom the end comes too early for', async () => {
  await using c = await rig()
  await c.db.owner.query(
    `INSERT INTO contacts (tenant_id, id, phone, time_zone, attributes)
     SELECT $1, gen_random_uuid(), '+7900' || lpad(n::text, 7, '0'), 'Asia/Tokyo', '{"city": "Osaka"}' FROM generate_series(1, 500) n`,
    [c.tenantId],
  )
  await c.contact({ email: 'a@example.org', zone: 'Europe/Rome' })
  await c.contact({ zone: 'Europe/Rome' })
  const body = {
    endsAt: '2026-11-23T14:00:00Z',
    dailyWindow: { from: '09:00', to: '20:00' },
  }
  const whole = await c.post('forecast', body)
  expect(whole.body).toMatchObject({
    audience: 502,
    unreachable: 1,
    byChannel: { email: 1, sms: 500 },
    byZone: [
      { timezone: 'Asia/Tokyo', contacts: 500 },
      { timezone: 'Europe/Rome', contacts: 2 },
    ],
    // Tokyo's day ends at 11:00 UTC: three hours of 100 each.
    inTime: 301,
    late: 200,
    beyond: 0,
    finishesAt: null,
  })
  const chosen = await c.post('forecast', { ...body, filter: { attributes: { city: 'Osaka' } } })
  expect(chosen.body).toMatchObject({ audience: 500, inTime: 300, late: 200 })
  const foreign = await c.post('forecast', { ...body, route: [{ channel: 'sms' }] }, 'stranger')
  expect(foreign.status).toBe(400)
})

test('a forecast refuses what a campaign refuses, with pointers', async () => {
  await using c = await rig()
  const past = await c.post('forecast', { endsAt: '2026-11-22T00:00:00Z' })
  const errors = [{ pointer: '/endsAt', detail: expect.any(String) as unknown }]
  expect([past.status, past.body]).toEqual([400, expect.objectContaining({ errors })])
})

test('a sample is what a chosen contact would read, and nothing of another tenant', async () => {
  await using c = await rig()
  const id = await c.contact({ email: 'a@example.org', attributes: { name: 'Anna' } })
  await c.contact({ phone: '+79001234567' })
  const content = {
    subject: 'Hi {{ contact.attributes.name }}',
    text: 'x',
    html: '<b>{{ contact.email }}</b>',
  }
  const contact = `con_${id.replaceAll('-', '')}`
  const first = await c.post('sample', { content })
  const items = (first.body as { items: readonly { contact: string; to: string }[] }).items
  expect(items.map(({ to }) => to)).toEqual(
    expect.arrayContaining(['a@example.org', '+79001234567']),
  )
  const printed = items.find(({ to }) => to === 'a@example.org')?.contact ?? contact
  const chosen = await c.post('sample', { content, contacts: [printed] })
  expect(chosen.body).toMatchObject({
    items: [
      {
        channel: 'email',
        subject: 'Hi Anna',
        html: expect.stringContaining('<b>a@example.org</b>') as unknown,
        problem: null,
      },
    ],
  })
  const foreign = await c.post('sample', { content, contacts: [printed] }, 'stranger')
  expect(foreign.status).toBe(400)
})

test('causes are counted by state, channel and words, for this campaign only', async () => {
  await using c = await rig()
  const { rows } = await c.db.owner.query<{ id: string }>(
    `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, created_by, due_at)
     VALUES ($1, gen_random_uuid(), 'c', '{"text":"x"}', now(), now() + interval '1 hour', 'usr_a', now()) RETURNING id`,
    [c.tenantId],
  )
  const campaign = rows[0]?.id ?? ''
  await c.db.owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, settled_at, campaign)
     SELECT $1, gen_random_uuid(), 1, 'failed', CASE WHEN n <= 3 THEN 'number unknown' ELSE 'no credit' END, 0,
            (SELECT id FROM integrations WHERE tenant_id = $1 AND channel = 'sms'), now(), now(), $2 FROM generate_series(1, 5) n`,
    [c.tenantId, campaign],
  )
  await c.db.owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, reason, step, integration_id, started_at, settled_at, campaign)
     SELECT $1, gen_random_uuid(), 1, 'suppressed', format('a%s@example.org is on the suppression list: bounced', n), 0,
            (SELECT id FROM integrations WHERE tenant_id = $1 AND channel = 'sms'), now(), now(), $2
       FROM generate_series(1, 4) n`,
    [c.tenantId, campaign],
  )
  const causes = await readCauses(c.db.app, c.tenantId as never, campaign as never)
  expect(causes).toEqual({
    items: [
      {
        state: 'suppressed',
        channel: 'sms',
        reason: 'on the suppression list: bounced',
        deliveries: 4,
      },
      { state: 'failed', channel: 'sms', reason: 'number unknown', deliveries: 3 },
      { state: 'failed', channel: 'sms', reason: 'no credit', deliveries: 2 },
    ],
    examined: 9,
    isComplete: true,
  })
})

test('a list of campaigns says how far each of them is', async () => {
  await using c = await rig()
  await c.db.owner.query(
    `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, created_by, due_at)
     SELECT $1, gen_random_uuid(), name, '{"text":"x"}', now(), now() + interval '1 hour', 'usr_a', now() FROM unnest(ARRAY['new', 'old']) name`,
    [c.tenantId],
  )
  await c.db.owner.query(
    `INSERT INTO campaign_counters (tenant_id, campaign, hour, integration_id, shard, made, sent, delivered, failed, skipped)
     SELECT $1, c.id, date_trunc('hour', now()), i.id, shard, 10, 3, 1, 2, 1
       FROM campaigns c, integrations i, generate_series(0, 1) shard WHERE c.name = 'old' AND i.channel = 'sms'`,
    [c.tenantId],
  )
  const { items } = await listCampaigns(c.db.app, c.tenantId as never, {})
  expect(Object.fromEntries(items.map(({ name, progress }) => [name, progress]))).toEqual({
    new: { audience: 0, arrived: 0, failed: 0, open: 0 },
    old: { audience: 20, arrived: 8, failed: 4, open: 6 },
  })
})
