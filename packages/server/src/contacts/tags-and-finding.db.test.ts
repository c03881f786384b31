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

describe('finding', () => {
  test('by tag, operator, zone, address, name, channel and time', async () => {
    await using c = await contactsRig()
    const anna = await made(c, { ...example, attributes: { name: 'Анна Росси' } })
    const bruno = await made(c, {
      email: 'Bruno_x@example.org',
      externalId: 'CRM-1',
      tags: ['vip', 'news'],
      attributes: { firstName: 'Bruno', lastName: 'Bianchi' },
    })
    const found: readonly (readonly [string, readonly string[]])[] = [
      ['tag=vip', [anna, bruno]],
      ['tag=news', [bruno]],
      ['tag=none', []],
      ['operator=900', [anna]],
      ['timezone=Europe/Rome', [anna]],
      ['externalId=CRM-1', [bruno]],
      ['externalId=crm-1', []],
      ['q=bruno_', [bruno]],
      ['q=BRUNO', [bruno]],
      ['q=bian', [bruno]],
      ['q=bruno%20b', [bruno]],
      ['q=CRM', [bruno]],
      ['q=790', [anna]],
      ['q=%2B7%20900', [anna]],
      ['q=%40ANN', [anna]],
      [`q=${encodeURIComponent('анна')}`, [anna]],
      ['q=nna', []],
      ['q=%25', []],
      ['hasEmail=true', [bruno]],
      ['hasEmail=false', [anna]],
      ['hasPhone=true', [anna]],
      ['hasTelegram=false', [bruno]],
      ['createdSince=2020-01-01T00:00:00Z', [anna, bruno]],
      ['createdSince=2100-01-01T00:00:00Z', []],
      ['tag=vip&hasEmail=true&q=b', [bruno]],
    ]
    for (const [query, ids] of found) {
      expect([query, await idsOf(c, query)]).toEqual([query, ids])
      const count = await c.as('reader', 'GET', `/contacts/count?${query}`)
      expect([query, count.body]).toEqual([query, { count: ids.length, isExact: true }])
    }
    expect((await c.as('other', 'GET', '/contacts/count')).status).toBe(403)
    expect((await c.as('stranger', 'GET', '/contacts/count')).body).toMatchObject({ count: 0 })
  })

  test('pages have every contact once, with and without a tag', async () => {
    await using c = await contactsRig()
    const ids: string[] = []
    for (let n = 0; n < 5; n += 1) ids.push(await made(c, { tags: ['all'] }))
    for (const filter of ['', '&tag=all', '&createdSince=2020-01-01T00:00:00Z']) {
      const seen: string[] = []
      let cursor = ''
      do {
        const { body } = await c.as('reader', 'GET', `/contacts?limit=2${filter}${cursor}`)
        const page = body as { items: { id: string }[]; nextCursor: string | null }
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
      } while (cursor !== '')
      expect(seen).toEqual(ids)
    }
    expect(await c.as('reader', 'GET', '/contacts?cursor=x')).toMatchObject({
      status: 400,
      body: { code: 'bad_cursor' },
    })
  })

  test('unknown filters and impossible values are refused', async () => {
    await using c = await contactsRig()
    for (const query of ['name=x', 'hasEmail=maybe', 'createdSince=yesterday', 'q=', 'q=%00']) {
      expect([query, await c.as('reader', 'GET', `/contacts?${query}`)]).toMatchObject([
        query,
        { status: 400 },
      ])
    }
  })
})

describe('tags and operators', () => {
  test('a tag is renamed for all its contacts', async () => {
    await using c = await contactsRig()
    const contact = await made(c, { tags: ['vip'] })
    const tag = (await idsOf(c, 'name=vip', '/tags'))[0] ?? ''
    for (const [method, name] of [
      ['PUT', 'gold'],
      ['PATCH', 'Gold'],
    ] as const) {
      expect(await c.as('writer', method, `/tags/${tag}`, { name })).toMatchObject({
        status: 200,
        body: { id: tag, name },
      })
    }
    expect(await c.as('reader', 'GET', `/contacts/${contact}`)).toMatchObject({
      body: { tags: ['Gold'] },
    })
    expect(await c.as('reader', 'GET', `/tags/${tag}`)).toMatchObject({ body: { name: 'Gold' } })
  })

  test('an operator keeps its code', async () => {
    await using c = await contactsRig()
    const id = await made(c, { code: '900', name: 'Tele2' }, '/operators')
    expect(await c.as('reader', 'GET', `/operators/${id}`)).toMatchObject({
      body: { id, code: '900', name: 'Tele2' },
    })
    expect(await c.as('writer', 'PATCH', `/operators/${id}`, { name: 'T2' })).toMatchObject({
      body: { name: 'T2' },
    })
    expect(await c.as('writer', 'PUT', `/operators/${id}`, { code: '900' })).toMatchObject({
      status: 200,
      body: { code: '900', name: null },
    })
    for (const method of ['PUT', 'PATCH'] as const) {
      const reply = await c.as('writer', method, `/operators/${id}`, { code: '901' })
      expect([reply.status, pointersOf(reply.body)]).toEqual([400, ['/code']])
    }
    expect(await idsOf(c, 'code=900', '/operators')).toEqual([id])
  })

  test('names and codes that are taken are a conflict', async () => {
    await using c = await contactsRig()
    await made(c, { name: 'a' }, '/tags')
    const b = await made(c, { name: 'b' }, '/tags')
    await made(c, { code: '900' }, '/operators')
    expect(await c.as('admin', 'POST', '/tags', { name: 'a' })).toMatchObject({ status: 409 })
    expect(await c.as('admin', 'PUT', `/tags/${b}`, { name: 'a' })).toMatchObject({ status: 409 })
    expect(await c.as('admin', 'POST', '/operators', { code: '900' })).toMatchObject({
      status: 409,
    })
  })

  test('one that contacts have is deleted by force only, and they lose it', async () => {
    await using c = await contactsRig()
    const contact = await made(c, { tags: ['vip'], operator: 'mts' })
    const tag = (await idsOf(c, '', '/tags'))[0] ?? ''
    const operator = (await idsOf(c, '', '/operators'))[0] ?? ''
    for (const path of [`/tags/${tag}`, `/operators/${operator}`]) {
      expect(await c.as('writer', 'DELETE', path)).toMatchObject({
        status: 409,
        body: { detail: expect.stringContaining('1 contact has it') as unknown },
      })
      expect(await c.as('writer', 'DELETE', `${path}?force=true`)).toMatchObject({ status: 204 })
      expect(await c.as('writer', 'DELETE', path)).toMatchObject({ status: 404 })
    }
    expect(await c.as('reader', 'GET', `/contacts/${contact}`)).toMatchObject({
      body: { tags: [], operator: null },
    })
  })

  test('what is wrong is refused', async () => {
    await using c = await contactsRig()
    for (const [path, body] of [
      ['/tags', {}],
      ['/tags', { name: 'a,b' }],
      ['/tags', { name: 'a\u0007' }],
      ['/tags', { name: 'x'.repeat(101) }],
      ['/operators', {}],
      ['/operators', { code: 'a b' }],
      ['/operators', { code: '900', name: '' }],
    ] as const) {
      expect([body, await c.as('admin', 'POST', path, body)]).toMatchObject([body, { status: 400 }])
    }
  })
})
