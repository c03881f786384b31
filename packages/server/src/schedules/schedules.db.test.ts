import { expect, test } from 'vitest'
import { instant, toIso } from '@carillon/domain/clock'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { addScheduleRoutes } from './routes.ts'
import { runDueSchedule, type ScheduleServices } from './run-schedules.ts'
import type { RunView, ScheduleView } from './schema.ts'

const setUp = async () => {
  const db = await testDb()
  const make = given(db.owner)
  const tenantId = await make.tenant()
  const clock = { at: instant(Date.UTC(2026, 10, 22, 12)) }
  let services: ScheduleServices | undefined
  const api = await testApi(db, (server, newId) => {
    services = {
      pool: db.engine,
      acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
      onAccepted: () => {},
      newId,
      clock: { now: () => clock.at },
      log: quietLog,
      collectErrors: async (of, now) => ({
        errors: [{ message: 'it broke', of: of === undefined ? 'all' : 'one' }],
        timestamp: toIso(now),
      }),
    }
    addScheduleRoutes(server, { pool: db.app, services })
  })
  if (services === undefined) throw new Error('no services')
  const key = await api.key({ tenantId })
  const admin = await api.key()
  return {
    db,
    make,
    tenantId,
    api,
    clock,
    admin,
    services,
    call: async (
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      path: string,
      body?: object,
    ) =>
      await api.send(key, method, `/api/v1/schedules${path}`, body === undefined ? {} : { body }),
    events: async () =>
      (
        await db.owner.query<{ source_id: string; type: string; subject: string; data: string }>(
          'SELECT source_id, type, subject, data::text AS data FROM events ORDER BY time',
        )
      ).rows,
    /** Lets the stored schedules be due, as if they had been saved before this time; the process's clock is right. */
    dueSince: async (time: string) => {
      clock.at = instant(Date.now())
      await db.owner.query('UPDATE schedules SET next_run_at = $1', [time])
    },
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

type SetUp = Awaited<ReturnType<typeof setUp>>

const daily = { name: 'Daily digest', pattern: '30 5 * * *', timeZone: 'Europe/Rome' }

/** What is due is decided by the database's clock, so by the day on which the test runs. */
const dayMs = 86_400_000
const midnight = (daysAgo = 0): string =>
  toIso(instant((Math.floor(Date.now() / dayMs) - daysAgo) * dayMs))
const atMidnight = { ...daily, pattern: '@daily', timeZone: 'UTC' }

const make = async (s: SetUp, body: object = daily): Promise<ScheduleView> => {
  const reply = await s.call('POST', '', body)
  expect(reply).toMatchObject({ status: 201 })
  return reply.body as ScheduleView
}

const runAll = async (s: SetUp): Promise<number> => {
  let count = 0
  while ((await runDueSchedule(s.services)) > 0) count += 1
  return count
}

test('it is made with its next run, changed, switched off and deleted', async () => {
  await using s = await setUp()
  const made = await make(s)
  expect(made).toMatchObject({
    ...daily,
    eventType: 'schedule.due',
    data: {},
    missed: 'once',
    enabled: true,
    nextRunAt: '2026-11-23T04:30:00.000Z',
  })
  const path = `/${made.id}`
  expect((await s.call('PATCH', path, { pattern: '0 6 * * *' })).body).toMatchObject({
    name: 'Daily digest',
    timeZone: 'Europe/Rome',
    nextRunAt: '2026-11-23T05:00:00.000Z',
  })
  expect((await s.call('PATCH', path, { enabled: false })).body).toMatchObject({ nextRunAt: null })
  expect((await s.call('PUT', path, { name: 'x', pattern: '@daily' })).body).toMatchObject({
    timeZone: 'UTC',
    enabled: true,
  })
  expect((await s.call('GET', '?enabled=true')).body).toMatchObject({ items: [{ name: 'x' }] })
  expect((await s.call('DELETE', path)).status).toBe(204)
  expect((await s.call('GET', path)).status).toBe(404)
})

test.each([
  [{ ...daily, pattern: '99 * * * *' }, '/pattern'],
  [{ ...daily, timeZone: 'Europe/Roma' }, '/timeZone'],
  [{ ...daily, subscriptionId: 'Nobody' }, '/subscriptionId'],
  [{ ...daily, data: { long: 'x'.repeat(70_000) } }, '/data'],
  [{ ...daily, missed: 'perhaps' }, '/missed'],
])('what is wrong is named: %#', async (body, pointer) => {
  await using s = await setUp()
  expect(await s.call('POST', '', body)).toMatchObject({
    status: 400,
    body: { errors: [{ pointer }] },
  })
})

test('a name is given once in a tenant; the answer says to which', async () => {
  await using s = await setUp()
  const first = await make(s)
  const answers = await Promise.all(
    [1, 2, 3].map(async () => await s.call('POST', '', { ...daily, name: 'Weekly' })),
  )
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
  expect(await s.call('POST', '', daily)).toMatchObject({
    status: 409,
    body: { code: 'conflict', detail: expect.stringContaining(first.id) as unknown },
  })
  expect((await s.call('PATCH', `/${first.id}`, { name: 'Weekly' })).status).toBe(409)
  expect((await s.call('PUT', `/${first.id}`, daily)).status).toBe(200)
})

test('the preview shows the next times in the zone, around a change of the clocks', async () => {
  await using s = await setUp()
  s.clock.at = instant(Date.UTC(2027, 2, 27))
  const reply = await s.call('POST', '/preview', {
    pattern: '30 2 * * *',
    timeZone: 'Europe/Rome',
    count: 2,
  })
  expect(reply.body).toEqual({
    timeZone: 'Europe/Rome',
    runs: ['2027-03-27T01:30:00.000Z', '2027-03-28T01:00:00.000Z'],
  })
})

test('a due schedule makes one event, however many processes look, and is due again later', async () => {
  await using s = await setUp()
  const { id } = await make(s, { ...atMidnight, eventType: 'digest.due', data: { for: 'ops' } })
  await s.dueSince(midnight())
  await Promise.all(Array.from({ length: 5 }, async () => runAll(s)))
  expect(await s.events()).toEqual([
    {
      source_id: `${id}/${midnight()}`,
      type: 'digest.due',
      subject: 'Daily digest',
      data: '{"for":"ops"}',
    },
  ])
  const { body } = await s.call('GET', `/${id}/runs`)
  expect((body as { items: RunView[] }).items).toMatchObject([
    { dueAt: midnight(), byHand: false, missed: 0, error: null },
  ])
  expect((await s.call('GET', `/${id}`)).body).toMatchObject({
    nextRunAt: midnight(-1),
  })
})

test.each([
  ['once', 1, 2],
  ['all', 3, 0],
  ['skip', 0, 3],
])('three days away with "%s": %i events, %i noted as missed', async (missed, events, noted) => {
  await using s = await setUp()
  const { id } = await make(s, { ...atMidnight, missed })
  await s.dueSince(midnight(2))
  await runAll(s)
  expect(await s.events()).toHaveLength(events)
  const { items } = (await s.call('GET', `/${id}/runs`)).body as { items: RunView[] }
  expect(items.reduce((sum, run) => sum + run.missed, 0)).toBe(noted)
})

test('a process whose clock is three days ahead runs what is due, and takes nothing from the days to come', async () => {
  await using s = await setUp()
  const { id } = await make(s, atMidnight)
  await s.dueSince(midnight())
  s.clock.at = instant(Date.now() + 3 * dayMs)
  expect(await runAll(s)).toBe(1)
  expect((await s.call('GET', `/${id}/runs`)).body).toMatchObject({ items: [{ missed: 0 }] })
  expect((await s.call('GET', `/${id}`)).body).toMatchObject({
    nextRunAt: midnight(-1),
  })
})

test('a schedule publishes to its subscription: a fan-out of that origin', async () => {
  await using s = await setUp()
  await s.make.subscription(s.tenantId, { subscriptionId: 'SystemErrors' })
  await make(s, { ...atMidnight, subscriptionId: 'SystemErrors' })
  await s.dueSince(midnight())
  await runAll(s)
  const { rows } = await s.db.owner.query('SELECT origin, state FROM fan_outs')
  expect(rows).toEqual([{ origin: 'schedule', state: 'open' }])
})

test('run by hand: at once, and the next run stays where it was', async () => {
  await using s = await setUp()
  const { id, nextRunAt } = await make(s)
  expect(await s.call('POST', `/${id}/run`)).toMatchObject({ status: 200, body: { byHand: true } })
  expect(await s.events()).toHaveLength(1)
  expect((await s.call('GET', `/${id}`)).body).toMatchObject({ nextRunAt })
})

test('error lines are collected when it runs; those of the whole installation for platform admins only', async () => {
  await using s = await setUp()
  const body = { ...atMidnight, collect: 'all_error_lines' }
  expect((await s.call('POST', '', body)).status).toBe(403)
  const slug = (await s.db.owner.query<{ slug: string }>('SELECT slug FROM tenants')).rows[0]?.slug
  const headers = { 'carillon-tenant': slug ?? '' }
  const made = await s.api.send(s.admin, 'POST', '/api/v1/schedules', { body, headers })
  expect(made.status).toBe(201)
  await s.dueSince(midnight())
  await runAll(s)
  expect(JSON.parse((await s.events())[0]?.data ?? '')).toEqual({
    errors: [{ message: 'it broke', of: 'all' }],
    timestamp: midnight(),
  })
})

test('one schedule that can not be run holds up no other, and is tried again', async () => {
  await using s = await setUp()
  const broken = await make(s, { ...atMidnight, name: 'broken' })
  await make(s, { ...atMidnight, name: 'whole' })
  await s.db.owner.query(`UPDATE schedules SET pattern = 'nonsense' WHERE name = 'broken'`)
  await s.dueSince(midnight())
  await runAll(s)
  expect((await s.events()).map(({ subject }) => subject)).toEqual(['whole'])
  await s.db.owner.query(`UPDATE schedules SET pattern = '@daily', retry_at = now()`)
  await runAll(s)
  expect((await s.events()).map(({ subject }) => subject)).toEqual(['whole', 'broken'])
  expect((await s.call('GET', `/${broken.id}`)).body).toMatchObject({
    nextRunAt: midnight(-1),
  })
})

test("another tenant's schedule is not there", async () => {
  await using s = await setUp()
  const { id } = await make(s)
  const stranger = await s.api.key({ tenantId: await s.make.tenant() })
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/runs'],
    ['POST', '/run'],
    ['DELETE', ''],
  ] as const)
    expect(await s.api.send(stranger, method, `/api/v1/schedules/${id}${path}`)).toMatchObject({
      status: 404,
    })
})
