import { expect, test } from 'vitest'
import { given } from '@carillon/testkit/given'
import { testApi, type TestReply } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { addApiKeyRoutes, addPlatformKeyRoutes } from './routes.ts'
import type { CreatedKey, KeyView } from './schema.ts'

const url = '/api/v1/api-keys'
const platformUrl = '/api/v1/platform-api-keys'

const setUp = async () => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant('own')
  const otherId = await given(db.owner).tenant('other')
  await given(db.owner).tenant('default')
  const api = await testApi(db, (server, newId) => {
    addApiKeyRoutes(server, { pool: db.app, newId })
    addPlatformKeyRoutes(server, { pool: db.engine, newId })
  })
  const admin = await api.key({ tenantId })
  return {
    db,
    api,
    tenantId,
    otherId,
    admin,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
const created = ({ body }: TestReply): CreatedKey => body as CreatedKey
const itemsOf = ({ body }: TestReply): readonly KeyView[] =>
  (body as { items: readonly KeyView[] }).items
const withoutInstance = ({ status, body }: TestReply): unknown => ({
  status,
  body: { ...(body as object), instance: '' },
})

test('a key is shown once, works with its scopes, and is stored as a hash', async () => {
  await using s = await setUp()
  const reply = await s.api.send(s.admin, 'POST', url, {
    body: { name: 'shop', scopes: ['keys:read', 'events:write'] },
  })
  const { key, ...view } = created(reply)
  expect(reply.status).toBe(201)
  expect(key).toMatch(/^car_[0-9a-z]{50}$/)
  expect(view).toEqual({
    id: expect.stringMatching(/^key_/) as unknown,
    name: 'shop',
    prefix: key?.slice(0, 10),
    scopes: ['events:write', 'keys:read'],
    state: 'active',
    createdAt: expect.any(String) as unknown,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  })
  expect(await s.api.send(key ?? '', 'GET', `${url}/${view.id}`)).toMatchObject({
    status: 200,
    body: view,
  })
  expect(
    await s.api.send(key ?? '', 'POST', url, { body: { name: 'x', role: 'read' } }),
  ).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  const { rows } = await s.db.owner.query<{ everything: string }>(
    'SELECT string_agg(k::text, chr(10)) AS everything FROM api_keys k',
  )
  expect(rows[0]?.everything).toContain(view.prefix)
  expect(rows[0]?.everything).not.toContain(key)
})

test('a repetition with the Idempotency-Key makes no second key and does not show the first again', async () => {
  await using s = await setUp()
  const more = { body: { name: 'shop', role: 'write' }, headers: { 'idempotency-key': 'once' } }
  const first = await s.api.send(s.admin, 'POST', url, more)
  const second = await s.api.send(s.admin, 'POST', url, more)
  expect(second).toMatchObject({ status: 201, body: { ...created(first), key: null } })
  expect(second.headers['idempotent-replayed']).toBe('true')
  const { rows } = await s.db.owner.query<{ kept: string; keys: number }>(
    `SELECT response::text AS kept, (SELECT count(*)::int FROM api_keys WHERE name = 'shop') AS keys FROM idempotency_keys`,
  )
  expect(rows.map(({ keys }) => keys)).toEqual([1])
  expect(rows[0]?.kept).not.toContain(created(first).key?.slice(10))
})

test('nobody gives a key more than they have', async () => {
  await using s = await setUp()
  const narrow = await s.api.key({ tenantId: s.tenantId, scopes: ['keys:*', 'events:read'] })
  const give = async (body: object) => (await s.api.send(narrow, 'POST', url, { body })).status
  expect(await give({ name: 'x', scopes: ['events:read', 'keys:write'] })).toBe(201)
  expect(await give({ name: 'x', scopes: ['events:write'] })).toBe(403)
  expect(await give({ name: 'x', scopes: ['*'] })).toBe(403)
  expect(await give({ name: 'x', role: 'admin' })).toBe(403)
})

test.each([
  [{ name: 'x' }, '/scopes'],
  [{ name: 'x', role: 'owner' }, '/role'],
  [{ name: '', role: 'read' }, '/name'],
  [{ name: 'a\nb', role: 'read' }, '/name'],
  [{ role: 'read' }, '/name'],
  [{ name: 'x', scopes: [] }, '/scopes'],
  [{ name: 'x', scopes: ['tenants:write'] }, '/scopes/0'],
  [{ name: 'x', role: 'read', expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
  [{ name: 'x', role: 'read', expiresAt: 'tomorrow' }, '/expiresAt'],
  [{ name: 'x', role: 'read', tenant: 'other' }, '/tenant'],
])('%j is refused at %s', async (body, pointer) => {
  await using s = await setUp()
  const reply = await s.api.send(s.admin, 'POST', url, { body })
  expect(reply).toMatchObject({ status: 400, body: { errors: [{ pointer }] } })
})

test('a key with an expiry is active until then', async () => {
  await using s = await setUp()
  const expiresAt = '2999-12-31T23:59:59.000Z'
  const body = { name: 'x', role: 'read', expiresAt }
  expect((await s.api.send(s.admin, 'POST', url, { body })).body).toMatchObject({
    state: 'active',
    expiresAt,
  })
})

test('a revoked key is refused and stays in the list; revoking it again changes nothing', async () => {
  await using s = await setUp()
  const { id, key } = created(
    await s.api.send(s.admin, 'POST', url, { body: { name: 'x', role: 'admin' } }),
  )
  expect(await s.api.send(s.admin, 'DELETE', `${url}/${id}`)).toMatchObject({ status: 204 })
  expect(await s.api.send(key ?? '', 'GET', url)).toMatchObject({ status: 401 })
  const { body: before } = await s.api.send(s.admin, 'GET', `${url}/${id}`)
  expect(before).toMatchObject({ state: 'revoked', revokedAt: expect.any(String) as unknown })
  await s.api.send(s.admin, 'DELETE', `${url}/${id}`)
  expect((await s.api.send(s.admin, 'GET', `${url}/${id}`)).body).toEqual(before)
})

test('the list goes page by page, newest first, by state', async () => {
  await using s = await setUp()
  await s.db.owner.query('DELETE FROM api_keys')
  const admin = await s.api.key()
  const send = async (query: string) =>
    s.api.send(admin, 'GET', `${url}?${query}`, { headers: { 'carillon-tenant': 'own' } })
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) {
    const headers = { 'carillon-tenant': 'own' }
    await s.api.send(admin, 'POST', url, { body: { name, role: 'read' }, headers })
  }
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await send(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...itemsOf(page).map(({ name }) => name))
    cursor = (page.body as { nextCursor: string | null }).nextCursor
  }
  expect(seen).toEqual(names.toReversed())
  await s.db.owner.query(`UPDATE api_keys SET revoked_at = now() WHERE name = 'b'`)
  await s.db.owner.query(`UPDATE api_keys SET expires_at = now() WHERE name = 'c'`)
  const byState = async (state: string) =>
    itemsOf(await send(`state=${state}`)).map(({ name }) => name)
  expect(await byState('revoked')).toEqual(['b'])
  expect(await byState('expired')).toEqual(['c'])
  expect(await byState('active')).toEqual(['e', 'd', 'a'])
  expect((await send('state=lost')).status).toBe(400)
  expect((await send('cursor=abc')).body).toMatchObject({ code: 'bad_cursor' })
})

test("another tenant's key, a platform key, a missing and a malformed id are the same 404", async () => {
  await using s = await setUp()
  const platform = await s.api.key()
  const other = await s.api.key({ tenantId: s.otherId })
  const foreign = created(
    await s.api.send(other, 'POST', url, { body: { name: 'x', role: 'read' } }),
  )
  const ofPlatform = created(
    await s.api.send(platform, 'POST', platformUrl, { body: { name: 'p' } }),
  )
  const ids = [foreign.id, ofPlatform.id, 'key_00000000000000000000000000', 'key_', 'x']
  for (const method of ['GET', 'DELETE'] as const) {
    const replies = []
    for (const id of ids) {
      replies.push(withoutInstance(await s.api.send(s.admin, method, `${url}/${id}`)))
    }
    expect(replies[0]).toMatchObject({ status: 404 })
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1)
  }
  expect(await s.api.send(other, 'GET', `${url}/${foreign.id}`)).toMatchObject({
    body: { state: 'active' },
  })
  expect(itemsOf(await s.api.send(s.admin, 'GET', url))).toHaveLength(1)
})

test('scopes: reading needs keys:read, writing keys:write', async () => {
  await using s = await setUp()
  const reader = await s.api.key({ tenantId: s.tenantId, scopes: ['keys:read'] })
  const writer = await s.api.key({ tenantId: s.tenantId, scopes: ['keys:write'] })
  const statuses = async (key: string) => [
    (await s.api.send(key, 'GET', url)).status,
    (await s.api.send(key, 'POST', url, { body: { name: 'x', scopes: ['keys:write'] } })).status,
    (await s.api.send(key, 'DELETE', `${url}/key_00000000000000000000000000`)).status,
  ]
  expect(await statuses(reader)).toEqual([200, 403, 403])
  expect(await statuses(writer)).toEqual([403, 201, 404])
})

test('platform-admin keys: made, seen and revoked by platform admins only', async () => {
  await using s = await setUp()
  const platform = await s.api.key()
  for (const [method, at] of [
    ['GET', platformUrl],
    ['POST', platformUrl],
    ['GET', `${platformUrl}/x`],
    ['DELETE', `${platformUrl}/x`],
  ] as const) {
    const more = method === 'POST' ? { body: { name: 'x' } } : {}
    expect(await s.api.send(s.admin, method, at, more)).toMatchObject({ status: 403 })
  }
  const more = { body: { name: 'second' }, headers: { 'idempotency-key': 'once' } }
  const made = created(await s.api.send(platform, 'POST', platformUrl, more))
  expect(created(await s.api.send(platform, 'POST', platformUrl, more))).toEqual({
    ...made,
    key: null,
  })
  expect(itemsOf(await s.api.send(made.key ?? '', 'GET', platformUrl))).toHaveLength(2)
  expect(await s.api.send(platform, 'DELETE', `${platformUrl}/${made.id}`)).toMatchObject({
    status: 204,
  })
  expect(await s.api.send(platform, 'GET', `${platformUrl}/${made.id}`)).toMatchObject({
    body: { state: 'revoked' },
  })
})

test('a platform-admin key can not revoke itself, so that one is always left', async () => {
  await using s = await setUp()
  const platform = await s.api.key()
  const [own] = itemsOf(await s.api.send(platform, 'GET', platformUrl))
  expect(await s.api.send(platform, 'DELETE', `${platformUrl}/${own?.id}`)).toMatchObject({
    status: 409,
  })
  expect(await s.api.send(platform, 'GET', platformUrl)).toMatchObject({ status: 200 })
})
