import { describe, expect, test } from 'vitest'
import { subscriptionsRig } from '@carillon/testkit/subscriptions-rig'

const errors = { body: { id: 'x' } }
const pointersOf = (body: unknown): readonly string[] =>
  ((body as { errors?: readonly { pointer: string }[] }).errors ?? []).map(({ pointer }) => pointer)
const idsOf = (body: unknown): readonly string[] =>
  (body as { items: readonly { subscriptionId: string }[] }).items.map(
    ({ subscriptionId }) => subscriptionId,
  )

describe('making', () => {
  test('a subscription is made with what is given, by whom', async () => {
    await using s = await subscriptionsRig()
    const body = {
      subscriptionId: 'System_Errors',
      label: 'System errors',
      description: 'Daily',
      enabled: false,
      content: { default: { subject: 'S', text: 'Hi {{ data.name }}' } },
    }
    const made = await s.as('admin', 'POST', '/subscriptions', body)
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...body,
        id: expect.stringMatching(/^sub_/) as unknown,
        isSystem: false,
        hasContent: true,
        version: 1,
        createdBy: 'usr_admin',
        modifiedBy: 'usr_admin',
      },
    })
    for (const caller of ['admin', 'anna', 'reader', 'platform'] as const) {
      expect(await s.as(caller, 'GET', '/subscriptions/System_Errors')).toMatchObject({
        status: 200,
        body: made.body as object,
      })
    }
    expect(await s.as('stranger', 'GET', '/subscriptions/System_Errors')).toMatchObject({
      status: 404,
    })
  })

  test('what is left out has its default', async () => {
    await using s = await subscriptionsRig()
    expect(await s.as('key', 'POST', '/subscriptions', { subscriptionId: 'A' })).toMatchObject({
      status: 201,
      body: {
        label: 'A',
        description: null,
        isSystem: false,
        enabled: true,
        content: null,
        hasContent: false,
        createdBy: 'key_app',
      },
    })
  })

  test('a taken name is a conflict in its tenant and free in another; a repetition by Idempotency-Key is not', async () => {
    await using s = await subscriptionsRig()
    const body = { subscriptionId: 'A' }
    const key = { 'idempotency-key': 'k' }
    const first = await s.as('admin', 'POST', '/subscriptions', body, key)
    expect(await s.as('admin', 'POST', '/subscriptions', body, key)).toMatchObject({
      status: 201,
      body: first.body as object,
    })
    expect(await s.as('admin', 'POST', '/subscriptions', body)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
    expect(await s.as('stranger', 'POST', '/subscriptions', body)).toMatchObject({ status: 201 })
  })

  const refused: readonly (readonly [object, string | undefined])[] = [
    [{}, '/subscriptionId'],
    [{ subscriptionId: '' }, '/subscriptionId'],
    [{ subscriptionId: 'a-b' }, '/subscriptionId'],
    [{ subscriptionId: 'a1' }, '/subscriptionId'],
    [{ subscriptionId: 'à' }, '/subscriptionId'],
    [{ subscriptionId: 'A\n' }, '/subscriptionId'],
    [{ subscriptionId: 'a'.repeat(101) }, '/subscriptionId'],
    [{ subscriptionId: 'A', label: '' }, '/label'],
    [{ subscriptionId: 'A', mandateId: 'x' }, '/mandateId'],
    [{ subscriptionId: 'A', content: {} }, '/content'],
    [{ subscriptionId: 'A', content: { default: {} } }, '/content/default/text'],
    [{ subscriptionId: 'A', content: { emial: { text: 'x' } } }, '/content/emial'],
    [{ subscriptionId: 'A', content: { email: { text: '{{ x' } } }, '/content/email/text'],
    [
      { subscriptionId: 'A', content: { email: { text: 'x', subject: '{% include "a" %}' } } },
      '/content/email/subject',
    ],
    [
      { subscriptionId: 'A', content: { default: { text: 'x', html: 'x', mjml: 'x' } } },
      '/content/default/mjml',
    ],
    [
      { subscriptionId: 'A', content: { default: { text: 'x', languages: { it: {} } } } },
      '/content/default/languages/it/text',
    ],
    [
      { subscriptionId: 'A', content: { default: { text: 'x', languages: { 'i/t': errors } } } },
      undefined,
    ],
    [
      {
        subscriptionId: 'A',
        content: { default: { text: 'x', languages: { 'i/t': { text: 'x' } } } },
      },
      '/content/default/languages/i~1t',
    ],
    [
      {
        subscriptionId: 'A',
        content: { default: { text: 'x', languages: { it: { text: 'x' }, IT: { text: 'x' } } } },
      },
      '/content/default/languages/IT',
    ],
  ]
  test('what is wrong is refused, with a pointer', async () => {
    await using s = await subscriptionsRig()
    for (const [body, pointer] of refused) {
      const reply = await s.as('admin', 'POST', '/subscriptions', body)
      expect([body, reply]).toMatchObject([
        body,
        { status: 400, body: { code: 'validation_failed' } },
      ])
      if (pointer !== undefined) expect(pointersOf(reply.body)).toContain(pointer)
    }
  })
})

describe('who may', () => {
  test('members and reading keys read, and change nothing', async () => {
    await using s = await subscriptionsRig()
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
    for (const caller of ['anna', 'reader'] as const) {
      const status = async (...request: readonly ['POST' | 'PUT' | 'PATCH' | 'DELETE', string]) =>
        (await s.as(caller, ...request, request[0] === 'DELETE' ? undefined : { enabled: true }))
          .status
      expect((await s.as(caller, 'GET', '/subscriptions')).status).toBe(200)
      expect(await status('POST', '/subscriptions')).toBe(403)
      expect(await status('PUT', '/subscriptions/A')).toBe(403)
      expect(await status('PATCH', '/subscriptions/A')).toBe(403)
      expect(await status('DELETE', '/subscriptions/A')).toBe(403)
    }
  })

  test('system subscriptions are made, changed and deleted by platform admins only, and seen by all in the tenant', async () => {
    await using s = await subscriptionsRig()
    const body = { subscriptionId: 'Sys', isSystem: true }
    for (const caller of ['admin', 'key'] as const) {
      expect((await s.as(caller, 'POST', '/subscriptions', body)).status).toBe(403)
    }
    expect((await s.as('platform', 'POST', '/subscriptions', body)).status).toBe(201)
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
    const refused = [
      ['PUT', '/subscriptions/Sys', { label: 'x' }],
      ['PATCH', '/subscriptions/Sys', { isSystem: false }],
      ['DELETE', '/subscriptions/Sys', undefined],
      ['PATCH', '/subscriptions/A', { isSystem: true }],
    ] as const
    for (const [method, path, change] of refused) {
      expect(await s.as('admin', method, path, change)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
    }
    expect((await s.as('anna', 'GET', '/subscriptions/Sys')).status).toBe(200)
    expect(
      (await s.as('platform', 'PUT', '/subscriptions/Sys', { label: 'x' })).body,
    ).toMatchObject({ isSystem: true, label: 'x' })
    expect((await s.as('platform', 'DELETE', '/subscriptions/Sys')).status).toBe(204)
  })

  test('what is foreign, missing and malformed looks the same, whatever the verb', async () => {
    await using s = await subscriptionsRig()
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { label: 'x' }],
      ['PATCH', { label: 'x' }],
      ['DELETE', undefined],
    ] as const) {
      const bodies = await Promise.all(
        ['A', 'Missing', 'not-one'].map(async (id) => {
          const reply = await s.as('stranger', method, `/subscriptions/${id}`, body)
          const { instance: _own, ...problem } = reply.body as Record<string, unknown>
          return { status: reply.status, problem }
        }),
      )
      expect(bodies[0]).toMatchObject({ status: 404, problem: { code: 'not_found' } })
      expect(bodies[1]).toEqual(bodies[0])
      expect(bodies[2]).toEqual(bodies[0])
    }
  })
})

describe('changing', () => {
  test('PATCH touches what it names, PUT sets the rest to its default; both count the version and say who', async () => {
    await using s = await subscriptionsRig()
    const content = { default: { text: 'x' } }
    await s.as('key', 'POST', '/subscriptions', {
      subscriptionId: 'A',
      label: 'L',
      description: 'D',
      enabled: false,
      content,
    })
    expect((await s.as('admin', 'PATCH', '/subscriptions/A', { label: 'M' })).body).toMatchObject({
      label: 'M',
      description: 'D',
      enabled: false,
      content,
      version: 2,
      createdBy: 'key_app',
      modifiedBy: 'usr_admin',
    })
    expect(
      (await s.as('admin', 'PATCH', '/subscriptions/A', { content: null, description: null })).body,
    ).toMatchObject({ label: 'M', content: null, description: null, version: 3 })
    expect((await s.as('admin', 'PUT', '/subscriptions/A', { content })).body).toMatchObject({
      label: 'A',
      enabled: true,
      content,
      version: 4,
    })
  })

  test('the subscriptionId can be repeated and not changed', async () => {
    await using s = await subscriptionsRig()
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
    expect((await s.as('admin', 'PUT', '/subscriptions/A', { subscriptionId: 'A' })).status).toBe(
      200,
    )
    const reply = await s.as('admin', 'PATCH', '/subscriptions/A', { subscriptionId: 'B' })
    expect([reply.status, pointersOf(reply.body)]).toEqual([400, ['/subscriptionId']])
  })

  test('of twenty changes of one version, one is made', async () => {
    await using s = await subscriptionsRig()
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        s.as('admin', 'PATCH', '/subscriptions/A', { label: `L${n}`, version: 1 }),
      ),
    )
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array.from({ length: 19 }, () => 409),
    ])
  })
})

test('the list goes page by page, oldest first, and by its filters', async () => {
  await using s = await subscriptionsRig()
  const make = (body: object) => s.as('platform', 'POST', '/subscriptions', body)
  await make({ subscriptionId: 'Alpha', label: 'First 100%' })
  await make({ subscriptionId: 'Beta', enabled: false, description: 'of the alphabet' })
  await make({ subscriptionId: 'Gamma', isSystem: true })
  const list = async (query: string) => (await s.as('anna', 'GET', `/subscriptions${query}`)).body
  const first = (await list('?limit=2')) as { nextCursor: string }
  expect(idsOf(first)).toEqual(['Alpha', 'Beta'])
  expect(first).not.toHaveProperty('items.0.content')
  const second = await list(`?limit=2&cursor=${first.nextCursor}`)
  expect([idsOf(second), second]).toMatchObject([['Gamma'], { nextCursor: null }])
  expect(idsOf(await list('?enabled=false'))).toEqual(['Beta'])
  expect(idsOf(await list('?isSystem=true'))).toEqual(['Gamma'])
  expect(idsOf(await list('?q=ALPHA'))).toEqual(['Alpha', 'Beta'])
  expect(idsOf(await list('?q=100%25'))).toEqual(['Alpha'])
  expect(idsOf(await list('?q=_'))).toEqual([])
  expect((await s.as('anna', 'GET', '/subscriptions?cursor=x')).status).toBe(400)
  expect((await s.as('anna', 'GET', '/subscriptions?limit=201')).status).toBe(400)
  expect((await s.as('anna', 'GET', '/subscriptions?nonsense=1')).status).toBe(400)
  expect(idsOf((await s.as('stranger', 'GET', '/subscriptions')).body)).toEqual([])
})

test('with registrations it is deleted only when that is said, and then they are gone too', async () => {
  await using s = await subscriptionsRig()
  await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
  for (const caller of ['anna', 'bruno'] as const) {
    const body = { channel: 'email', channelConfig: `${caller}@x.example` }
    await s.as(caller, 'POST', '/subscriptions/A/subscribe', body)
  }
  const refused = await s.as('admin', 'DELETE', '/subscriptions/A')
  expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect((refused.body as { detail: string }).detail).toContain('2 registrations')
  expect((await s.as('admin', 'DELETE', '/subscriptions/A?force=true')).status).toBe(204)
  expect((await s.as('admin', 'DELETE', '/subscriptions/A?force=true')).status).toBe(404)
  const { rows } = await s.db.owner.query('SELECT FROM registrations')
  expect(rows).toHaveLength(0)
})

test('while rules and schedules publish to it, it is not deleted, whatever is said, and its registrations stay', async () => {
  await using s = await subscriptionsRig()
  await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
  const body = { channel: 'email', channelConfig: 'a@x.example' }
  await s.as('anna', 'POST', '/subscriptions/A/subscribe', body)
  await s.db.owner.query(
    `INSERT INTO rules (tenant_id, id, name, event_type, filter, action, subscription)
     SELECT tenant_id, gen_random_uuid(), 'logins', 'x', '{}', '{}', id FROM subscriptions`,
  )
  await s.db.owner.query(
    `INSERT INTO schedules (tenant_id, id, name, pattern, time_zone, event_type, data, subscription, missed, enabled, created_by, modified_by)
     SELECT tenant_id, gen_random_uuid(), 'daily', '@daily', 'UTC', 'x', '{}', id, 'skip', false, 'x', 'x' FROM subscriptions`,
  )
  for (const query of ['', '?force=true']) {
    const refused = await s.as('admin', 'DELETE', `/subscriptions/A${query}`)
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } })
    expect((refused.body as { detail: string }).detail).toMatch(
      /rule "logins" \(rul_.*schedule "daily" \(sch_/,
    )
  }
  expect((await s.db.owner.query('SELECT FROM registrations')).rowCount).toBe(1)
})

test('more registrations than go with one transaction go with several', async () => {
  await using s = await subscriptionsRig()
  const made = await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A' })
  expect(made.status).toBe(201)
  await s.db.owner.query(
    `INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address)
     SELECT s.tenant_id, gen_random_uuid(), s.id, 'u' || n, 'email', 'a@x.example'
       FROM subscriptions s, generate_series(1, 20000) n`,
  )
  expect((await s.as('admin', 'DELETE', '/subscriptions/A?force=true')).status).toBe(204)
  expect((await s.as('admin', 'GET', '/subscriptions/A')).status).toBe(404)
})
