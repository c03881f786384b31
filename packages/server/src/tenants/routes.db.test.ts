import { expect, test } from 'vitest'
import { given } from '@carillon/testkit/given'
import { testApi, type TestReply } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { addTenantRoutes } from './routes.ts'
import type { TenantView } from './schema.ts'

const url = '/api/v1/tenants'

const setUp = async () => {
  const db = await testDb()
  const defaultId = await given(db.owner).tenant('default')
  const api = await testApi(db, (server, newId) => {
    addTenantRoutes(server, { pool: db.engine, newId })
  })
  const admin = await api.key()
  return {
    db,
    api,
    admin,
    defaultId,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
const viewOf = ({ body }: TestReply): TenantView => body as TenantView
const slugsOf = ({ body }: TestReply): readonly string[] =>
  (body as { items: readonly TenantView[] }).items.map(({ slug }) => slug)

test('a tenant is made with what is given, and English and UTC where nothing is', async () => {
  await using s = await setUp()
  const acme = { slug: 'acme', name: 'Acme Srl', language: 'it', timeZone: 'Europe/Rome' }
  const reply = await s.api.send(s.admin, 'POST', url, { body: acme })
  expect(reply).toMatchObject({ status: 201, body: acme })
  expect(await s.api.send(s.admin, 'GET', `${url}/${viewOf(reply).id}`)).toMatchObject({
    status: 200,
    body: reply.body,
  })
  const plain = await s.api.send(s.admin, 'POST', url, { body: { slug: 'b', name: 'B' } })
  expect(plain.body).toMatchObject({ language: 'en', timeZone: 'UTC' })
})

test('a taken slug is a conflict; a repetition with the Idempotency-Key is not', async () => {
  await using s = await setUp()
  const more = { body: { slug: 'acme', name: 'A' }, headers: { 'idempotency-key': 'k' } }
  const first = await s.api.send(s.admin, 'POST', url, more)
  expect(await s.api.send(s.admin, 'POST', url, more)).toMatchObject({
    status: 201,
    body: first.body,
  })
  expect(await s.api.send(s.admin, 'POST', url, { body: more.body })).toMatchObject({
    status: 409,
    body: { code: 'conflict' },
  })
})

test.each([
  [{ slug: 'Acme', name: 'A' }, '/slug'],
  [{ slug: '-a', name: 'A' }, '/slug'],
  [{ slug: 'a'.repeat(64), name: 'A' }, '/slug'],
  [{ slug: 'a', name: '' }, '/name'],
  [{ slug: 'a', name: 'A', language: 'de' }, '/language'],
  [{ slug: 'a', name: 'A', timeZone: 'Europe/Roma' }, '/timeZone'],
  [{ slug: 'a', name: 'A', timeZone: '+02:00' }, '/timeZone'],
  [{ slug: 'a', name: 'A', id: 'x' }, '/id'],
])('%j is refused at %s', async (body, pointer) => {
  await using s = await setUp()
  expect(await s.api.send(s.admin, 'POST', url, { body })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer }] },
  })
})

test('a change touches what it names; the slug can not be changed', async () => {
  await using s = await setUp()
  const made = viewOf(
    await s.api.send(s.admin, 'POST', url, { body: { slug: 'acme', name: 'A', language: 'it' } }),
  )
  const at = `${url}/${made.id}`
  const changed = await s.api.send(s.admin, 'PATCH', at, { body: { timeZone: 'europe/rome' } })
  expect(changed).toMatchObject({
    status: 200,
    body: { ...made, timeZone: 'Europe/Rome', updatedAt: expect.any(String) as unknown },
  })
  expect(viewOf(changed).updatedAt > made.updatedAt).toBe(true)
  expect(await s.api.send(s.admin, 'PATCH', at, { body: { slug: 'b' } })).toMatchObject({
    status: 400,
  })
  expect(await s.api.send(s.admin, 'PATCH', at, { body: {} })).toMatchObject({ status: 400 })
})

test('limits of requests are shown as they count, set one by one, and set back', async () => {
  await using s = await setUp()
  const body = { slug: 'acme', name: 'A', limits: { triggersPerMinute: 0 } }
  const made = await s.api.send(s.admin, 'POST', url, { body })
  const standard = {
    subscriptionsPerMinute: 60,
    triggersPerMinute: 60,
    eventsPerMinute: 1_000_000,
    hooksPerMinute: 60_000,
  }
  expect(viewOf(made).limits).toEqual({ ...standard, triggersPerMinute: 0 })
  const at = `${url}/${viewOf(made).id}`
  const change = async (limits: object) =>
    await s.api.send(s.admin, 'PATCH', at, { body: { limits } })
  expect(viewOf(await change({ subscriptionsPerMinute: 600 })).limits).toEqual({
    ...standard,
    triggersPerMinute: 0,
    subscriptionsPerMinute: 600,
  })
  expect(viewOf(await change({ triggersPerMinute: null })).limits).toEqual({
    ...standard,
    subscriptionsPerMinute: 600,
  })
  for (const wrong of [
    {},
    { triggersPerMinute: -1 },
    { triggersPerMinute: 1.5 },
    { nonsense: 1 },
  ]) {
    expect((await change(wrong)).status).toBe(400)
  }
})

test('the list goes page by page, newest first, and finds by slug and by parts of names', async () => {
  await using s = await setUp()
  await s.db.owner.query(`UPDATE tenants SET tenant_id = '00000000-0000-7000-8000-000000000000'`)
  for (const slug of ['a', 'b', 'c']) {
    await s.api.send(s.admin, 'POST', url, { body: { slug, name: `Club ${slug} 100%` } })
  }
  const first = await s.api.send(s.admin, 'GET', `${url}?limit=3`)
  expect(slugsOf(first)).toEqual(['c', 'b', 'a'])
  const { nextCursor } = first.body as { nextCursor: string }
  const second = await s.api.send(s.admin, 'GET', `${url}?limit=3&cursor=${nextCursor}`)
  expect(second.body).toMatchObject({ items: [{ slug: 'default' }], nextCursor: null })
  expect(slugsOf(await s.api.send(s.admin, 'GET', `${url}?slug=b`))).toEqual(['b'])
  expect(slugsOf(await s.api.send(s.admin, 'GET', `${url}?q=CLUB%20a`))).toEqual(['a'])
  expect(slugsOf(await s.api.send(s.admin, 'GET', `${url}?q=100%25`))).toEqual(['c', 'b', 'a'])
  expect(slugsOf(await s.api.send(s.admin, 'GET', `${url}?q=faul`))).toEqual(['default'])
})

test("a tenant's key, with whatever scopes, gets nowhere near", async () => {
  await using s = await setUp()
  const key = await s.api.key({ tenantId: s.defaultId, scopes: ['*'] })
  const own = `${url}/ten_00000000000000000000000000`
  expect((await s.api.send(key, 'GET', url)).status).toBe(403)
  expect((await s.api.send(key, 'POST', url, { body: { slug: 'x', name: 'x' } })).status).toBe(403)
  expect((await s.api.send(key, 'GET', own)).status).toBe(403)
  expect((await s.api.send(key, 'PATCH', own, { body: { name: 'x' } })).status).toBe(403)
})

test('a missing and a malformed id are the same 404', async () => {
  await using s = await setUp()
  for (const id of ['ten_00000000000000000000000000', 'x']) {
    expect(await s.api.send(s.admin, 'GET', `${url}/${id}`)).toMatchObject({ status: 404 })
    expect(
      await s.api.send(s.admin, 'PATCH', `${url}/${id}`, { body: { name: 'x' } }),
    ).toMatchObject({
      status: 404,
    })
  }
})

test('who may see its settings reads and changes the own tenant, and only what is its own to change', async () => {
  await using s = await setUp()
  const other = await given(s.db.owner).tenant('other')
  const key = await s.api.key({ tenantId: s.defaultId, scopes: ['settings:*'] })
  const own = await s.api.send(key, 'GET', '/api/v1/tenant')
  expect(own).toMatchObject({ status: 200, body: { slug: 'default', timeZone: 'UTC' } })
  const change = { name: 'Acme', language: 'it', timeZone: 'Europe/Rome' }
  expect(await s.api.send(key, 'PATCH', '/api/v1/tenant', { body: change })).toMatchObject({
    status: 200,
    body: change,
  })
  for (const body of [{ retentionDays: 1 }, { suspended: true }, { limits: {} }, {}])
    expect(await s.api.send(key, 'PATCH', '/api/v1/tenant', { body })).toMatchObject({
      status: 400,
    })
  expect(
    await s.api.send(key, 'PATCH', '/api/v1/tenant', { body: { timeZone: 'Mars/Base' } }),
  ).toMatchObject({ status: 400, body: { errors: [{ pointer: '/timeZone' }] } })
  const { rows } = await s.db.owner.query<{ name: string }>(
    'SELECT name FROM tenants WHERE tenant_id = $1',
    [other],
  )
  expect(rows[0]?.name).not.toBe('Acme')
  const reader = await s.api.key({ tenantId: s.defaultId, scopes: ['settings:read'] })
  expect(
    await s.api.send(reader, 'PATCH', '/api/v1/tenant', { body: { name: 'X' } }),
  ).toMatchObject({ status: 403 })
})
