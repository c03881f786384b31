/** The API of membership syncs over real routes, roles and rows: what is saved, what is refused, and what a dry run answers. */
import type { HttpPort } from '@carillon/connectors/http-port'
import { connectors } from '@carillon/connectors/registry.gen'
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import { startFakeNovi, type FakeNovi } from '@carillon/testkit/fake-novi'
import { startHttpSink, type HttpSink } from '@carillon/testkit/http-sink'
import { quietLog } from '@carillon/testkit/quiet-log'
import type { TestReply } from '@carillon/testkit/test-api'
import type { TestDb } from '@carillon/testkit/test-db'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { createHttpOut } from '../platform/outbound/http-out.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { addMembershipRoutes } from './routes.ts'
import type { SyncServices } from './run-step.ts'
import { createSyncRunner } from './run-syncs.ts'

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const idOf = (reply: TestReply): string => String(bodyOf(reply)['id'])

type Scene = {
  readonly c: ConfigApi
  readonly novi: FakeNovi
  readonly mailman: HttpSink
  readonly from: string
  readonly to: string
  /** The body of a sync. */
  readonly body: (more?: Json) => Json
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const page = (entries: readonly Json[]): string =>
  JSON.stringify({ start: 0, total_size: entries.length, entries })

const servicesOf = (db: TestDb, newId: IdGenerator, http: HttpPort): SyncServices => ({
  pool: db.engine,
  keyring: createKeyring([{ id: 't', key32: randomBytes(32) }], 't'),
  connectors,
  http,
  clock: systemClock,
  shard: 33,
  leaseMs: 30_000,
  acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
  onAccepted: () => undefined,
  newId,
  log: quietLog,
  metrics: createMetrics(),
  wakeLanes: () => undefined,
})

/** Two integrations that answer; the keyring of the routes is another one, so no secrets are stored. */
const scene = async (): Promise<Scene> => {
  await using parts = new AsyncDisposableStack()
  const http = createHttpOut({ allowPrivate: ['127.0.0.0/8'] })
  parts.defer(async () => await http.close())
  const novi = parts.use(await startFakeNovi())
  const mailman = parts.use(
    await startHttpSink(({ path }) => ({
      status: 200,
      body: path.includes('delivery_status') ? page([]) : page([{ email: 'zoe@x.org' }]),
    })),
  )
  const c = parts.use(
    await configApi({
      addRoutes: (server, db, newId) => {
        const services = servicesOf(db, newId, http.port)
        addMembershipRoutes(server, {
          pool: db.app,
          newId,
          rosters: services,
          runner: createSyncRunner(services),
          monotonicMs,
          wake: () => undefined,
        })
      },
    }),
  )
  const { from, to } = await integrations(c, novi.url, mailman.url)
  const kept = parts.move()
  return {
    c,
    novi,
    mailman,
    from,
    to,
    body: (more = {}) => ({
      name: 'members',
      from,
      to: { integration: to, list: 'Members@Example.org' },
      ...more,
    }),
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  }
}

const integrations = async (c: ConfigApi, novi: string, mailman: string) => {
  const from = await c.call('POST', '/integrations', {
    connector: 'novi',
    name: 'association',
    settings: { baseUrl: novi },
    secrets: { apiKey: 'key' },
  })
  const to = await c.call('POST', '/integrations', {
    connector: 'mailman',
    name: 'lists',
    settings: { baseUrl: mailman, user: 'restadmin' },
    secrets: { password: 'pass' },
  })
  // Sealed under the other keyring: what is asked here needs none.
  await c.db.owner.query('UPDATE integrations SET secrets = NULL')
  return { from: idOf(from), to: idOf(to) }
}

test('a sync is shown as it was given, with its defaults; it is changed in parts and as a whole', async () => {
  await using s = await scene()
  const { c, body } = s
  const made = await c.call('POST', '/membership-syncs', body({ schedule: { every: '6h' } }))
  expect([made.status, made.body]).toMatchObject([
    201,
    {
      id: expect.stringMatching(/^msy_/),
      from: s.from,
      to: { integration: s.to, list: 'members@example.org' },
      onInactive: 'unsubscribe',
      strangers: 'inactive',
      filter: {},
      guard: { maxRemovalsPercent: 20 },
      enabled: true,
      nextRunAt: expect.stringMatching(/Z$/),
    },
  ])
  const path = `/membership-syncs/${idOf(made)}`
  expect(await c.call('PATCH', path, { onInactive: 'hold', enabled: false })).toMatchObject({
    status: 200,
    body: { onInactive: 'hold', nextRunAt: null, schedule: { every: '6h' } },
  })
  const whole = await c.call('PUT', path, body({ filter: { MemberType: 'Individual' } }))
  expect(whole.body).toMatchObject({ onInactive: 'unsubscribe', schedule: null, enabled: true })
  expect((await c.call('GET', '/membership-syncs')).body).toMatchObject({ items: [whole.body] })
  expect((await c.callAsStranger('GET', path)).status).toBe(404)
  const used = await c.call('DELETE', `/integrations/${s.to}`)
  expect([used.status, bodyOf(used)['detail']]).toEqual([409, expect.stringContaining('"members"')])
  expect((await c.call('DELETE', path)).status).toBe(204)
  expect((await c.call('DELETE', `/integrations/${s.to}`)).status).toBe(204)
})

test('what is wrong with a sync is told by pointer', async () => {
  await using s = await scene()
  const { c, body } = s
  const wrong = [
    [{ from: s.to }, '/from', 'use one of novi'],
    [{ from: 'int_x' }, '/from', 'no integration "int_x"'],
    [{ to: { integration: s.from, list: 'a@b.org' } }, '/to/integration', 'has no lists'],
    [{ to: { integration: s.to, list: 'members' } }, '/to/list', 'not the address'],
    [{ to: { integration: s.to, list: 'a b@c.org' } }, '/to/list', 'no blanks'],
    [{ filter: { x: { gt: {} } } }, '/filter/x/gt', ''],
    [{ schedule: {} }, '/schedule', 'either'],
    [{ schedule: { every: '1m' } }, '/schedule/every', 'from 5m'],
    [{ schedule: { cron: 'x' } }, '/schedule/cron', 'cron pattern'],
    [{ schedule: { cron: '@daily', timeZone: 'Rome' } }, '/schedule/timeZone', ''],
    [{ guard: { maxRemovalsPercent: 101 } }, '/guard/maxRemovalsPercent', ''],
  ] as const
  for (const [more, pointer, detail] of wrong) {
    const refused = await c.call('POST', '/membership-syncs', body(more))
    expect([refused.status, bodyOf(refused)['errors']], pointer).toMatchObject([
      400,
      [{ pointer, detail: expect.stringContaining(detail) }],
    ])
  }
})

test('a dry run answers the difference, and says why when it can not', async () => {
  await using s = await scene()
  const { c, novi } = s
  novi.answers.push({
    status: 200,
    body: JSON.stringify({
      TotalCount: 2,
      Results: [
        { UniqueID: '1', Email: 'anna@x.org', MemberStatus: 'current' },
        { UniqueID: '2', Email: '', MemberStatus: 'current' },
      ],
    }),
  })
  const sync = idOf(await c.call('POST', '/membership-syncs', s.body()))
  const run = `/membership-syncs/${sync}/run`
  const diff = await c.call('POST', run, { dryRun: true })
  expect([diff.status, diff.body]).toMatchObject([
    200,
    {
      total: 3,
      subscribe: ['anna@x.org'],
      unsubscribe: ['zoe@x.org'],
      unchanged: 0,
      skipped: [{ reason: 'it has no e-mail address', key: '2' }],
      blocked: expect.stringContaining('guard maxRemovalsPercent: 1 of 1'),
      complete: true,
    },
  ])
  novi.answers.push({ status: 403 })
  const refused = await c.call('POST', run, { dryRun: true })
  expect([refused.status, bodyOf(refused)['detail']]).toEqual([
    409,
    expect.stringContaining('The source could not be read: HTTP 403'),
  ])
  const changes = `/membership-syncs/${sync}/runs/${String(bodyOf(diff)['run'])}/changes`
  const first = await c.call('GET', `${changes}?limit=2`)
  expect(first.body).toMatchObject({ items: [{ change: 'skip' }, { change: 'subscribe' }] })
  const cursor = String(bodyOf(first)['nextCursor'])
  expect((await c.call('GET', `${changes}?cursor=${cursor}`)).body).toMatchObject({
    items: [{ change: 'unsubscribe', email: 'zoe@x.org', delivery: null }],
    nextCursor: null,
  })
})

test('a real run is one at a time, listed with its counts, and ended by hand', async () => {
  await using s = await scene()
  const { c } = s
  const sync = idOf(await c.call('POST', '/membership-syncs', s.body()))
  const path = `/membership-syncs/${sync}`
  const run = await c.call('POST', `${path}/run`)
  expect([run.status, run.body]).toMatchObject([202, { state: 'running', phase: 'source' }])
  expect((await c.call('POST', `${path}/run`)).status).toBe(409)
  expect((await c.call('DELETE', path)).status).toBe(409)
  expect((await c.call('GET', `${path}/runs`)).body).toMatchObject({
    items: [{ id: idOf(run), counts: { total: 0 } }],
  })
  expect((await c.call('POST', `${path}/runs/${idOf(run)}/cancel`)).status).toBe(200)
  expect((await c.callAsStranger('POST', `${path}/runs/${idOf(run)}/cancel`)).status).toBe(404)
})
