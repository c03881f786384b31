import { printId, asId } from '@carillon/domain/ids'
import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import { givePerson, type GivenPerson } from '@carillon/testkit/given-people'
import { startPeopleApi, type PeopleApi } from '@carillon/testkit/people-api'

type Items = { readonly items: readonly { readonly id: string }[]; readonly nextCursor: unknown }
const by = ({ headers }: GivenPerson, more: Readonly<Record<string, string>> = {}) => ({
  headers: { ...headers, ...more },
})
const idsOf = (body: unknown): readonly string[] => (body as Items).items.map(({ id }) => id)
const memberId = async ({ db }: PeopleApi, tenantId: string, userId: string): Promise<string> => {
  const { rows } = await db.owner.query<{ id: string }>(
    'SELECT id FROM members WHERE tenant_id = $1 AND user_id = $2',
    [tenantId, userId],
  )
  return printId('member', asId('member', rows[0]?.id ?? ''))
}

test('members are listed by pages, found by name or role, and nobody else is among them', async () => {
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
  const here = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } })
  const gone = await givePerson(rig.db.owner, { memberships: { [rig.own]: 'admin' } })
  await rig.db.owner.query('UPDATE auth_users SET disabled_at = now() WHERE id = $1', [gone.id])
  const id = await memberId(rig, rig.own, here.id)
  expect(await rig.api.send(undefined, 'DELETE', `/api/v1/members/${id}`, by(here))).toMatchObject({
    status: 409,
  })
})

test('who leaves a tenant has no registrations in it any more, and keeps those elsewhere', async () => {
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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

test('a platform admin makes, finds, disables and deletes persons, but not itself', async () => {
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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
