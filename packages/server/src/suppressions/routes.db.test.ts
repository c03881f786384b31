/** The suppression list over real routes, roles and rows. */
import { connectors } from '@carillon/connectors/registry.gen'
import { authenticateAs, givenCaller } from '@carillon/testkit/as-caller'
import { given } from '@carillon/testkit/given'
import { testApi, type TestReply } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { describe, expect, test } from 'vitest'
import { recordSuppressions } from './record-suppressions.ts'
import { addSuppressionRoutes } from './routes.ts'

type Json = Readonly<Record<string, unknown>>
const itemsOf = (reply: TestReply): readonly Json[] =>
  (reply.body as { readonly items: readonly Json[] }).items
const idOf = (reply: TestReply): string => String((reply.body as Json)['id'])

const setUp = async () => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant('acme')
  const elsewhere = await given(db.owner).tenant('else')
  const callers = {
    admin: givenCaller({ tenantId, actor: 'usr_admin', role: 'admin' }),
    member: givenCaller({ tenantId, actor: 'usr_member', role: 'member' }),
    reader: givenCaller({ tenantId, actor: 'key_r', role: 'key', scopes: ['suppressions:read'] }),
    stranger: givenCaller({ tenantId: elsewhere, actor: 'usr_stranger', role: 'admin' }),
  }
  const api = await testApi(
    db,
    (server) => addSuppressionRoutes(server, { pool: db.app, connectors }),
    { authenticate: authenticateAs(callers) },
  )
  const as =
    (caller: keyof typeof callers) =>
    async (
      method: 'GET' | 'POST' | 'DELETE',
      path: string,
      body?: object,
      headers: Record<string, string> = {},
    ): Promise<TestReply> =>
      await api.send(undefined, method, `/api/v1/suppressions${path}`, {
        headers: { 'x-caller': caller, ...headers },
        ...(body === undefined ? {} : { body }),
      })
  /** A body or an answer that is CSV. */
  const csv = async (method: 'GET' | 'POST', path: string, payload?: string) =>
    await api.server.inject({
      method,
      url: `/api/v1/suppressions${path}`,
      headers: {
        'x-caller': 'admin',
        ...(payload === undefined ? {} : { 'content-type': 'text/csv' }),
      },
      ...(payload === undefined ? {} : { payload }),
    })
  return {
    db,
    tenantId,
    as,
    send: as('admin'),
    csv,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

const anna = { channel: 'email', address: ' Anna@Bücher.example' }
const annaKey = 'anna@xn--bcher-kva.example'

describe('one address', () => {
  test('is put there once, in the one spelling, by whom it was', async () => {
    await using s = await setUp()
    const made = await s.send('POST', '', { ...anna, note: 'asked by phone' })
    expect(made).toMatchObject({
      status: 201,
      body: {
        address: annaKey,
        scope: 'all',
        reason: 'manual',
        note: 'asked by phone',
        createdBy: 'usr_admin',
        expiresAt: null,
        active: true,
      },
    })
    const again = await s.send('POST', '', { ...anna, note: 'another' })
    expect(again).toMatchObject({ status: 200, body: { ...(made.body as Json) } })
    const scoped = await s.send('POST', '', { ...anna, scope: 'subscription:News' })
    expect(scoped.status).toBe(201)
    expect(itemsOf(await s.send('GET', ''))).toHaveLength(2)
  })

  test('lifting one reason says which others stay, that nothing is re-sent, and is on record', async () => {
    await using s = await setUp()
    const one = await s.send('POST', '', anna)
    await s.send('POST', '', { ...anna, reason: 'complained' })
    const lifted = await s.send('DELETE', `/${idOf(one)}`)
    expect(lifted).toMatchObject({
      status: 200,
      body: { lifted: { reason: 'manual' }, remaining: [{ reason: 'complained' }] },
    })
    expect(String((lifted.body as Json)['detail'])).toContain('Nothing is sent again by itself')
    expect(await s.send('DELETE', `/${idOf(one)}`)).toMatchObject({ status: 404 })
    const { rows } = await s.db.owner.query(
      `SELECT actor, action FROM audit_log WHERE kind = 'suppression' ORDER BY seq DESC LIMIT 1`,
    )
    expect(rows).toEqual([{ actor: 'usr_admin', action: 'suppression.deleted' }])
  })

  test.each([
    [{ channel: 'email', address: 'anna' }, '/address'],
    [{ channel: 'sms', address: '12' }, '/address'],
    [{ channel: 'pigeon', address: 'x' }, '/channel'],
    [{ channel: 'email', address: 'a@b.example', scope: 'some' }, '/scope'],
    [{ channel: 'email', address: 'a@b.example', reason: 'mood' }, '/reason'],
    [{ channel: 'email', address: 'a@b.example', expiresAt: 'soon' }, '/expiresAt'],
  ])('%j is refused at %s', async (body, pointer) => {
    await using s = await setUp()
    const reply = await s.send('POST', '', body)
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ pointer }] } })
  })
})

test('who may read may not write, a member neither, and another tenant sees nothing', async () => {
  await using s = await setUp()
  const made = await s.send('POST', '', anna)
  const path = `/${idOf(made)}`
  expect((await s.as('reader')('GET', '')).status).toBe(200)
  expect((await s.as('reader')('POST', '', anna)).status).toBe(403)
  expect((await s.as('reader')('DELETE', path)).status).toBe(403)
  expect((await s.as('member')('GET', '')).status).toBe(403)
  expect(itemsOf(await s.as('stranger')('GET', ''))).toEqual([])
  expect((await s.as('stranger')('GET', path)).status).toBe(404)
  expect((await s.as('stranger')('DELETE', path)).status).toBe(404)
})

test('the list: filters in any spelling, pages, and what has ended only when asked for', async () => {
  await using s = await setUp()
  for (const n of [1, 2, 3, 4, 5])
    await s.send('POST', '', { channel: 'email', address: `u${n}@example.org` })
  await s.send('POST', '', { channel: 'sms', address: '+393331234567', reason: 'blocked' })
  const ended = { channel: 'email', address: 'e@example.org', expiresAt: '2020-01-01T00:00:00Z' }
  await s.send('POST', '', ended)

  const first = await s.send('GET', '?limit=4')
  const cursor = String((first.body as Json)['nextCursor'])
  const second = await s.send('GET', `?limit=4&cursor=${cursor}`)
  const addresses = [...itemsOf(first), ...itemsOf(second)].map((item) => item['address'])
  expect(addresses).toEqual(['+393331234567', ...[5, 4, 3, 2, 1].map((n) => `u${n}@example.org`)])
  const found = async (query: string) =>
    itemsOf(await s.send('GET', query)).map((item) => item['address'])
  expect(await found('?address=U3@Example.ORG')).toEqual(['u3@example.org'])
  expect(await found('?address=0039%20333%20123%2045%2067')).toEqual(['+393331234567'])
  expect(await found('?channel=sms')).toEqual(['+393331234567'])
  expect(await found('?reason=blocked')).toEqual(['+393331234567'])
  expect(await found('?active=false')).toEqual(['e@example.org'])
  expect(await found('?since=2100-01-01T00:00:00Z')).toEqual([])
  expect((await s.send('GET', '?cursor=x')).status).toBe(400)
})

test('a check says of each address, in its order, what stops it', async () => {
  await using s = await setUp()
  await s.send('POST', '', anna)
  await s.send('POST', '', { channel: 'email', address: 'b@example.org', scope: 'campaigns' })
  const addresses = ['B@example.org', 'c@example.org', 'ANNA@bücher.example', 'no address']
  const reply = await s.as('reader')('POST', '/check', { channel: 'email', addresses })
  expect(itemsOf(reply)).toMatchObject([
    { address: 'B@example.org', suppressed: false, suppressions: [{ scope: 'campaigns' }] },
    { address: 'c@example.org', suppressed: false, suppressions: [] },
    { address: 'ANNA@bücher.example', suppressed: true, suppressions: [{ scope: 'all' }] },
    { address: 'no address', suppressed: false, suppressions: [] },
  ])
})

describe('an import', () => {
  test('keeps what is right and says of every row what became of it', async () => {
    await using s = await setUp()
    await s.send('POST', '', { channel: 'email', address: 'old@example.org' })
    const reply = await s.send('POST', '/import', [
      { channel: 'email', address: 'New@example.org', reason: 'complained' },
      { channel: 'email', address: 'old@example.org' },
      { channel: 'email', address: 'nothing' },
      { channel: 'email', address: 'new@EXAMPLE.org', reason: 'complained' },
      { address: 'x@example.org' },
      7,
    ])
    expect(reply).toMatchObject({ status: 200, body: { created: 1, existing: 2, refused: 3 } })
    const rows = (reply.body as { rows: readonly Json[] }).rows
    expect(rows.map((row) => row['status'])).toEqual([
      'created',
      'existing',
      'refused',
      'existing',
      'refused',
      'refused',
    ])
    expect(rows[2]).toMatchObject({ index: 2, errors: [{ pointer: '/2/address' }] })
  })

  test('takes CSV with the same report, and what an export has written', async () => {
    await using s = await setUp()
    const file =
      '\uFEFFchannel;address;reason;note\r\nemail;a@example.org;unsubscribed;"=1+1; ""x"""\r\nsms;\'+393331234567;;\r\nemail;bad;;\r\n'
    const reply = await s.csv('POST', '/import', file)
    expect(JSON.parse(reply.body)).toMatchObject({ created: 2, refused: 1 })
    const exported = await s.csv('GET', '/export')
    expect(exported.headers['content-type']).toContain('text/csv')
    expect(exported.body).toContain('"\'=1+1; ""x"""')
    expect(exported.body).toContain("'+393331234567")
    await s.db.owner.query('DELETE FROM suppressions')
    expect(JSON.parse((await s.csv('POST', '/import', exported.body)).body)).toMatchObject({
      created: 2,
      refused: 0,
    })
    const [mail] = itemsOf(await s.send('GET', '?channel=email'))
    expect(mail).toMatchObject({ reason: 'unsubscribed', note: '=1+1; "x"' })
  })

  test.each([
    ['a file without the columns', 'mail\r\na@example.org\r\n'],
    ['a column that nobody knows', 'channel,address,colour\r\nemail,a@example.org,red\r\n'],
    ['no rows', 'channel,address\r\n'],
    ['an empty file', ''],
    ['an open quote', 'channel,address\r\nemail,"a@example.org\r\n'],
    ['too many rows', `channel,address\r\n${'email,a@example.org\r\n'.repeat(1_001)}`],
  ])('%s is refused', async (_what, file) => {
    await using s = await setUp()
    expect((await s.csv('POST', '/import', file)).statusCode).toBe(400)
    expect(itemsOf(await s.send('GET', ''))).toEqual([])
  })
})

test('an export has every entry once, however many there are', async () => {
  await using s = await setUp()
  const client = await s.db.engine.connect()
  const entries = Array.from({ length: 2_500 }, (_, n) => ({
    tenantId: s.tenantId,
    channel: 'email',
    address: `u${n}@example.org`,
    reason: 'invalid' as const,
  }))
  await recordSuppressions(client, entries)
  client.release()
  const lines = (await s.csv('GET', '/export?reason=invalid')).body.trim().split('\r\n').slice(1)
  expect(new Set(lines.map((line) => line.split(',')[1])).size).toBe(2_500)
  expect(lines).toHaveLength(2_500)
})
