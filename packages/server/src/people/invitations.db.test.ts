import { expect, test } from 'vitest'
import { given } from '@carillon/testkit/given'
import { givePerson, type GivenPerson } from '@carillon/testkit/given-people'
import { startPeopleApi } from '@carillon/testkit/people-api'
import { createLimitAttempts } from '../access/sign-in/limit-attempts.ts'

const by = ({ headers }: GivenPerson) => ({ headers })

test('an invitation is shown once, repeated without its link, replaced by the next, and dead when revoked', async () => {
  await using rig = await startPeopleApi()
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
  expect((open.body as { readonly items: unknown }).items).toEqual([])
})

test('an invitation runs out after seven days, and a new link makes it good again', async () => {
  await using rig = await startPeopleApi()
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

test('whoever asks for password resets of an address keeps nobody from being invited', async () => {
  await using rig = await startPeopleApi()
  const key = await rig.api.key({ tenantId: rig.own })
  const email = 'wanted@example.org'
  // As many as anybody may ask for without signing in.
  const limit = createLimitAttempts(rig.db.engine)
  for (const _ of [1, 2, 3]) {
    await limit.take([{ limit: 'mail by person', of: email }])
  }
  const reply = await rig.api.send(key, 'POST', '/api/v1/invitations', { body: { email } })
  expect(reply).toMatchObject({ status: 201 })
})

test('who could not invite an admin gets no new link of an invitation that makes one', async () => {
  await using rig = await startPeopleApi()
  const admin = await rig.api.key({ tenantId: rig.own })
  const clerk = await rig.api.key({ tenantId: rig.own, scopes: ['members:write'] })
  const invite = async (role: string): Promise<string> => {
    const body = { email: `${role}@example.org`, role }
    const made = await rig.api.send(admin, 'POST', '/api/v1/invitations', { body })
    return (made.body as { readonly id: string }).id
  }
  const resend = async (key: string, id: string) =>
    rig.api.send(key, 'POST', `/api/v1/invitations/${id}/resend`, { body: { deliver: 'link' } })
  const asAdmin = await invite('admin')
  expect(await resend(clerk, asAdmin)).toMatchObject({ status: 403 })
  expect(await resend(clerk, await invite('member'))).toMatchObject({ status: 200 })
  expect(await resend(admin, asAdmin)).toMatchObject({ status: 200, body: { role: 'admin' } })
})

test('one token, accepted by many at once, makes one account', async () => {
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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
  await using rig = await startPeopleApi()
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

test('who waits in an account for an address that was never proven is put out by its owner', async () => {
  await using rig = await startPeopleApi()
  const { owner } = rig.db
  const thief = await givePerson(owner, {
    email: 'owner@example.org',
    memberships: { [rig.other]: 'admin' },
  })
  await owner.query(
    `INSERT INTO auth_accounts (id, user_id, provider_id, account_id, password) VALUES (gen_random_uuid(), $1, 'credential', $1::uuid::text, 'theirs')`,
    [thief.id],
  )
  const key = await rig.api.key({ tenantId: rig.own })
  const invite = async () =>
    rig.api.send(key, 'POST', '/api/v1/invitations', { body: { email: 'owner@example.org' } })
  const accept = async (token: string) =>
    rig.api.send(undefined, 'POST', '/api/v1/invitations/accept', {
      body: { token, name: 'Owner', password: 'long enough, this' },
    })
  // A link that somebody handed over proves nothing.
  const shown = (await invite()).body as { readonly token: string }
  expect(await accept(shown.token)).toMatchObject({ status: 409 })
  await owner.query('UPDATE invitations SET mailed = true')
  expect(await accept(shown.token)).toMatchObject({ status: 201 })
  const { rows } = await owner.query(
    `SELECT u.name, u.email_verified AS proven, a.password <> 'theirs' AS own, m.role,
            (SELECT count(*)::int FROM auth_sessions) AS sessions
       FROM auth_users u JOIN auth_accounts a ON a.user_id = u.id JOIN members m ON m.user_id = u.id AND m.tenant_id = $1`,
    [rig.own],
  )
  expect(rows).toEqual([{ name: 'Owner', proven: true, own: true, role: 'member', sessions: 0 }])
  // Once proven it is nobody else's.
  const again = (await invite()).body as { readonly token?: string }
  expect(again.token).toBe(undefined)
})

test('without one, mail that is asked for is refused', async () => {
  await using rig = await startPeopleApi()
  const key = await rig.api.key({ tenantId: rig.own })
  const body = { email: 'mail@example.org', deliver: 'mail' }
  expect(await rig.api.send(key, 'POST', '/api/v1/invitations', { body })).toMatchObject({
    status: 409,
  })
  expect(await rig.db.owner.query('SELECT FROM invitations')).toMatchObject({ rowCount: 0 })
})
