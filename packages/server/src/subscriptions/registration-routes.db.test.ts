import { describe, expect, test } from 'vitest'
import { asId, printId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import type { TestReply } from '@carillon/testkit/test-api'
import type { RegistrationView } from './registration-schema.ts'
import { subscriptionsRig, type SubscriptionsRig } from '@carillon/testkit/subscriptions-rig'

const rigWith = async (...ids: readonly string[]): Promise<SubscriptionsRig> => {
  const s = await subscriptionsRig()
  for (const subscriptionId of ids) {
    await s.as('platform', 'POST', '/subscriptions', { subscriptionId })
  }
  return s
}
const viewOf = ({ body }: TestReply): RegistrationView => body as RegistrationView
const itemsOf = ({ body }: TestReply): readonly RegistrationView[] =>
  (body as { items: readonly RegistrationView[] }).items
const pointersOf = ({ body }: TestReply): readonly string[] =>
  ((body as { errors?: readonly { pointer: string }[] }).errors ?? []).map(({ pointer }) => pointer)
const withoutInstance = ({ status, body }: TestReply) => {
  const { instance: _own, ...problem } = body as Record<string, unknown>
  return { status, ...problem }
}
const mail = (name: string) => ({ channel: 'email', channelConfig: `${name}@x.example` })

/** Characters of four bytes each that compress badly. */
const incompressible = (length: number, from: number): string =>
  Array.from({ length }, (_, at) => String.fromCodePoint(from + ((at * 7_919) % 400))).join('')

describe('subscribe', () => {
  test('a member registers itself, with several channels, each once', async () => {
    await using s = await rigWith('A')
    const first = await s.as('anna', 'POST', '/subscriptions/A/subscribe', {
      channel: 'email',
      channelConfig: ' anna@X.example ',
      language: 'it',
    })
    expect(first).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^reg_/) as unknown,
        subscriptionId: 'A',
        userId: 'usr_anna',
        channel: 'email',
        channelConfig: 'anna@x.example',
        enabled: true,
        language: 'it',
      },
    })
    const again = await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('anna'))
    expect(again).toMatchObject({ status: 200, body: first.body as object })
    const chat = { channel: 'telegram', channelConfig: '@anna_r' }
    expect((await s.as('anna', 'POST', '/subscriptions/A/subscribe', chat)).status).toBe(201)
    expect(itemsOf(await s.as('anna', 'GET', '/registrations'))).toHaveLength(2)
  })

  test('again after it was switched off: the same one, switched on', async () => {
    await using s = await rigWith('A')
    const { id } = viewOf(await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('a')))
    await s.as('anna', 'PATCH', `/registrations/${id}`, { enabled: false })
    const again = await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('a'))
    expect(again).toMatchObject({ status: 200, body: { id, enabled: true } })
  })

  test('capitals make no other address: the registration that is there is the answer', async () => {
    await using s = await rigWith('A')
    const at = (channelConfig: string) => ({ channel: 'email', channelConfig })
    const subscribe = async (address: string) =>
      await s.as('anna', 'POST', '/subscriptions/A/subscribe', at(address))
    const { id } = viewOf(await subscribe('anna@example.org'))
    expect(await subscribe('Anna@Example.ORG')).toMatchObject({
      status: 200,
      body: { id, channelConfig: 'anna@example.org' },
    })
    const other = viewOf(await subscribe('other@example.org'))
    const change = (of: string, address: string) =>
      s.as('anna', 'PATCH', `/registrations/${of}`, at(address))
    expect((await change(other.id, 'ANNA@example.org')).status).toBe(409)
    expect(await change(id, 'Anna@example.org')).toMatchObject({
      status: 200,
      body: { id, channelConfig: 'Anna@example.org' },
    })
    const path = '/subscriptions/A/unsubscribe?channel=email&channelConfig=aNNa%40example.org'
    expect((await s.as('anna', 'DELETE', path)).body).toEqual({ removed: 1 })
  })

  test('what was registered twice before stays, and its oldest that is left is the one', async () => {
    await using s = await rigWith('A')
    const subscribe = async () =>
      await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('anna'))
    const first = viewOf(await subscribe())
    const { rows } = await s.db.owner.query<{ id: string }>(
      `INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address, twin)
       SELECT tenant_id, gen_random_uuid(), subscription, user_id, channel, upper(address), 1 FROM registrations RETURNING id`,
    )
    expect(viewOf(await subscribe()).id).toBe(first.id)
    expect((await s.as('anna', 'DELETE', `/registrations/${first.id}`)).status).toBe(204)
    expect(await subscribe()).toMatchObject({
      status: 200,
      body: { id: printId('registration', asId('registration', rows[0]?.id ?? '')) },
    })
  })

  test('twenty at once are one row, and one of them is the new one', async () => {
    await using s = await rigWith('A')
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('anna')),
      ),
    )
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(19)
    expect(new Set(replies.map((reply) => viewOf(reply).id)).size).toBe(1)
    expect((await s.db.owner.query('SELECT FROM registrations')).rowCount).toBe(1)
  })

  test('an Idempotency-Key repeats the answer, its status too', async () => {
    await using s = await rigWith('A')
    const send = () =>
      s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('a'), { 'idempotency-key': 'k' })
    const first = await send()
    expect(await send()).toMatchObject({ status: 201, body: first.body as object })
  })

  test('members register nobody else; admins and keys register anybody, their own ids too', async () => {
    await using s = await rigWith('A')
    const subscribe = (caller: 'anna' | 'admin' | 'key' | 'reader', userId?: string) =>
      s.as(caller, 'POST', '/subscriptions/A/subscribe', { ...mail('x'), userId })
    expect(await subscribe('anna', 'usr_bruno')).toMatchObject({ status: 403 })
    expect((await subscribe('anna', 'usr_anna')).status).toBe(201)
    expect(viewOf(await subscribe('admin', 'usr_bruno')).userId).toBe('usr_bruno')
    expect(viewOf(await subscribe('admin')).userId).toBe('usr_admin')
    expect(viewOf(await subscribe('key', 'customer 42/ö')).userId).toBe('customer 42/ö')
    expect(viewOf(await subscribe('key')).userId).toBe('key_app')
    expect((await subscribe('reader')).status).toBe(403)
  })

  test('the longest user and the longest address fit into the indexes', async () => {
    await using s = await rigWith('A')
    const tenantId = s.tenantId
    const { rows } = await s.db.owner.query(
      `INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address)
       SELECT tenant_id, gen_random_uuid(), id, $2, 'email', $3 FROM subscriptions WHERE tenant_id = $1 RETURNING 1`,
      [tenantId, incompressible(200, 0x1f300), incompressible(375, 0x1f300)],
    )
    expect(rows).toHaveLength(1)
  })

  test('also for one that is switched off and for a system one; not for one that is missing or foreign', async () => {
    await using s = await rigWith('A')
    await s.as('platform', 'POST', '/subscriptions', {
      subscriptionId: 'Sys',
      isSystem: true,
      enabled: false,
    })
    expect((await s.as('anna', 'POST', '/subscriptions/Sys/subscribe', mail('a'))).status).toBe(201)
    const missing = await s.as('anna', 'POST', '/subscriptions/Missing/subscribe', mail('a'))
    const foreign = await s.as('stranger', 'POST', '/subscriptions/A/subscribe', mail('a'))
    expect(missing.status).toBe(404)
    expect(withoutInstance(foreign)).toEqual(withoutInstance(missing))
  })

  test('a member has fifty addresses at most for a subscription; an application as many as it likes', async () => {
    await using s = await rigWith('A')
    const rows = Array.from({ length: 50 }, (_, n) => ({ userId: 'usr_anna', ...mail(`a${n}`) }))
    await s.as('key', 'POST', '/subscriptions/A/registrations/import', rows)
    const path = '/subscriptions/A/subscribe'
    expect(await s.as('anna', 'POST', path, mail('more'))).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
    expect((await s.as('anna', 'POST', path, mail('a1'))).status).toBe(200)
    const byKey = { userId: 'usr_anna', ...mail('more') }
    expect((await s.as('key', 'POST', path, byKey)).status).toBe(201)
    expect((await s.db.owner.query('SELECT FROM registrations')).rowCount).toBe(51)
  })

  test('what is wrong is refused, with a pointer', async () => {
    await using s = await rigWith('A')
    const refused = [
      [{ channelConfig: 'a@x.example' }, '/channel'],
      [{ channel: 'email' }, '/channelConfig'],
      [{ channel: 'email', channelConfig: 'nobody' }, '/channelConfig'],
      [{ channel: 'emial', channelConfig: 'a@x.example' }, '/channel'],
      [{ channel: 'whatsapp', channelConfig: '333 1234567' }, '/channelConfig'],
      [{ channel: 'whatsapp', channelConfig: '333 1234567', country: 'it' }, '/country'],
      [{ ...mail('a'), language: 'Italian language' }, '/language'],
      [{ ...mail('a'), userId: '' }, '/userId'],
      [{ ...mail('a'), userId: 'a\nb' }, '/userId'],
      [{ ...mail('a'), userId: 'u'.repeat(201) }, '/userId'],
      [{ ...mail('a'), enabled: true }, '/enabled'],
    ] as const
    for (const [body, pointer] of refused) {
      const reply = await s.as('admin', 'POST', '/subscriptions/A/subscribe', body)
      const pointers = [...new Set(pointersOf(reply))]
      expect([body, reply.status, pointers]).toEqual([body, 400, [pointer]])
    }
  })
})

describe('unsubscribe', () => {
  const arrange = async (): Promise<SubscriptionsRig> => {
    const s = await rigWith('A', 'B')
    for (const caller of ['anna', 'bruno'] as const) {
      await s.as(caller, 'POST', '/subscriptions/A/subscribe', mail('one'))
      await s.as(caller, 'POST', '/subscriptions/A/subscribe', mail('two'))
      const chat = { channel: 'telegram', channelConfig: '42' }
      await s.as(caller, 'POST', '/subscriptions/A/subscribe', chat)
      await s.as(caller, 'POST', '/subscriptions/B/subscribe', chat)
    }
    return s
  }

  test.each([
    ['', 3],
    ['?channel=email', 2],
    ['?channel=email&channelConfig=one%40X.EXAMPLE', 1],
    ['?channel=email&channelConfig=not%20one', 0],
    ['?channel=nonsense', 0],
  ])('%s removes %d of the own ones, and none of others', async (query, removed) => {
    await using s = await arrange()
    const path = `/subscriptions/A/unsubscribe${query}`
    expect(await s.as('anna', 'DELETE', path)).toMatchObject({ status: 200, body: { removed } })
    expect((await s.as('anna', 'DELETE', path)).body).toEqual({ removed: 0 })
    expect(itemsOf(await s.as('anna', 'GET', '/registrations'))).toHaveLength(4 - removed)
    expect(itemsOf(await s.as('bruno', 'GET', '/registrations'))).toHaveLength(4)
  })

  test('the fields may stand in the body; others are removed by admins and keys only', async () => {
    await using s = await arrange()
    const path = '/subscriptions/A/unsubscribe'
    const bruno = { userId: 'usr_bruno', channel: 'email' }
    expect((await s.as('anna', 'DELETE', path, bruno)).status).toBe(403)
    expect((await s.as('anna', 'DELETE', `${path}?userId=usr_bruno`)).status).toBe(403)
    expect((await s.as('reader', 'DELETE', path)).status).toBe(403)
    expect((await s.as('key', 'DELETE', path, bruno)).body).toEqual({ removed: 2 })
    expect((await s.as('admin', 'DELETE', `${path}?userId=usr_bruno`)).body).toEqual({ removed: 1 })
  })

  test('an address wants its channel; unknown fields and a missing subscription are refused', async () => {
    await using s = await arrange()
    const lacking = await s.as('anna', 'DELETE', '/subscriptions/A/unsubscribe?channelConfig=x')
    expect([lacking.status, pointersOf(lacking)]).toEqual([400, ['/channel']])
    expect((await s.as('anna', 'DELETE', '/subscriptions/A/unsubscribe?x=1')).status).toBe(400)
    expect((await s.as('anna', 'DELETE', '/subscriptions/Missing/unsubscribe')).status).toBe(404)
    expect((await s.as('stranger', 'DELETE', '/subscriptions/A/unsubscribe')).status).toBe(404)
  })
})

describe('lists', () => {
  test("of a subscription: all users', page by page and by filters, for who has the scope", async () => {
    await using s = await rigWith('A', 'B')
    for (const userId of ['u1', 'u2', 'u3']) {
      await s.as('key', 'POST', '/subscriptions/A/subscribe', { ...mail(userId), userId })
    }
    const chat = { channel: 'telegram', channelConfig: '42', userId: 'u1' }
    const { id } = viewOf(await s.as('key', 'POST', '/subscriptions/A/subscribe', chat))
    await s.as('key', 'PATCH', `/registrations/${id}`, { enabled: false })
    await s.as('key', 'POST', '/subscriptions/B/subscribe', chat)
    const path = '/subscriptions/A/registrations'
    const usersOf = async (query: string) =>
      itemsOf(await s.as('admin', 'GET', `${path}${query}`)).map(({ userId }) => userId)
    const first = await s.as('admin', 'GET', `${path}?limit=3`)
    expect(itemsOf(first).map(({ userId }) => userId)).toEqual(['u1', 'u2', 'u3'])
    const { nextCursor } = first.body as { nextCursor: string }
    expect(await usersOf(`?limit=3&cursor=${nextCursor}`)).toEqual(['u1'])
    expect(await usersOf('?channel=telegram')).toEqual(['u1'])
    expect(await usersOf('?enabled=true')).toEqual(['u1', 'u2', 'u3'])
    expect(await usersOf('?userId=u1')).toEqual(['u1', 'u1'])
    expect(await usersOf('?userId=u1&enabled=false')).toEqual(['u1'])
    for (const caller of ['anna', 'reader'] as const) {
      expect((await s.as(caller, 'GET', path)).status).toBe(403)
    }
    expect((await s.as('stranger', 'GET', path)).status).toBe(404)
    expect((await s.as('admin', 'GET', '/subscriptions/Missing/registrations')).status).toBe(404)
    expect((await s.as('admin', 'GET', `${path}?cursor=x`)).status).toBe(400)
  })

  test("of a user: one's own; anybody's for who has the scope", async () => {
    await using s = await rigWith('A', 'B')
    for (const id of ['A', 'B']) {
      await s.as('anna', 'POST', `/subscriptions/${id}/subscribe`, mail('anna'))
      await s.as('bruno', 'POST', `/subscriptions/${id}/subscribe`, mail('bruno'))
    }
    const list = async (caller: 'anna' | 'admin' | 'reader', query = '') =>
      await s.as(caller, 'GET', `/registrations${query}`)
    const users = itemsOf(await list('anna')).map((item) => [item.userId, item.subscriptionId])
    expect(users).toEqual([
      ['usr_anna', 'A'],
      ['usr_anna', 'B'],
    ])
    expect(itemsOf(await list('anna', '?subscriptionId=B'))).toHaveLength(1)
    expect(itemsOf(await list('anna', '?limit=1'))).toHaveLength(1)
    expect((await list('anna', '?subscriptionId=Missing')).status).toBe(404)
    expect((await list('anna', '?userId=usr_bruno')).status).toBe(403)
    expect((await list('reader')).status).toBe(403)
    expect(itemsOf(await list('admin'))).toEqual([])
    expect(itemsOf(await list('admin', '?userId=usr_bruno'))).toHaveLength(2)
    expect(itemsOf(await s.as('stranger', 'GET', '/registrations?userId=usr_bruno'))).toEqual([])
  })
})

describe('one registration', () => {
  test('its owner and who has the scope read, change and delete it', async () => {
    await using s = await rigWith('A')
    const made = viewOf(await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('anna')))
    const path = `/registrations/${made.id}`
    for (const caller of ['anna', 'admin', 'key'] as const) {
      expect((await s.as(caller, 'GET', path)).body).toEqual(made)
    }
    const off = await s.as('anna', 'PATCH', path, { enabled: false, language: 'it' })
    expect(off).toMatchObject({ status: 200, body: { enabled: false, language: 'it' } })
    const moved = await s.as('admin', 'PATCH', path, { channelConfig: 'New@X.example' })
    expect(moved.body).toMatchObject({ channelConfig: 'New@x.example', enabled: false })
    const put = await s.as('anna', 'PUT', path, { channel: 'telegram', channelConfig: '42' })
    expect(put.body).toMatchObject({ channel: 'telegram', enabled: true, language: null })
    expect((await s.as('anna', 'PUT', path, { enabled: false })).body).toMatchObject({
      channel: 'telegram',
      channelConfig: '42',
      enabled: false,
    })
    expect((await s.as('anna', 'DELETE', path)).status).toBe(204)
    expect((await s.as('anna', 'DELETE', path)).status).toBe(404)
  })

  test("another member's, another tenant's, a missing and a malformed one look the same", async () => {
    await using s = await rigWith('A')
    const { id } = viewOf(await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('anna')))
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { enabled: false }],
      ['PATCH', { enabled: false }],
      ['DELETE', undefined],
    ] as const) {
      const missing = await s.as(
        'bruno',
        method,
        '/registrations/reg_00000000000000000000000000',
        body,
      )
      expect(missing.status).toBe(404)
      for (const [caller, path] of [
        ['bruno', `/registrations/${id}`],
        ['stranger', `/registrations/${id}`],
        ['bruno', '/registrations/x'],
      ] as const) {
        expect(withoutInstance(await s.as(caller, method, path, body))).toEqual(
          withoutInstance(missing),
        )
      }
    }
    expect((await s.as('anna', 'GET', `/registrations/${id}`)).status).toBe(200)
    expect((await s.as('reader', 'GET', `/registrations/${id}`)).status).toBe(403)
  })

  test('what does not fit is refused: an address of another channel, one that the user has, whose it is', async () => {
    await using s = await rigWith('A')
    await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('one'))
    const { id } = viewOf(await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('two')))
    const change = async (body: object) => await s.as('anna', 'PATCH', `/registrations/${id}`, body)
    const wrongChannel = await change({ channel: 'telegram' })
    expect([wrongChannel.status, pointersOf(wrongChannel)]).toEqual([400, ['/channelConfig']])
    expect(await change(mail('one'))).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((await change({ userId: 'usr_bruno' })).status).toBe(400)
    expect((await change({ subscriptionId: 'B' })).status).toBe(400)
    expect((await change({})).status).toBe(400)
    expect((await change({ language: 'it' })).status).toBe(200)
  })

  test('switching off works for an address that its channel would not take any more', async () => {
    await using s = await rigWith('A')
    const { id } = viewOf(await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('a')))
    await s.db.owner.query(`UPDATE registrations SET channel = 'pigeon', address = 'loft 3'`)
    const reply = await s.as('anna', 'PATCH', `/registrations/${id}`, { enabled: false })
    expect(reply).toMatchObject({ status: 200, body: { enabled: false, channelConfig: 'loft 3' } })
    const path = '/subscriptions/A/unsubscribe?channel=pigeon&channelConfig=loft%203'
    expect((await s.as('anna', 'DELETE', path)).body).toEqual({ removed: 1 })
  })
})

test("the tenant's own integration decides how an address is written", async () => {
  await using s = await rigWith('A')
  const id = await given(s.db.owner).integration(s.tenantId, {
    connector: 'smtp',
    channel: 'email',
  })
  await s.db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [id])
  const reply = await s.as('anna', 'POST', '/subscriptions/A/subscribe', mail('anna'))
  expect(reply.status).toBe(201)
})

test('every route of subscriptions and registrations counts against the limit of requests', async () => {
  await using s = await subscriptionsRig()
  expect(s.limits.size).toBeGreaterThan(14)
  expect([...s.limits].filter(([, limit]) => limit !== 'subscriptions')).toEqual([])
})
