/** Explanations over the real route: what would be, what was, for whom, and why not. */
import { connectors } from '@carillon/connectors/registry.gen'
import { asId, printId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { givenDeliveries } from '@carillon/testkit/given-deliveries'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { addExplainRoutes } from './routes.ts'
import type { ExplainAnswer } from './schema.ts'

const rig = async (functionNames: readonly string[] = []) => {
  const db = await testDb()
  const api = await testApi(db, (server) =>
    addExplainRoutes(server, {
      pool: db.app,
      connectors,
      renderer: createTemplateRenderer(),
      clock: systemClock,
      functionNames: async () => functionNames,
    }),
  )
  const tenantId = await given(db.owner).tenant()
  const mailer = await given(db.owner).integration(tenantId, {
    connector: 'smtp',
    channel: 'email',
  })
  const key = await api.key({ tenantId })
  const post = async (body: object) => await api.send(key, 'POST', '/api/v1/explain', { body })
  const ask = async (body: object): Promise<ExplainAnswer> => {
    const { status, body: answer } = await post(body)
    expect(status).toBe(200)
    return answer as ExplainAnswer
  }
  const dispose = async (): Promise<void> => {
    await api[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
  }
  return { api, db, tenantId, mailer, post, ask, [Symbol.asyncDispose]: dispose }
}

const codesOf = ({ decisions }: ExplainAnswer): readonly string[] =>
  decisions.map(({ code }) => code)
const order = { type: 'order.paid', data: { total: 12, mail: 'anna@example.org' } }

test('an event that was not: the rule, its conditions, and the step that would take it', async () => {
  await using c = await rig()
  await given(c.db.owner).rule(c.tenantId, {
    eventType: 'order.*',
    filter: { 'data.total': { gt: 10 } },
    plan: { steps: [{ integrationId: c.mailer, to: '{{ data.mail }}' }] },
  })
  await given(c.db.owner).rule(c.tenantId, {
    eventType: 'mail.*',
    plan: { steps: [{ integrationId: c.mailer, to: 'x@example.org' }] },
  })
  const answer = await c.ask({ event: order, person: 'Anna@Example.org' })
  expect(codesOf(answer)).toEqual([
    'event_typed',
    'rule_matched',
    'condition_holds',
    'step_possible',
    'rules_of_other_types',
  ])
  expect(answer.conclusion.text).toBe(
    'Anna@Example.org would get it at once, by email through "smtp" to anna@example.org',
  )
})

test('a suppressed address is passed over by name, and nothing is left', async () => {
  await using c = await rig()
  await given(c.db.owner).rule(c.tenantId, {
    plan: { steps: [{ integrationId: c.mailer, to: '{{ data.mail }}' }] },
  })
  await c.db.owner.query(
    `INSERT INTO suppressions (tenant_id, channel, address, reason) VALUES ($1, 'email', 'anna@example.org', 'complained')`,
    [c.tenantId],
  )
  const answer = await c.ask({ event: order })
  expect(codesOf(answer)).toContain('step_suppressed')
  expect([answer.conclusion.verdict, answer.conclusion.text]).toEqual([
    'no',
    expect.stringContaining('complained'),
  ])
})

test('a rule that writes to others, and one whose conditions fail, say so', async () => {
  await using c = await rig()
  const plan = { steps: [{ integrationId: c.mailer, to: 'ops@example.org' }] }
  await given(c.db.owner).rule(c.tenantId, { plan })
  const others = await c.ask({ event: order, person: 'anna@example.org' })
  expect([codesOf(others).at(-1), others.conclusion.verdict]).toEqual([
    'rule_writes_to_others',
    'no',
  ])
  await c.db.owner.query(`UPDATE rules SET filter = '{"data.total": 99}'`)
  const failed = await c.ask({ event: order })
  expect(codesOf(failed)).toContain('rule_conditions_failed')
})

test('a publishing rule: who is registered, by what, and whether there is a text', async () => {
  await using c = await rig()
  const subscription = await given(c.db.owner).subscription(c.tenantId, { subscriptionId: 'News' })
  await given(c.db.owner).rule(c.tenantId, { publish: subscription })
  await given(c.db.owner).registrations(c.tenantId, subscription)
  const stranger = await c.ask({ event: order, person: 'zoe@example.org' })
  expect(codesOf(stranger).at(-1)).toBe('not_registered')
  expect(codesOf(await c.ask({ event: order, person: 'u1' })).at(-1)).toBe('no_default_integration')
  await c.db.owner.query('UPDATE integrations SET is_default = true')
  expect(codesOf(await c.ask({ event: order, person: 'u1' })).at(-1)).toBe('no_text')
  await c.db.owner.query(`UPDATE subscriptions SET content = '{"default": {"text": "hello"}}'`)
  const reached = await c.ask({ event: order, person: 'u1' })
  expect([codesOf(reached).at(-1), reached.conclusion.code]).toEqual([
    'step_possible',
    'would_get_now',
  ])
})

test('a function decides by itself, and nobody pretends to know', async () => {
  await using c = await rig(['News'])
  const subscription = await given(c.db.owner).subscription(c.tenantId, { subscriptionId: 'News' })
  await given(c.db.owner).rule(c.tenantId, { publish: subscription })
  expect(codesOf(await c.ask({ event: order })).at(-1)).toBe('function_decides')
})

test('an event that was: each delivery with its turns, and the sentence for one person', async () => {
  await using c = await rig()
  const ids = await givenDeliveries(c.db.owner, { tenantId: c.tenantId, integrationId: c.mailer }, [
    { to: 'anna@example.org', state: 'failed' },
    { to: 'bruno@example.org', state: 'sent' },
    { to: 'carla@example.org', state: 'pending' },
  ])
  const { rows } = await c.db.owner.query<{ id: string }>('SELECT id FROM events')
  const eventId = printId('event', asId('event', rows[0]?.id ?? ''))
  const conclusions = await Promise.all(
    ['anna', 'bruno', 'carla', 'zoe'].map(
      async (name) => (await c.ask({ eventId, person: `${name}@example.org` })).conclusion.code,
    ),
  )
  expect(conclusions).toEqual(['got_nothing', 'got', 'not_yet', 'got_nothing'])
  const one = await c.ask({ delivery: printId('delivery', asId('delivery', ids[0] ?? '')) })
  expect(codesOf(one)).toEqual(['event_received', 'rule_matched', 'delivery', 'attempt'])
})

test('nothing, or two things at once, are refused; what is not there is missing', async () => {
  await using c = await rig()
  const missing = `evt_${'0'.repeat(26)}`
  const statuses = [{}, { event: order, eventId: missing }, { eventId: missing }, { eventId: 'x' }]
  expect(await Promise.all(statuses.map(async (body) => (await c.post(body)).status))).toEqual([
    400, 400, 404, 404,
  ])
})

test('who may not read what an explanation tells is told nothing', async () => {
  await using c = await rig()
  const needed = [
    'reports:read',
    'deliveries:read',
    'events:read',
    'rules:read',
    'contacts:read',
    'registrations:read',
    'suppressions:read',
  ]
  const statusWith = async (scopes: readonly string[]) => {
    const key = await c.api.key({ tenantId: c.tenantId, scopes })
    return await c.api.send(key, 'POST', '/api/v1/explain', { body: { event: order } })
  }
  for (const missing of needed) {
    const { status, body } = await statusWith(needed.filter((scope) => scope !== missing))
    expect([status, body]).toEqual([403, expect.objectContaining({ code: 'forbidden' })])
    expect(JSON.stringify(body)).toContain(missing)
  }
  expect((await statusWith(needed)).status).toBe(200)
})
