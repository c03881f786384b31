import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseId } from '@carillon/domain/ids'
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import { asActor } from '../platform/actor.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { addAuditRoutes } from './routes.ts'
import type { AuditEntry, ChainCheck } from './schema.ts'

const setUp = async (): Promise<ConfigApi> =>
  await configApi({
    addRoutes: (server, { app, engine }) =>
      addAuditRoutes(server, { pool: app, enginePool: engine }),
  })

const entriesOf = async (c: ConfigApi, query = ''): Promise<readonly AuditEntry[]> => {
  const { status, body } = await c.call('GET', `/audit-log${query}`)
  expect(status).toBe(200)
  return (body as { items: readonly AuditEntry[] }).items
}

const integration = {
  connector: 'webhook',
  name: 'shop',
  settings: { url: 'http://127.0.0.1:1/hook' },
}

const makeIntegration = async (c: ConfigApi): Promise<string> => {
  const { status, body } = await c.call('POST', '/integrations', integration)
  expect(status).toBe(201)
  return (body as { id: string }).id
}

test('who made, changed and deleted something is on record, with what changed', async () => {
  await using c = await setUp()
  const id = await makeIntegration(c)
  await c.call('PATCH', `/integrations/${id}`, { name: 'shop, new' })
  await c.call('DELETE', `/integrations/${id}`)
  const entries = await entriesOf(c, `?object=${id}`)
  expect(entries.map(({ action }) => action).slice(-2)).toEqual([
    'integration.changed',
    'integration.created',
  ])
  expect(entries.at(-1)).toMatchObject({ object: id, kind: 'integration', actorName: 'test' })
  expect(entries.at(-1)?.actor).toMatch(/^key_/)
  expect(entries.at(-2)?.details).toEqual({ name: { from: 'shop', to: 'shop, new' } })
})

test('what the UUIDs in the details are is told by id and name', async () => {
  await using c = await setUp()
  const id = await makeIntegration(c)
  await c.call('PATCH', `/integrations/${id}`, { name: 'shop, new' })
  const uuid = parseId('integration', id)
  await c.db.owner.query(
    `SELECT carillon_audit($1, 'test.made', 'test', NULL, jsonb_build_object('source', $2::text, 'gone', gen_random_uuid()))`,
    [c.tenantId, uuid],
  )
  const [entry] = await entriesOf(c, '?action=test.made')
  expect(entry?.mentioned).toEqual([{ uuid, id, name: 'shop, new' }])
})

test('a secret is told as changed and never shown', async () => {
  await using c = await setUp()
  await makeIntegration(c)
  const [entry] = await entriesOf(c, '?action=integration.*')
  expect(entry?.details).toMatchObject({ name: 'shop', secrets: '(hidden)' })
})

test('what the system itself does is told apart; a change that changes nothing is no entry', async () => {
  await using c = await setUp()
  const change = async (name: string): Promise<void> => {
    await c.db.engine.query(
      'UPDATE tenants SET name = $2, updated_at = now() WHERE tenant_id = $1',
      [c.tenantId, name],
    )
  }
  await change('Acme')
  await change('Acme')
  const entries = await entriesOf(c, '?action=tenant.changed')
  expect(entries).toMatchObject([{ actor: 'system', details: { name: { to: 'Acme' } } }])
})

test('a change that is undone leaves no entry', async () => {
  await using c = await setUp()
  const before = await entriesOf(c)
  const undone = inTenant(c.db.app, c.tenantId, async (client) => {
    await client.query(`UPDATE tenants SET name = 'gone'`)
    throw new Error('undo')
  })
  await expect(undone).rejects.toThrow('undo')
  expect(await entriesOf(c)).toEqual(before)
})

test('filters by actor, action, kind, object and time, and pages without gaps', async () => {
  await using c = await setUp()
  const ids = [await makeIntegration(c), await makeIntegration(c), await makeIntegration(c)]
  const all = await entriesOf(c, '?kind=integration&action=integration.created')
  expect(all.map(({ object }) => object)).toEqual(ids.toReversed())
  expect(await entriesOf(c, `?actor=${all[0]?.actor ?? ''}&kind=integration`)).toHaveLength(3)
  expect(await entriesOf(c, '?actor=usr_0')).toEqual([])
  expect(await entriesOf(c, '?object=rul_nonsense')).toEqual([])
  expect(await entriesOf(c, '?until=2020-01-01T00:00:00Z')).toEqual([])
  const first = await c.call('GET', '/audit-log?limit=2&kind=integration')
  const { items, nextCursor } = first.body as { items: AuditEntry[]; nextCursor: string }
  const rest = await entriesOf(c, `?limit=2&kind=integration&cursor=${nextCursor}`)
  expect([...items, ...rest].map(({ object }) => object)).toEqual(ids.toReversed())
})

test("another tenant's log is not seen", async () => {
  await using c = await setUp()
  const id = await makeIntegration(c)
  const { body } = await c.callAsStranger('GET', `/audit-log?object=${id}`)
  expect(body).toMatchObject({ items: [] })
})

test('the exported chain can be recomputed by anybody', async () => {
  await using c = await setUp()
  await makeIntegration(c)
  await makeIntegration(c)
  const key = await c.api.key({ tenantId: c.tenantId })
  const { body: text } = await c.api.server.inject({
    url: '/api/v1/audit-log/export',
    headers: { authorization: `Bearer ${key}` },
  })
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry & { previousHash: string; text: string })
  expect(lines.length).toBeGreaterThan(1)
  let previous = ''
  for (const line of lines) {
    expect(line.previousHash).toBe(previous)
    const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(line.text)
    expect(hash.digest('hex')).toBe(line.hash)
    previous = line.hash
  }
})

const check = async (c: ConfigApi): Promise<ChainCheck> =>
  (await c.call('GET', '/audit-log/verify')).body as ChainCheck

test('the server can not change or remove an entry; whoever owns the database can, and it shows', async () => {
  await using c = await setUp()
  await makeIntegration(c)
  await makeIntegration(c)
  const whole = await check(c)
  expect(whole).toMatchObject({ ok: true, firstBroken: null })
  await expect(c.db.engine.query('DELETE FROM audit_log')).rejects.toThrow('permission denied')
  await expect(c.db.engine.query("UPDATE audit_log SET actor = 'x'")).rejects.toThrow(
    'permission denied',
  )
  const owned = async (sql: string): Promise<void> => {
    await c.db.owner.query(`${sql} AND tenant_id = '${c.tenantId}'`)
  }
  await owned(`UPDATE audit_log SET details = '{}' WHERE seq = 2`)
  expect(await check(c)).toMatchObject({ ok: false, firstBroken: 2 })
  await owned(`DELETE FROM audit_log WHERE seq >= 2`)
  expect(await check(c)).toMatchObject({ ok: false, firstBroken: 2 })
})

test('twenty changes at once are twenty entries in one unbroken chain', async () => {
  await using c = await setUp()
  const before = await check(c)
  await Promise.all(Array.from({ length: 20 }, async () => makeIntegration(c)))
  const after = await check(c)
  expect(after.ok).toBe(true)
  expect(after.entries - before.entries).toBeGreaterThanOrEqual(20)
})

test('a statement over many rows is one entry with their number', async () => {
  await using c = await setUp()
  const actor = 'usr_1'
  await asActor(actor, () =>
    inTenant(c.db.app, c.tenantId, async (client) =>
      client.query(
        `INSERT INTO suppressions (tenant_id, channel, address, reason)
         SELECT $1, 'email', n || '@example.org', 'invalid' FROM generate_series(1, 50) n`,
        [c.tenantId],
      ),
    ),
  )
  expect(await entriesOf(c, '?kind=suppression')).toMatchObject([
    { actor, action: 'suppression.created', object: null, details: { count: 50 } },
  ])
})

/** Tables of data under way, of logs and of caches: what happens in them is on record elsewhere, or is no decision of anybody. */
const notAudited = new Set([
  'api_limits',
  'audit_heads',
  'audit_log',
  // Passwords and sessions come and go; that somebody signed in is an event.
  'auth_accounts',
  'auth_attempts',
  'auth_secrets',
  'auth_sessions',
  'auth_two_factors',
  'auth_verifications',
  'campaign_counters',
  // An import is one entry, "contact.imported"; a contact whose tags change gets a new version, which is one.
  'contact_import_rows',
  'contact_imports',
  'contact_tags',
  'counter_samples',
  'deliveries',
  'delivery_counters',
  'delivery_queue',
  'error_lines',
  'event_keys',
  'events',
  'exchange_times',
  'failure_causes',
  'fan_outs',
  'idempotency_keys',
  'integration_states',
  'live_changes',
  'live_watches',
  // What a run has read and found; the run itself keeps who began it, and whether the guard was set aside.
  'membership_run_changes',
  'membership_run_entries',
  'membership_run_members',
  'membership_runs',
  // What certified mail says of deliveries.
  'pec_parts',
  'plans',
  'receipt_polls',
  'receipts',
  'recipient_limits',
  'schedule_runs',
  'schema_migrations',
  'settlements',
  'slot_counters',
  // What sources have read; that somebody stopped or started one is an entry of the integration.
  'source_calls',
  'source_hints',
  'source_quarantine',
  'source_runs',
  'source_states',
  // What looks at the other side have seen; who registers an item is in the log.
  'tracked_participants',
  'tracker_rounds',
  'sync_runs',
  'sync_log',
])

test('every table of configuration has its triggers: a new one must be put into one list or the other', async () => {
  await using c = await setUp()
  const { rows } = await c.db.owner.query<{ name: string; triggers: number }>(
    `SELECT c.relname AS name, count(t.oid)::int AS triggers FROM pg_class c
       LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname LIKE 'audit!_%' ESCAPE '!'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      GROUP BY 1 ORDER BY 1`,
  )
  const without = rows.filter(({ triggers }) => triggers !== 3).map(({ name }) => name)
  expect(without.filter((name) => !notAudited.has(name))).toEqual([])
})
