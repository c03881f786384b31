import { describe, expect, test } from 'vitest'
import { contactsRig, type ContactsRig } from '@carillon/testkit/contacts-rig'

const example = {
  phone: '79001234567',
  email: null,
  telegramId: '@anna',
  operator: '900',
  tags: ['vip'],
  timezone: 'Europe/Rome',
}

const made = async (c: ContactsRig, body: object, path = '/contacts'): Promise<string> => {
  const reply = await c.as('admin', 'POST', path, body)
  expect([body, reply.status]).toEqual([body, 201])
  return (reply.body as { id: string }).id
}
const pointersOf = (body: unknown): readonly string[] =>
  ((body as { errors?: readonly { pointer: string }[] }).errors ?? []).map(({ pointer }) => pointer)
const idsOf = async (
  c: ContactsRig,
  query: string,
  path = '/contacts',
): Promise<readonly string[]> => {
  const { status, body } = await c.as('reader', 'GET', `${path}?${query}`)
  expect([query, status]).toEqual([query, 200])
  return (body as { items: readonly { id: string }[] }).items.map(({ id }) => id)
}

describe('making', () => {
  test('the example of the contract comes back as it was sent', async () => {
    await using c = await contactsRig()
    const reply = await c.as('admin', 'POST', '/contacts', example)
    expect(reply).toMatchObject({
      status: 201,
      body: { ...example, externalId: null, language: null, attributes: {}, version: 1 },
    })
    const { id } = reply.body as { id: string }
    expect(id).toMatch(/^con_/)
    expect((await c.as('reader', 'GET', `/contacts/${id}`)).body).toEqual(reply.body)
  })

  test('phone numbers are one number however they are written', async () => {
    await using c = await contactsRig()
    const written = [
      [{ phone: '+7 (900) 123-45-67' }, '79001234567'],
      [{ phone: '0039 333 1234567' }, '393331234567'],
      [{ phone: '333 1234568', country: 'IT' }, '393331234568'],
      [{ phone: '89001234568', country: 'RU' }, '79001234568'],
    ] as const
    for (const [body, phone] of written) {
      expect(await c.as('admin', 'POST', '/contacts', body)).toMatchObject({
        status: 201,
        body: { phone },
      })
    }
    const { rows } = await c.db.owner.query<{ phone: string }>(
      'SELECT phone FROM contacts ORDER BY id LIMIT 1',
    )
    expect(rows).toEqual([{ phone: '+79001234567' }])
  })

  test('the operator is told by the number, unless another one is given', async () => {
    await using c = await contactsRig()
    const operatorOf = async (body: object): Promise<unknown> =>
      ((await c.as('admin', 'POST', '/contacts', body)).body as { operator: unknown }).operator
    expect(await operatorOf({ phone: '79161234567' })).toBe('916')
    expect(await operatorOf({ phone: '79161234568', operator: 'mts' })).toBe('mts')
    expect(await operatorOf({ phone: '393331234567' })).toBeNull()
    expect(await operatorOf({ operator: 'tim' })).toBe('tim')
    const { body } = await c.as('reader', 'GET', '/operators')
    expect(body).toMatchObject({ items: [{ code: '916' }, { code: 'mts' }, { code: 'tim' }] })
  })

  test('a contact may have nothing at all; tags that are not there are made', async () => {
    await using c = await contactsRig()
    await made(c, {})
    await made(c, { tags: ['b', 'a', 'a'] })
    const { body } = await c.as('reader', 'GET', '/tags')
    expect((body as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual([
      'a',
      'b',
    ])
  })

  test('phone, e-mail and external id are one contact’s in a tenant, and free in another', async () => {
    await using c = await contactsRig()
    const body = { phone: '79001234567', email: 'Anna@example.org', externalId: 'x' }
    await made(c, body)
    for (const [again, pointer] of [
      [{ phone: '+7 900 1234567' }, '/phone'],
      [{ email: 'anna@EXAMPLE.org' }, '/email'],
      [{ externalId: 'x' }, '/externalId'],
    ] as const) {
      const reply = await c.as('admin', 'POST', '/contacts', again)
      expect(reply).toMatchObject({ status: 409, body: { code: 'conflict' } })
      expect(pointersOf(reply.body)).toEqual([pointer])
    }
    expect(await c.as('stranger', 'POST', '/contacts', body)).toMatchObject({ status: 201 })
  })

  test('a repetition by Idempotency-Key makes nothing twice', async () => {
    await using c = await contactsRig()
    const key = { 'idempotency-key': 'k' }
    for (const [path, body] of [
      ['/contacts', { email: 'a@example.org' }],
      ['/tags', { name: 'vip' }],
      ['/operators', { code: '900' }],
    ] as const) {
      const headers = { 'idempotency-key': `${key['idempotency-key']}${path}` }
      const first = await c.as('admin', 'POST', path, body, headers)
      const second = await c.as('admin', 'POST', path, body, headers)
      expect([first.status, second.status, second.body]).toEqual([201, 201, first.body])
    }
  })

  const refused: readonly (readonly [object, string])[] = [
    [{ phone: '123' }, '/phone'],
    [{ phone: '9001234567' }, '/phone'],
    [{ phone: '' }, '/phone'],
    [{ phone: '+7900123456700' }, '/phone'],
    [{ phone: '333', country: 'XX' }, '/country'],
    [{ phone: '333', country: 'it' }, '/country'],
    [{ email: 'anna' }, '/email'],
    [{ email: 'Anna <a@example.org>' }, '/email'],
    [{ telegramId: 'anna' }, '/telegramId'],
    [{ telegramId: '@a' }, '/telegramId'],
    [{ telegramId: '99999999999999999999' }, '/telegramId'],
    [{ operator: 'a b' }, '/operator'],
    [{ timezone: 'Europe/Roma' }, '/timezone'],
    [{ timezone: 'GMT+25' }, '/timezone'],
    [{ externalId: ' ' }, '/externalId'],
    [{ externalId: 'a\nb' }, '/externalId'],
    [{ language: 'italiano!' }, '/language'],
    [{ tags: ['a,b'] }, '/tags/0'],
    [{ tags: ['fine', 'a|b'] }, '/tags/1'],
    [{ tags: [''] }, '/tags/0'],
    [{ tags: 'vip' }, '/tags'],
    [{ tags: Array.from({ length: 101 }, (_, n) => `t${n}`) }, '/tags'],
    [{ attributes: [] }, '/attributes'],
    [{ attributes: { text: 'x'.repeat(17_000) } }, '/attributes'],
    [{ telegram_id: '@anna' }, '/telegram_id'],
  ]
  test('what is wrong is refused with a pointer, and leaves nothing behind', async () => {
    await using c = await contactsRig()
    for (const [body, pointer] of refused) {
      const reply = await c.as('admin', 'POST', '/contacts', { ...body })
      expect([body, reply]).toMatchObject([
        body,
        { status: 400, body: { code: 'validation_failed' } },
      ])
      expect([body, pointersOf(reply.body)]).toEqual([
        body,
        expect.arrayContaining([pointer]) as unknown,
      ])
    }
    expect(await idsOf(c, '')).toEqual([])
    expect(await idsOf(c, '', '/tags')).toEqual([])
  })
})

describe('changing', () => {
  test('PUT empties what is left out, PATCH leaves it', async () => {
    await using c = await contactsRig()
    const full = {
      ...example,
      email: 'a@example.org',
      attributes: { city: 'Roma' },
      language: 'it',
    }
    const id = await made(c, full)
    const patched = await c.as('admin', 'PATCH', `/contacts/${id}`, { email: null, tags: ['new'] })
    expect(patched).toMatchObject({
      status: 200,
      body: { ...full, email: null, tags: ['new'], version: 2 },
    })
    const replaced = await c.as('admin', 'PUT', `/contacts/${id}`, { email: 'b@example.org' })
    expect(replaced).toMatchObject({
      status: 200,
      body: {
        id,
        phone: null,
        email: 'b@example.org',
        telegramId: null,
        operator: null,
        tags: [],
        timezone: null,
        language: null,
        attributes: {},
        version: 3,
      },
    })
  })

  test('another number has another operator, unless somebody had said which', async () => {
    await using c = await contactsRig()
    const derived = await made(c, { phone: '79161234567' })
    const given = await made(c, { phone: '79161234568', operator: 'mts' })
    const patch = async (id: string, body: object): Promise<unknown> =>
      ((await c.as('admin', 'PATCH', `/contacts/${id}`, body)).body as { operator: unknown })
        .operator
    expect(await patch(derived, { phone: '79031234567' })).toBe('903')
    expect(await patch(derived, { phone: null })).toBeNull()
    expect(await patch(given, { phone: '79031234568' })).toBe('mts')
    expect(await patch(given, { operator: null })).toBe('903')
  })

  test('a version that was overtaken is a conflict', async () => {
    await using c = await contactsRig()
    const id = await made(c, {})
    const body = { language: 'it', version: 1 }
    expect(await c.as('admin', 'PATCH', `/contacts/${id}`, body)).toMatchObject({ status: 200 })
    for (const method of ['PATCH', 'PUT'] as const) {
      expect(await c.as('admin', method, `/contacts/${id}`, body)).toMatchObject({
        status: 409,
        body: { code: 'conflict' },
      })
    }
  })

  test("another contact's address is a conflict, and nothing has changed", async () => {
    await using c = await contactsRig()
    await made(c, { email: 'a@example.org' })
    const id = await made(c, { email: 'b@example.org', tags: ['old'] })
    const reply = await c.as('admin', 'PATCH', `/contacts/${id}`, {
      email: 'A@example.org',
      tags: ['new'],
    })
    expect(reply).toMatchObject({ status: 409 })
    expect(await c.as('reader', 'GET', `/contacts/${id}`)).toMatchObject({
      body: { email: 'b@example.org', tags: ['old'] },
    })
  })

  test('twenty patches at once are twenty versions', async () => {
    await using c = await contactsRig()
    const id = await made(c, {})
    const patches = Array.from({ length: 20 }, async (_, n) =>
      c.as('admin', 'PATCH', `/contacts/${id}`, { tags: [`t${n % 3}`], operator: `o${n % 2}` }),
    )
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual(
      Array.from({ length: 20 }, () => 200),
    )
    const { body } = await c.as('reader', 'GET', `/contacts/${id}`)
    expect(body).toMatchObject({ version: 21, tags: [expect.any(String) as unknown] })
  })

  test('a deleted contact is gone, with its tags, and its address is free', async () => {
    await using c = await contactsRig()
    const id = await made(c, example)
    expect(await c.as('writer', 'DELETE', `/contacts/${id}`)).toMatchObject({ status: 204 })
    expect(await c.as('writer', 'DELETE', `/contacts/${id}`)).toMatchObject({ status: 404 })
    await made(c, example)
  })

  test('empty and unknown changes are refused', async () => {
    await using c = await contactsRig()
    const id = await made(c, {})
    expect(await c.as('admin', 'PATCH', `/contacts/${id}`, {})).toMatchObject({ status: 400 })
    expect(await c.as('admin', 'PUT', `/contacts/${id}`, { id })).toMatchObject({ status: 400 })
    expect(await c.as('admin', 'PATCH', `/contacts/${id}`, { version: 0 })).toMatchObject({
      status: 400,
    })
  })
})

describe('who may', () => {
  const paths = async (c: ContactsRig): Promise<readonly string[]> => [
    `/contacts/${await made(c, {})}`,
    `/tags/${await made(c, { name: 'n' }, '/tags')}`,
    `/operators/${await made(c, { code: 'n' }, '/operators')}`,
  ]

  test('reading needs contacts:read, writing contacts:write, and nothing else will do', async () => {
    await using c = await contactsRig()
    for (const path of await paths(c)) {
      const collection = path.slice(0, path.lastIndexOf('/'))
      const asks = [
        ['GET', path, 'reader'],
        ['GET', collection, 'reader'],
        ['POST', collection, 'writer'],
        ['PUT', path, 'writer'],
        ['PATCH', path, 'writer'],
        ['DELETE', path, 'writer'],
      ] as const
      for (const [method, url, allowed] of asks) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : { language: 'it' }
        const forbidden = allowed === 'reader' ? 'writer' : 'reader'
        expect(await c.as(forbidden, method, url, body)).toMatchObject({ status: 403 })
        expect(await c.as('other', method, url, body)).toMatchObject({ status: 403 })
        expect(await c.as('nobody', method, url, body)).toMatchObject({ status: 401 })
        expect((await c.as(allowed, method, url, body)).status).not.toBe(403)
      }
    }
  })

  test('what is another tenant’s looks like what is not there', async () => {
    await using c = await contactsRig()
    for (const path of await paths(c)) {
      const missing = `${path.slice(0, -2)}zz`
      const malformed = `${path.slice(0, path.lastIndexOf('/'))}/nonsense`
      for (const [method, body] of [
        ['GET', undefined],
        ['DELETE', undefined],
        ['PUT', path.startsWith('/tags') ? { name: 'x' } : {}],
        ['PATCH', path.startsWith('/contacts') ? { language: 'it' } : { name: 'x' }],
      ] as const) {
        for (const [caller, url] of [
          ['stranger', path],
          ['admin', missing],
          ['admin', malformed],
        ] as const) {
          expect([method, url, await c.as(caller, method, url, body)]).toMatchObject([
            method,
            url,
            { status: 404, body: { detail: 'There is nothing with this id in this tenant.' } },
          ])
        }
      }
      expect(await c.as('admin', 'GET', path)).toMatchObject({ status: 200 })
    }
    expect((await c.as('stranger', 'GET', '/contacts')).body).toMatchObject({ items: [] })
  })
})

test('the audit log knows that a contact changed, and none of its addresses', async () => {
  await using c = await contactsRig()
  const id = await made(c, { ...example, attributes: { name: 'Anna' } })
  await c.as('admin', 'PATCH', `/contacts/${id}`, { tags: ['other'] })
  const { rows } = await c.db.owner.query<{ actor: string; action: string; details: object }>(
    `SELECT actor, action, details FROM audit_log WHERE kind = 'contact' ORDER BY seq`,
  )
  expect(rows).toMatchObject([
    { actor: 'usr_admin', action: 'contact.created', details: { phone: '(hidden)' } },
    { actor: 'usr_admin', action: 'contact.changed', details: { version: { from: 1, to: 2 } } },
  ])
  expect(JSON.stringify(rows)).not.toMatch(/9001234567|Anna|@anna/i)
})
