import { printId, asId } from '@carillon/domain/ids'
import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { givePerson, type GivenPerson } from '@carillon/testkit/given-people'
import { testApi, type TestApi } from '@carillon/testkit/test-api'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createSendAccountMail } from '../access/send-account-mail.ts'
import { createLimitAttempts } from '../access/sign-in/limit-attempts.ts'
import { addInvitationRoutes } from './invitation-routes.ts'
import { addMeRoutes } from './me-routes.ts'
import { addMemberRoutes } from './member-routes.ts'
import { addUserRoutes } from './user-routes.ts'

type Rig = {
  readonly db: TestDb
  readonly api: TestApi
  readonly own: string
  readonly other: string
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const setUp = async (): Promise<Rig> => {
  const db = await testDb()
  const own = await given(db.owner).tenant('own')
  const other = await given(db.owner).tenant('other')
  await given(db.owner).tenant('default')
  const api = await testApi(db, (server, newId) => {
    const enginePool = db.engine
    const sendMail = createSendAccountMail({ pool: enginePool, newId, shard: 0, wake: () => {} })
    const baseUrl = () => 'https://notify.example.org'
    const limit = createLimitAttempts(enginePool)
    addMemberRoutes(server, { pool: db.app, enginePool })
    addInvitationRoutes(server, { pool: db.app, enginePool, limit, newId, sendMail, baseUrl })
    addMeRoutes(server, { pool: enginePool, newId })
    addUserRoutes(server, {
      pool: enginePool,
      newId,
      makePasswordLink: async (userId) => `https://notify.example.org/reset-password#${userId}`,
    })
  })
  return {
    db,
    api,
    own,
    other,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

type Items = { readonly items: readonly { readonly id: string }[]; readonly nextCursor: unknown }
const by = ({ headers }: GivenPerson, more: Readonly<Record<string, string>> = {}) => ({
  headers: { ...headers, ...more },
})
const idsOf = (body: unknown): readonly string[] => (body as Items).items.map(({ id }) => id)
const memberId = async ({ db }: Rig, tenantId: string, userId: string): Promise<string> => {
  const { rows } = await db.owner.query<{ id: string }>(
    'SELECT id FROM members WHERE tenant_id = $1 AND user_id = $2',
    [tenantId, userId],
  )
  return printId('member', asId('member', rows[0]?.id ?? ''))
}

test('members are listed by pages, found by name or role, and nobody else is among them', async () => {
  await using rig = await setUp()
  const admin = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } })
  for (let n = 0; n < 4; n += 1) {
    const email = `member-${n}@example.org`
    await givePerson(rig.db.owner, { email, memberships: { [rig.own]: 'member' } })
  }
  await givePerson(rig.db.owner, { memberships: { [rig.other]: 'admin' } })
  const list = async (query: string) =>
    (await rig.api.send(undefined, 'GET', `/api/v1/members${query}`, by(admin))).body as Items
  const all = idsOf(await list(''))
  expect(all).toHaveLength(5)
  const first = await list('?limit=3')
  const rest = await list(`?limit=3&cursor=${String(first.nextCursor)}`)
  expect([...idsOf(first), ...idsOf(rest)]).toEqual(all)
  expect(rest.nextCursor).toBe(null)
  expect((await list('?q=MEMBER-2')).items).toMatchObject([{ email: 'member-2@example.org' }])
  expect((await list('?role=admin')).items).toHaveLength(1)
})

test("another tenant's member and one that is not there are the same 404 for every verb", async () => {
  await using rig = await setUp()
  const admin = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } })
  const stranger = await givePerson(rig.db.owner, { memberships: { [rig.other]: 'admin' } })
  const foreign = await memberId(rig, rig.other, stranger.id)
  const missing = printId('member', asId('member', '0199a5c2-7b1e-7def-8123-456789abcde0'))
  const ask = async (method: 'GET' | 'PATCH' | 'DELETE', id: string, below = '') => {
    const body = method === 'PATCH' ? { body: { role: 'member' } } : {}
    const path = `/api/v1/members/${id}${below}`
    const reply = await rig.api.send(undefined, method, path, { ...by(admin), ...body })
    return { status: reply.status, body: { ...(reply.body as object), instance: '' } }
  }
  for (const [method, below] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['DELETE', '/sessions'],
  ] as const) {
    const answers = [await ask(method, foreign, below), await ask(method, missing, below)]
    expect(answers[0]).toMatchObject({ status: 404 })
    expect(answers[1]).toEqual(answers[0])
  }
  expect(await rig.db.owner.query('SELECT FROM members')).toMatchObject({ rowCount: 2 })
})

test('of two admins who remove each other at once, one stays', async () => {
  await using rig = await setUp()
  const people = [
    await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } }),
    await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } }),
  ]
  const ids = await Promise.all(people.map(async ({ id }) => memberId(rig, rig.own, id)))
  const key = await rig.api.key({ tenantId: rig.own })
  const replies = await Promise.all(
    ids.map(async (id) => rig.api.send(key, 'DELETE', `/api/v1/members/${id}`)),
  )
  expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409])
})

test('an admin who can not sign in any more does not count as the one who stays', async () => {
  await using rig = await setUp()
  const here = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } })
  const gone = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } })
  await rig.db.owner.query('UPDATE auth_users SET disabled_at = now() WHERE id = $1', [gone.id])
  const id = await memberId(rig, rig.own, here.id)
  expect(await rig.api.send(undefined, 'DELETE', `/api/v1/members/${id}`, by(here))).toMatchObject({
    status: 409,
  })
})

test('who leaves a tenant has no registrations in it any more, and keeps those elsewhere', async () => {
  await using rig = await setUp()
  const { own, other, db } = rig
  const person = await givePerson(db.owner, { memberships: { [own]: 'member', [other]: 'member' } })
  const user = printId('user', asId('user', person.id))
  for (const tenant of [own, other]) {
    await db.owner.query(
      `WITH s AS (INSERT INTO subscriptions (tenant_id, id, subscription_id, label, created_by, modified_by)
         VALUES ($1, gen_random_uuid(), 'Topic', 'Topic', 'key_x', 'key_x') RETURNING id)
       INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address)
       SELECT $1, gen_random_uuid(), s.id, $2, 'email', 'x@example.org' FROM s`,
      [tenant, user],
    )
  }
  const key = await rig.api.key({ tenantId: own })
  const id = await memberId(rig, own, person.id)
  expect(await rig.api.send(key, 'DELETE', `/api/v1/members/${id}`)).toMatchObject({ status: 204 })
  const { rows } = await db.owner.query('SELECT tenant_id FROM registrations')
  expect(rows).toEqual([{ tenant_id: other }])
})

test('a key that may manage members can not make an admin out of one, nor invite one', async () => {
  await using rig = await setUp()
  const person = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'member' } })
  const key = await rig.api.key({ tenantId: rig.own, scopes: ['members:*'] })
  const id = await memberId(rig, rig.own, person.id)
  const change = { body: { role: 'admin' } }
  expect(await rig.api.send(key, 'PATCH', `/api/v1/members/${id}`, change)).toMatchObject({
    status: 403,
  })
  const invite = async (role: string) =>
    rig.api.send(key, 'POST', '/api/v1/invitations', { body: { email: 'x@example.org', role } })
  expect(await invite('admin')).toMatchObject({ status: 403 })
  expect(await invite('member')).toMatchObject({ status: 201 })
})

test('an invitation is shown once, repeated without its link, replaced by the next, and dead when revoked', async () => {
  await using rig = await setUp()
  const key = await rig.api.key({ tenantId: rig.own })
  const post = async (headers: Readonly<Record<string, string>> = {}) =>
    rig.api.send(key, 'POST', '/api/v1/invitations', {
      body: { email: 'New@Example.org' },
      headers,
    })
  const first = await post({ 'idempotency-key': 'k1' })
  expect(first).toMatchObject({
    status: 201,
    body: { email: 'new@example.org', role: 'member', state: 'open', mailed: false },
  })
  const { id, token } = first.body as { readonly id: string; readonly token: string }
  expect(await post({ 'idempotency-key': 'k1' })).toMatchObject({
    status: 201,
    body: { id, link: null, token: null },
  })
  const { rows } = await rig.db.owner.query('SELECT response::text AS text FROM idempotency_keys')
  expect(JSON.stringify(rows)).not.toContain(token)
  const look = async (text: string) =>
    rig.api.send(undefined, 'POST', '/api/v1/invitations/look-up', { body: { token: text } })
  expect(await look(token)).toMatchObject({ status: 200 })
  const second = (await post()).body as { readonly id: string; readonly token: string }
  expect(await look(token)).toMatchObject({ status: 404 })
  expect(await look(second.token)).toMatchObject({ status: 200 })
  const path = `/api/v1/invitations/${second.id}`
  expect(await rig.api.send(key, 'DELETE', path)).toMatchObject({ status: 204 })
  expect(await look(second.token)).toMatchObject({ status: 404 })
  expect(await rig.api.send(key, 'GET', path)).toMatchObject({ body: { state: 'revoked' } })
  const open = await rig.api.send(key, 'GET', '/api/v1/invitations?state=open')
  expect((open.body as Items).items).toEqual([])
})

test('an invitation runs out after seven days, and a new link makes it good again', async () => {
  await using rig = await setUp()
  const key = await rig.api.key({ tenantId: rig.own })
  const email = 'late@example.org'
  const made = await rig.api.send(key, 'POST', '/api/v1/invitations', { body: { email } })
  const { id, token } = made.body as { readonly id: string; readonly token: string }
  await rig.db.owner.query(`UPDATE invitations SET expires_at = now() - interval '1 second'`)
  const accept = async (text: string) =>
    rig.api.send(undefined, 'POST', '/api/v1/invitations/accept', {
      body: { token: text, name: 'Late', password: 'long enough, this' },
    })
  expect(await accept(token)).toMatchObject({ status: 404 })
  expect(await rig.api.send(key, 'GET', `/api/v1/invitations/${id}`)).toMatchObject({
    body: { state: 'expired' },
  })
  const path = `/api/v1/invitations/${id}/resend`
  const again = await rig.api.send(key, 'POST', path, { body: {} })
  expect(again).toMatchObject({ status: 200, body: { state: 'open' } })
  const { token: fresh } = again.body as { readonly token: string }
  expect(await accept(fresh)).toMatchObject({ status: 201, body: { role: 'member' } })
  expect(await rig.api.send(key, 'POST', path, { body: {} })).toMatchObject({ status: 409 })
})

test('one token, accepted by many at once, makes one account', async () => {
  await using rig = await setUp()
  const key = await rig.api.key({ tenantId: rig.own })
  const made = await rig.api.send(key, 'POST', '/api/v1/invitations', {
    body: { email: 'once@example.org' },
  })
  const { token } = made.body as { readonly token: string }
  const replies = await Promise.all(
    Array.from({ length: 5 }, async () =>
      rig.api.send(undefined, 'POST', '/api/v1/invitations/accept', {
        body: { token, name: 'Once', password: 'long enough, this' },
      }),
    ),
  )
  const statuses = replies.map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(1)
  expect(statuses.every((status) => [201, 404, 409].includes(status))).toBe(true)
  expect(await rig.db.owner.query('SELECT FROM members')).toMatchObject({ rowCount: 1 })
})

test('who has an account accepts as who it is, and only what was sent to its own address', async () => {
  await using rig = await setUp()
  const key = await rig.api.key({ tenantId: rig.own })
  const known = await givePerson(rig.db.owner, { email: 'known@example.org' })
  const thief = await givePerson(rig.db.owner)
  const made = await rig.api.send(key, 'POST', '/api/v1/invitations', {
    body: { email: 'known@example.org', role: 'admin' },
  })
  const { token } = made.body as { readonly token: string }
  const body = { token, name: 'Thief', password: 'long enough, this' }
  expect(
    await rig.api.send(undefined, 'POST', '/api/v1/invitations/accept', { body }),
  ).toMatchObject({ status: 409 })
  const accept = async (person: GivenPerson) =>
    rig.api.send(undefined, 'POST', '/api/v1/me/invitations', { ...by(person), body: { token } })
  expect(await accept(thief)).toMatchObject({ status: 404 })
  expect(await accept(known)).toMatchObject({ status: 200, body: { role: 'admin' } })
  expect(await accept(known)).toMatchObject({ status: 404 })
})

test('with an e-mail integration the link goes to the address, and is shown to nobody', async () => {
  await using rig = await setUp()
  const { rows } = await rig.db.owner.query<{ id: string }>(
    `SELECT tenant_id AS id FROM tenants WHERE slug = 'default'`,
  )
  const home = rows[0]?.id ?? ''
  const integration = await given(rig.db.owner).integration(home, {
    connector: 'smtp',
    channel: 'email',
  })
  await rig.db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [integration])
  const key = await rig.api.key({ tenantId: rig.own })
  const reply = await rig.api.send(key, 'POST', '/api/v1/invitations', {
    body: { email: 'mail@example.org' },
  })
  expect(reply).toMatchObject({ status: 201, body: { mailed: true, link: null, token: null } })
  const { rows: sent } = await rig.db.owner.query<{ text: string; data: string; to: string }>(
    `SELECT p.body->'content'->>'text' AS text, e.data::text AS data, d.recipient AS to
       FROM deliveries d JOIN plans p ON p.id = d.plan_id JOIN events e ON e.id = d.event_id`,
  )
  expect(sent).toMatchObject([{ to: 'mail@example.org' }])
  const token = /https:\/\/notify\.example\.org\/invitation#token=([\w-]+)/.exec(
    sent[0]?.text ?? '',
  )?.[1]
  // Whoever may read events must not get in by what they read.
  expect(sent[0]?.data).not.toContain(token ?? '')
  const accepted = await rig.api.send(undefined, 'POST', '/api/v1/invitations/accept', {
    body: { token, name: 'Mail', password: 'long enough, this' },
  })
  expect(accepted).toMatchObject({ status: 201 })
  const { rows: users } = await rig.db.owner.query('SELECT email_verified FROM auth_users')
  expect(users).toEqual([{ email_verified: true }])
})

test('without one, mail that is asked for is refused', async () => {
  await using rig = await setUp()
  const key = await rig.api.key({ tenantId: rig.own })
  const body = { email: 'mail@example.org', deliver: 'mail' }
  expect(await rig.api.send(key, 'POST', '/api/v1/invitations', { body })).toMatchObject({
    status: 409,
  })
  expect(await rig.db.owner.query('SELECT FROM invitations')).toMatchObject({ rowCount: 0 })
})

test('a platform admin makes, finds, disables and deletes persons, but not itself', async () => {
  await using rig = await setUp()
  const admin = await givePerson(rig.db.owner, { email: 'root@example.org', platformAdmin: true })
  const send = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    rig.api.send(undefined, method, `/api/v1${path}`, {
      ...by(admin),
      ...(body === undefined ? {} : { body }),
    })
  const made = await send('POST', '/users', { email: 'Zoe@example.org', name: 'Zoe' })
  expect(made).toMatchObject({
    status: 201,
    body: { email: 'zoe@example.org', platformAdmin: false, emailVerified: true },
  })
  const { id } = made.body as { readonly id: string }
  expect(await send('POST', '/users', { email: 'zoe@example.org', name: 'Z' })).toMatchObject({
    status: 409,
  })
  expect((await send('GET', '/users?q=zoe')).body).toMatchObject({ items: [{ id }] })
  expect((await send('GET', '/users?platformAdmin=true')).body).toMatchObject({
    items: [{ email: 'root@example.org' }],
  })
  expect(await send('PATCH', `/users/${id}`, { disabled: true, name: 'Zoë' })).toMatchObject({
    status: 200,
    body: { state: 'disabled', name: 'Zoë' },
  })
  expect((await send('GET', '/users?state=active')).body).toMatchObject({
    items: [{ email: 'root@example.org' }],
  })
  const self = `/users/${printId('user', asId('user', admin.id))}`
  expect(await send('PATCH', self, { platformAdmin: false })).toMatchObject({ status: 409 })
  expect(await send('PATCH', self, { disabled: true })).toMatchObject({ status: 409 })
  expect(await send('DELETE', self)).toMatchObject({ status: 409 })
  expect(await send('DELETE', `/users/${id}`)).toMatchObject({ status: 204 })
  expect(await send('GET', `/users/${id}`)).toMatchObject({ status: 404 })
})

test('one ends own sessions, and those of nobody else', async () => {
  await using rig = await setUp()
  const [one, other] = [await givePerson(rig.db.owner), await givePerson(rig.db.owner)]
  const end = async (person: GivenPerson, sessionId: string) =>
    rig.api.send(
      undefined,
      'DELETE',
      `/api/v1/me/sessions/${printId('session', asId('session', sessionId))}`,
      by(person),
    )
  expect(await end(one, other.sessionId)).toMatchObject({ status: 404 })
  expect(await end(one, one.sessionId)).toMatchObject({ status: 204 })
  const { rows } = await rig.db.owner.query('SELECT id FROM auth_sessions')
  expect(rows).toEqual([{ id: other.sessionId }])
})

test('name and language are one’s own to change; address and rights are not', async () => {
  await using rig = await setUp()
  const person = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'member' } })
  const patch = async (body: object) =>
    rig.api.send(undefined, 'PATCH', '/api/v1/me', { ...by(person), body })
  expect(await patch({ name: 'Anna', language: 'it' })).toMatchObject({
    status: 200,
    body: { name: 'Anna', language: 'it', tenant: 'own' },
  })
  for (const body of [{ email: 'x@example.org' }, { platformAdmin: true }, { language: 'xx' }]) {
    expect(await patch(body)).toMatchObject({ status: 400 })
  }
})

test('a person acts in the tenant named, in the first one otherwise, and in none that is not theirs', async () => {
  await using rig = await setUp()
  const { own, other } = rig
  const person = await givePerson(rig.db.owner, { memberships: { [own]: 'member' } })
  const me = async (headers: Readonly<Record<string, string>> = {}) =>
    rig.api.send(undefined, 'GET', '/api/v1/me', by(person, headers))
  expect((await me()).body).toMatchObject({ tenant: 'own', scopes: ['subscriptions:read'] })
  expect(await me({ 'carillon-tenant': 'other' })).toMatchObject({ status: 404 })
  await rig.db.owner.query(
    `INSERT INTO members (tenant_id, id, user_id, role) VALUES ($1, 'ffffffff-0000-7000-8000-000000000000', $2, 'admin')`,
    [other, person.id],
  )
  await eventually(async () =>
    expect((await me({ 'carillon-tenant': 'other' })).body).toMatchObject({
      tenant: 'other',
      scopes: ['*'],
    }),
  )
  expect((await me()).body).toMatchObject({ tenant: 'own' })
  const loner = await givePerson(rig.db.owner)
  const alone = await rig.api.send(undefined, 'GET', '/api/v1/me', by(loner))
  expect(alone.body).toMatchObject({ tenant: null, scopes: [], memberships: [] })
  expect(await rig.api.send(undefined, 'GET', '/api/v1/members', by(loner))).toMatchObject({
    status: 403,
  })
})
