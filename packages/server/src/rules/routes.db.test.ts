/** The rules' API over real routes, roles and rows: what is saved, what is refused, and why an event would match. */
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import { given } from '@carillon/testkit/given'
import type { TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { createAcceptEvents } from '../ingest/accept-events.ts'

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const idOf = (reply: TestReply): string => String(bodyOf(reply)['id'])
const errorsOf = (reply: TestReply): unknown => bodyOf(reply)['errors']

/** A tenant with a bot and a webhook. */
const rig = async () => {
  const c = await configApi()
  const bot = await c.call('POST', '/integrations', {
    connector: 'telegram',
    name: 'bot',
    secrets: { botToken: '1:CANARY' },
  })
  const hook = await c.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'hook',
    settings: { url: 'https://example.org' },
  })
  return { ...c, bot: idOf(bot), hook: idOf(hook) }
}

const ruleTo = (integration: string, more: object = {}) => ({
  name: 'receipts to ops',
  eventType: 'mail.received',
  filter: { 'data.direction': 'inbound', 'data.pec_type': ['accettazione', 'avvenuta_consegna'] },
  action: { type: 'notify', route: [{ integration, to: '-1001234' }] },
  ...more,
})

const versionOf = async (c: ConfigApi): Promise<number> => {
  const { rows } = await c.db.owner.query<{ v: number }>(
    'SELECT rules_version::int AS v FROM tenants WHERE tenant_id = $1',
    [c.tenantId],
  )
  return rows[0]?.v ?? -1
}

test('a rule is shown as it was given, with what its route became', async () => {
  await using c = await rig()
  const rule = ruleTo(c.bot, { enabled: true })
  const made = await c.call('POST', '/rules', rule)
  expect([made.status, made.body]).toEqual([
    201,
    {
      id: expect.stringMatching(/^rul_/),
      ...rule,
      steps: [{ integration: c.bot, to: '-1001234' }],
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    },
  ])
  expect((await c.call('GET', `/rules/${idOf(made)}`)).body).toEqual(made.body)
  expect(bodyOf(await c.call('GET', '/rules?eventType=mail.received&enabled=true'))).toEqual({
    items: [made.body],
    nextCursor: null,
  })
  expect(bodyOf(await c.call('GET', '/rules?enabled=false'))['items']).toEqual([])
})

test('PUT replaces, PATCH changes what it names, and every change moves the version that accepting compares', async () => {
  await using c = await rig()
  const before = await versionOf(c)
  const id = idOf(await c.call('POST', '/rules', ruleTo(c.bot)))
  const patched = await c.call('PATCH', `/rules/${id}`, { enabled: false, filter: { 'data.x': 1 } })
  expect(patched.body).toMatchObject({ ...ruleTo(c.bot), filter: { 'data.x': 1 }, enabled: false })
  const put = await c.call('PUT', `/rules/${id}`, {
    name: 'n',
    eventType: 'a.*',
    action: { type: 'call', integration: c.hook },
  })
  expect(put.body).toMatchObject({
    name: 'n',
    filter: {},
    enabled: true,
    steps: [{ integration: c.hook, to: 'endpoint' }],
  })
  expect(await versionOf(c)).toBe(before + 3)
  expect((await c.call('DELETE', `/rules/${id}`)).status).toBe(204)
  expect((await c.call('DELETE', `/rules/${id}`)).status).toBe(404)
  expect(await versionOf(c)).toBe(before + 4)
})

test('a plan is stored once for its content, also by many at once, and what was accepted keeps the old one', async () => {
  await using c = await rig()
  const plans = async () => (await c.db.owner.query('SELECT id FROM plans')).rows.length
  const made = await Promise.all(
    Array.from({ length: 8 }, (_, n) => c.call('POST', '/rules', ruleTo(c.bot, { name: `r${n}` }))),
  )
  expect(made.map(({ status }) => status)).toEqual(made.map(() => 201))
  expect(await plans()).toBe(1)
  await c.call('PATCH', `/rules/${idOf(made[0] ?? { status: 0, body: {}, headers: {} })}`, {
    action: { type: 'notify', route: [{ integration: c.bot, to: '7' }] },
  })
  expect(await plans()).toBe(2)
})

test('a channel is the default of the moment when the rule is saved', async () => {
  await using c = await rig()
  const action = { type: 'notify', route: [{ channel: 'telegram', to: '1' }] }
  const made = await c.call('POST', '/rules', ruleTo('', { action }))
  expect(bodyOf(made)).toMatchObject({ action, steps: [{ integration: c.bot, to: '1' }] })
  const other = await c.call('POST', '/integrations', {
    connector: 'telegram',
    name: 'second',
    secrets: { botToken: '2:x' },
    isDefault: true,
  })
  expect(bodyOf(await c.call('GET', `/rules/${idOf(made)}`))['steps']).toEqual([
    { integration: c.bot, to: '1' },
  ])
  const again = await c.call('PATCH', `/rules/${idOf(made)}`, { action })
  expect(bodyOf(again)['steps']).toEqual([{ integration: idOf(other), to: '1' }])
})

test('a rule that was saved sets off a delivery with its plan', async () => {
  await using c = await rig()
  await c.call('POST', '/rules', ruleTo(c.bot))
  const accept = createAcceptEvents({
    newId: createSystemIdGenerator(),
    renderer: createTemplateRenderer(),
    shard: 0,
  })
  const event = (direction: string) => ({
    tenantId: c.tenantId,
    view: {
      id: direction,
      source: 's',
      type: 'mail.received',
      time: '2026-11-22T10:00:00Z',
      data: { direction, pec_type: 'accettazione' },
    },
    time: systemClock.now(),
    dataJson: '{}',
  })
  await accept(c.db.engine, [event('inbound'), event('outbound')])
  const { rows } = await c.db.owner.query('SELECT addresses FROM deliveries')
  expect(rows).toEqual([{ addresses: ['-1001234'] }])
})

const archiveBy = (integration: string) => ({ type: 'archive', integration })
const subscribeBy = (integration: string) => ({
  type: 'membership',
  integration,
  list: 'members@example.org',
  change: 'subscribe',
  email: '{{ data.email }}',
})

/** Bodies with one mistake each, where it is and what is said. */
const refusedBodies = (bot: string, strange: string) => {
  const action = ruleTo(bot).action
  return [
    [ruleTo(strange), '/action/route/0/integration', 'There is no integration'],
    [ruleTo(bot, { nmae: 1 }), '/nmae', 'did you mean "name"?'],
    [ruleTo(bot, { enabled: 1 }), '/enabled', 'Must be a boolean.'],
    [ruleTo(bot, { eventType: 'a b' }), '/eventType', 'exact type'],
    [ruleTo(bot, { eventType: '*.paid' }), '/eventType', 'ends in ".*"'],
    [ruleTo(bot, { eventType: 'order.p*' }), '/eventType', 'ends in ".*"'],
    [ruleTo(bot, { filter: [] }), '/filter', 'is not a filter'],
    [
      ruleTo(bot, { filter: { 'data.total': { gtt: 1 } } }),
      '/filter/data.total/gtt',
      'did you mean "gt"?',
    ],
    [ruleTo(bot, { filter: { x: { matches: '(?=a)' } } }), '/filter/x/matches', ''],
    [ruleTo(bot, { action: {} }), '/action/type', '"type" is required'],
    [ruleTo(bot, { action: { type: 'notfy' } }), '/action/type', 'did you mean "notify"?'],
    [
      ruleTo(bot, { action: { type: 'publish', subscriptionId: 'SystemError' } }),
      '/action/subscriptionId',
      'did you mean "SystemErrors"?',
    ],
    [
      ruleTo(bot, { action: { type: 'publish', subscriptionId: 'Weather' } }),
      '/action/subscriptionId',
      'GET /api/v1/subscriptions lists them',
    ],
    [ruleTo(bot, { action: { type: 'publish' } }), '/action/subscriptionId', ''],
    [ruleTo(bot, { action: archiveBy(bot) }), '/action/integration', 'archived by'],
    [ruleTo(bot, { action: subscribeBy(bot) }), '/action/integration', 'memberships are'],
    [ruleTo(bot, { action: { ...action, rout: 1 } }), '/action/rout', 'did you mean "route"?'],
    [ruleTo(bot, { action: { type: 'notify', route: [] } }), '/action/route', 'at least 1'],
    [
      ruleTo(bot, { action: { ...action, route: Array.from({ length: 17 }, () => ({})) } }),
      '/action/route',
      'at most 16',
    ],
    [ruleTo(bot, { action: { ...action, content: {} } }), '/action/content', 'at least 1'],
    [
      ruleTo(bot, { action: { ...action, retry: { delays: ['5 minutes'] } } }),
      '/action/retry/delays/0',
      '',
    ],
    [ruleTo(bot, { action: { ...action, fallback: 'never' } }), '/action/fallback', '"at_once"'],
    [{ ...ruleTo(bot), action: 'notify' }, '/action', ''],
  ] satisfies readonly (readonly [body: object, pointer: string, detail: string])[]
}

test('everything that is wrong is named by a pointer and a remedy, and nothing is made', async () => {
  await using c = await rig()
  await given(c.db.owner).subscription(c.tenantId, { subscriptionId: 'SystemErrors' })
  const strange = idOf(
    await c.callAsStranger('POST', '/integrations', {
      connector: 'webhook',
      name: 'x',
      settings: { url: 'https://example.org' },
    }),
  )
  const refused = refusedBodies(c.bot, strange)
  for (const [body, pointer, detail] of refused) {
    const reply = await c.call('POST', '/rules', body)
    expect({ body, status: reply.status, errors: errorsOf(reply) }).toEqual({
      body,
      status: 400,
      errors: [{ pointer, detail: expect.stringContaining(detail) }],
    })
  }
  expect(bodyOf(await c.call('GET', '/rules'))['items']).toEqual([])
  expect((await c.db.owner.query('SELECT 1 FROM plans')).rows).toEqual([])
})

test('a rule publishes to a subscription: shown without steps, explained, turned into one that sends and back', async () => {
  await using c = await rig()
  const subscriptionId = 'SystemErrors'
  await given(c.db.owner).subscription(c.tenantId, { subscriptionId, enabled: false })
  const before = await versionOf(c)
  const action = { type: 'publish', subscriptionId }
  const made = await c.call('POST', '/rules', ruleTo(c.bot, { action }))
  expect(made).toMatchObject({ status: 201, body: { action, steps: [], enabled: true } })
  expect(await versionOf(c)).toBe(before + 1)
  const event = { type: 'mail.received', data: { direction: 'inbound', pec_type: 'accettazione' } }
  const wouldPublish = { subscriptionId, label: subscriptionId, enabled: false }
  const explained = { matches: true, wouldSend: null, wouldPublish }
  for (const which of [{ ruleId: idOf(made) }, { rule: { eventType: '*', action } }, {}])
    expect(await c.call('POST', '/rules/test', { ...which, event })).toMatchObject({
      status: 200,
      body: { rules: [explained] },
    })
  const path = `/rules/${idOf(made)}`
  expect(await c.call('PATCH', path, { name: 'other' })).toMatchObject({
    body: { name: 'other', action, steps: [] },
  })
  const sending = await c.call('PATCH', path, { action: ruleTo(c.bot).action })
  expect(sending).toMatchObject({ body: { steps: [{ integration: c.bot, to: '-1001234' }] } })
  expect(await c.call('PATCH', path, { action })).toMatchObject({ body: { action, steps: [] } })
})

test('filter, type and action are judged together', async () => {
  await using c = await rig()
  const reply = await c.call(
    'POST',
    '/rules',
    ruleTo('int_x', { eventType: ' ', filter: { a: {} } }),
  )
  const pointers = (errorsOf(reply) as { pointer: string }[]).map(({ pointer }) => pointer)
  expect(pointers).toEqual(['/eventType', '/filter/a', '/action/route/0/integration'])
})

test('a request repeated with its key makes one rule', async () => {
  await using c = await rig()
  const key = { 'idempotency-key': 'once' }
  const [first, second] = [
    await c.call('POST', '/rules', ruleTo(c.bot), key),
    await c.call('POST', '/rules', ruleTo(c.bot), key),
  ]
  expect(second.body).toEqual(first.body)
  expect(bodyOf(await c.call('GET', '/rules'))['items']).toHaveLength(1)
})

test("another tenant's rule is not there, and a key without the scope may not", async () => {
  await using c = await rig()
  const id = idOf(await c.call('POST', '/rules', ruleTo(c.bot)))
  for (const [method, body] of [
    ['GET', undefined],
    ['PUT', ruleTo(c.bot)],
    ['PATCH', {}],
    ['DELETE', undefined],
  ] as const) {
    expect((await c.callAsStranger(method, `/rules/${id}`, body)).status).toBe(404)
  }
  const event = { type: 'x' }
  expect((await c.callAsStranger('POST', '/rules/test', { ruleId: id, event })).status).toBe(404)
  const reader = await c.api.key({ tenantId: c.tenantId, scopes: ['rules:read'] })
  expect((await c.api.send(reader, 'POST', '/api/v1/rules', { body: ruleTo(c.bot) })).status).toBe(
    403,
  )
  expect(
    (await c.api.send(reader, 'POST', '/api/v1/rules/test', { body: { ruleId: id, event } }))
      .status,
  ).toBe(200)
})

test('the list is paged, oldest first', async () => {
  await using c = await rig()
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) {
    ids.push(idOf(await c.call('POST', '/rules', ruleTo(c.bot, { name }))))
  }
  const first = bodyOf(await c.call('GET', '/rules?limit=2'))
  const rest = bodyOf(await c.call('GET', `/rules?limit=2&cursor=${String(first['nextCursor'])}`))
  const shown = [first, rest].flatMap((page) => (page['items'] as Json[]).map(({ id }) => id))
  expect([shown, rest['nextCursor']]).toEqual([ids, null])
})

test('a membership action is a message to an integration with lists', async () => {
  await using c = await configApi()
  const lists = await c.call('POST', '/integrations', {
    connector: 'mailman',
    name: 'lists',
    settings: { user: 'restadmin' },
    secrets: { password: 'rest-pass' },
  })
  const action = {
    type: 'membership',
    integration: idOf(lists),
    list: 'members@example.org',
    change: 'subscribe',
    email: '{{ data.email }}',
    name: '{{ data.name }}',
  }
  const made = await c.call('POST', '/rules', { name: 'm', eventType: 'joined', action })
  expect(made).toMatchObject({
    status: 201,
    body: {
      action,
      steps: [{ integration: idOf(lists), to: '{{ data.email }} members@example.org' }],
    },
  })
  const fixed = { ...action, email: ' Anna@Example.org', change: 'hold' }
  const kept = await c.call('PATCH', `/rules/${idOf(made)}`, { action: fixed })
  expect(kept.body).toMatchObject({ steps: [{ to: 'anna@example.org members@example.org' }] })
  const { rows } = await c.db.owner.query<{ body: unknown }>(
    'SELECT body FROM plans ORDER BY id DESC',
  )
  expect(rows[0]?.body).toMatchObject({
    content: { text: 'hold', subject: '{{ data.name }}' },
    orderingKey: 'membership anna@example.org members@example.org',
  })
  const wrong = [
    [{ ...action, email: 'nobody' }, '/action/email'],
    [{ ...action, name: '{{ x' }, '/action/name'],
    [{ ...action, change: 'invite' }, '/action/change'],
  ] as const
  for (const [one, pointer] of wrong) {
    const refused = await c.call('POST', '/rules', { name: 'm', eventType: 'joined', action: one })
    expect([refused.status, errorsOf(refused)]).toMatchObject([400, [{ pointer }]])
  }
})
