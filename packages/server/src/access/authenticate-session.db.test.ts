import { expect, test } from 'vitest'
import { givePerson } from '@carillon/testkit/given-people'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi, type TestReply } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { principalOf } from '../platform/http/principal.ts'
import { createAuthenticator } from './authenticate.ts'

/** A server whose routes say who asks; its clock is moved by hand. */
const setUp = async () => {
  const db = await testDb()
  const own = await given(db.owner).tenant('own')
  await given(db.owner).tenant('default')
  const clock = { nowMs: 0 }
  const timers: (() => void)[] = []
  const authenticate = createAuthenticator({
    pool: db.engine,
    log: quietLog,
    publicUrl: 'http://notify.example.org',
    monotonicMs: () => clock.nowMs,
    timers: {
      after: (_ms, fn) => {
        timers.push(fn)
        return () => {}
      },
    },
  })
  const api = await testApi(
    db,
    (server) => {
      const config = { auth: { session: true } } as const
      server.get('/api/v1/who', { config }, (request) => ({ ...principalOf(request) }))
      server.post('/api/v1/who', { config }, (request) => ({ ...principalOf(request) }))
      server.get('/api/v1/own', { config: { auth: { scope: 'x:read', own: true } } }, () => ({}))
      server.get('/api/v1/scoped', { config: { auth: { scope: 'x:read' } } }, () => ({}))
    },
    { authenticate },
  )
  const get = async (
    headers: Readonly<Record<string, string>>,
    path = '/api/v1/who',
  ): Promise<TestReply> => api.send(undefined, 'GET', path, { headers })
  return {
    db,
    api,
    own,
    clock,
    timers,
    get,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

test('a session is the person, in its tenant, with the rights of its role', async () => {
  await using s = await setUp()
  const admin = await givePerson(s.db.owner, { memberships: { [s.own]: 'admin' } })
  const member = await givePerson(s.db.owner, { memberships: { [s.own]: 'member' } })
  const root = await givePerson(s.db.owner, { platformAdmin: true })
  expect(await s.get(admin.headers)).toMatchObject({
    status: 200,
    body: {
      kind: 'session',
      userId: admin.id,
      sessionId: admin.sessionId,
      tenantId: s.own,
      tenantSlug: 'own',
      platformAdmin: false,
      scopes: ['*'],
    },
  })
  expect(await s.get(member.headers)).toMatchObject({ body: { scopes: ['subscriptions:read'] } })
  expect(await s.get(root.headers)).toMatchObject({
    body: { platformAdmin: true, tenantSlug: 'default' },
  })
  expect(await s.get(member.headers, '/api/v1/own')).toMatchObject({ status: 200 })
  expect(await s.get(member.headers, '/api/v1/scoped')).toMatchObject({ status: 403 })
})

test('a session that has ended, run out, or whose person is disabled is refused within a second', async () => {
  await using s = await setUp()
  for (const end of [
    'DELETE FROM auth_sessions',
    `UPDATE auth_sessions SET expires_at = now() - interval '1 second'`,
    'UPDATE auth_users SET disabled_at = now()',
    'DELETE FROM auth_users',
  ]) {
    const person = await givePerson(s.db.owner, { memberships: { [s.own]: 'member' } })
    expect(await s.get(person.headers)).toMatchObject({ status: 200 })
    await s.db.owner.query(end)
    s.clock.nowMs += 1_000
    expect([end, (await s.get(person.headers)).status]).toEqual([end, 401])
  }
})

test('a session runs out at its moment, from the cache too', async () => {
  await using s = await setUp()
  const person = await givePerson(s.db.owner, { memberships: { [s.own]: 'member' } })
  await s.db.owner.query(`UPDATE auth_sessions SET expires_at = now() + interval '990 ms'`)
  expect(await s.get(person.headers)).toMatchObject({ status: 200 })
  s.clock.nowMs = 995
  expect(await s.get(person.headers)).toMatchObject({ status: 401 })
})

test('a known session costs no query: it goes on for its second when the database is away', async () => {
  await using s = await setUp()
  const person = await givePerson(s.db.owner, { memberships: { [s.own]: 'member' } })
  await s.get(person.headers)
  await s.db.engine.end()
  s.clock.nowMs = 499
  expect(await s.get(person.headers)).toMatchObject({ status: 200 })
  s.clock.nowMs = 1_000
  expect((await s.get(person.headers)).status).toBeGreaterThanOrEqual(500)
})

test('an API key goes before a cookie, and a wrong one is not saved by it', async () => {
  await using s = await setUp()
  const person = await givePerson(s.db.owner, { memberships: { [s.own]: 'admin' } })
  const headers = { ...person.headers, authorization: `Bearer ${'x'.repeat(40)}` }
  expect(await s.get(headers)).toMatchObject({ status: 401 })
})

test('what another site makes a browser send with the cookie is refused', async () => {
  await using s = await setUp()
  const { headers } = await givePerson(s.db.owner, { memberships: { [s.own]: 'member' } })
  const send = async (more: Readonly<Record<string, string>>) =>
    s.api.send(undefined, 'POST', '/api/v1/who', {
      headers: { cookie: headers['cookie'] ?? '', ...more },
    })
  expect(await send({ 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 })
  expect(await send({ origin: 'https://evil.example' })).toMatchObject({ status: 403 })
  expect(await send({})).toMatchObject({ status: 403 })
  expect(await send({ origin: 'http://notify.example.org' })).toMatchObject({ status: 200 })
})

test('the last use is noted, and not at every request', async () => {
  await using s = await setUp()
  const { headers } = await givePerson(s.db.owner, { memberships: { [s.own]: 'member' } })
  for (let n = 0; n < 5; n += 1) await s.get(headers)
  expect(s.timers).toHaveLength(1)
})
