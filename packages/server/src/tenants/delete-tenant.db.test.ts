import { expect, test } from 'vitest'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { findLanesAcrossTenants } from '../delivery/queries/lanes.ts'
import { query } from '../platform/db/statement.ts'
import { purgeTenants } from '../retention/purge-tenants.ts'
import { addTenantRoutes } from './routes.ts'
import type { TenantView } from './schema.ts'

const setUp = async () => {
  const db = await testDb()
  const make = given(db.owner)
  await make.tenant('default')
  const api = await testApi(db, (server, newId) => {
    addTenantRoutes(server, { pool: db.engine, newId })
  })
  const admin = await api.key()
  const body = { slug: 'acme', name: 'Acme', retentionDays: 30 }
  const made = (await api.send(admin, 'POST', '/api/v1/tenants', { body })).body as TenantView
  const { rows } = await db.owner.query<{ tenant_id: string }>(
    `SELECT tenant_id FROM tenants WHERE slug = 'acme'`,
  )
  const tenantId = rows[0]?.tenant_id ?? ''
  return {
    db,
    make,
    api,
    admin,
    made,
    tenantId,
    call: async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path = '', change?: object) =>
      await api.send(
        admin,
        method,
        `/api/v1/tenants/${made.id}${path}`,
        change === undefined ? {} : { body: change },
      ),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

test('retention is set, shown, changed and taken back', async () => {
  await using s = await setUp()
  expect(s.made).toMatchObject({ retentionDays: 30, state: 'active', purgeAt: null })
  expect((await s.call('PATCH', '', { name: 'B' })).body).toMatchObject({ retentionDays: 30 })
  expect((await s.call('PATCH', '', { retentionDays: null })).body).toMatchObject({
    retentionDays: null,
  })
  expect((await s.call('PATCH', '', { retentionDays: 0 })).status).toBe(400)
})

test("a suspended tenant's keys are refused and its lanes are not seen, until it goes on", async () => {
  await using s = await setUp()
  const key = await s.api.key({ tenantId: s.tenantId })
  const integration = await s.make.integration(s.tenantId)
  await s.db.owner.query(
    `INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
     VALUES ($1, gen_random_uuid(), $2, now(), now() + interval '1 day')`,
    [s.tenantId, integration],
  )
  const lanes = async (): Promise<number> =>
    (await query(s.db.engine, findLanesAcrossTenants, [[], [], [], []])).length
  expect(await lanes()).toBe(1)
  expect((await s.call('PATCH', '', { suspended: true })).body).toMatchObject({
    state: 'suspended',
  })
  expect(await lanes()).toBe(0)
  expect(await s.api.send(key, 'GET', '/api/v1/tenants')).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('suspended') as string },
  })
  await s.call('PATCH', '', { suspended: false })
  expect(await lanes()).toBe(1)
})

test('deleting takes two steps and the slug, and can be taken back', async () => {
  await using s = await setUp()
  expect(await s.call('DELETE', '?confirm=acme')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('suspend it first') as string },
  })
  await s.call('PATCH', '', { suspended: true })
  expect(await s.call('DELETE', '?confirm=amce')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '?confirm' }] },
  })
  expect((await s.call('DELETE')).status).toBe(400)
  const deleted = (await s.call('DELETE', '?confirm=acme')).body as TenantView
  expect(deleted.state).toBe('deleted')
  expect(Date.parse(deleted.purgeAt ?? '')).toBeGreaterThan(Date.now() + 6 * 86_400_000)
  expect((await s.call('PATCH', '', { suspended: false })).status).toBe(409)
  expect(await purgeTenants(s.db.engine, quietLog)).toBe(0)
  expect((await s.call('POST', '/restore')).body).toMatchObject({ state: 'suspended' })
  expect((await s.call('POST', '/restore')).status).toBe(409)
})

test('after a week everything of it is gone but its audit log, and nothing of anybody else', async () => {
  await using s = await setUp()
  const other = await s.make.tenant()
  for (const tenantId of [s.tenantId, other]) {
    const integrationId = await s.make.integration(tenantId)
    const plan = { steps: [{ integrationId, to: '' }] }
    await s.make.rule(tenantId, { plan })
    const subscription = await s.make.subscription(tenantId)
    await s.make.registrations(tenantId, subscription, { count: 30 })
    await s.api.key({ tenantId })
  }
  await s.call('PATCH', '', { suspended: true })
  await s.call('DELETE', '?confirm=acme')
  await s.db.owner.query(
    `UPDATE tenants SET deleted_at = now() - interval '8 days' WHERE slug = 'acme'`,
  )
  while ((await purgeTenants(s.db.engine, quietLog)) > 0);
  expect((await s.call('GET')).status).toBe(404)
  const { rows } = await s.db.owner.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
  )
  const left: string[] = []
  for (const { name } of rows) {
    const found = await s.db.owner.query(`SELECT FROM ${name} WHERE tenant_id = $1`, [s.tenantId])
    if (found.rows.length > 0) left.push(name)
  }
  expect(left.toSorted()).toEqual(['audit_heads', 'audit_log'])
  const kept = await s.db.owner.query('SELECT FROM registrations WHERE tenant_id = $1', [other])
  expect(kept.rows).toHaveLength(30)
})

test('a tenant whose week is over is not restored: its rows are going, or have gone', async () => {
  await using s = await setUp()
  await s.call('PATCH', '', { suspended: true })
  await s.call('DELETE', '?confirm=acme')
  await s.db.owner.query(`UPDATE tenants SET deleted_at = now() - interval '8 days'
    WHERE tenant_id = '${s.tenantId}'`)
  await s.make.integration(s.tenantId)
  expect(await purgeTenants(s.db.engine, quietLog)).toBe(1)
  expect((await s.call('POST', '/restore')).status).toBe(409)
  while ((await purgeTenants(s.db.engine, quietLog)) > 0);
  expect((await s.call('GET')).status).toBe(404)
})
