import { expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { engineRig, running } from '@carillon/testkit/engine-rig'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { createTimeGatherer } from '../delivery/gather-times.ts'
import { keepTimes } from '../delivery/keep-times.ts'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { systemClock } from '../platform/clock.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { forgetSlotsAcrossTenants } from './queries.ts'
import { addReportRoutes } from './routes.ts'
import { runDueReport, type RunReportServices } from './run-reports.ts'
import type { ReportView, SendAnswer, SettingsView } from './schema.ts'

const setUp = async () => {
  const db = await testDb()
  const make = given(db.owner)
  const tenantId = await make.tenant()
  const mail = await make.integration(tenantId, { connector: 'smtp', channel: 'email' })
  await db.owner.query('UPDATE integrations SET is_default = true')
  await db.owner.query(`UPDATE tenants SET time_zone = 'Europe/Rome'`)
  const clock = { at: systemClock.now() }
  const newId = createSystemIdGenerator()
  const services: RunReportServices = {
    pool: db.engine,
    acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
    onAccepted: () => undefined,
    wakeLanes: () => undefined,
    newId,
    shard: 0,
    log: quietLog,
  }
  const api = await testApi(db, (server) => {
    const now = (): typeof clock.at => clock.at
    addReportRoutes(server, {
      ...services,
      pool: db.app,
      enginePool: db.engine,
      clock: { now },
    })
  })
  const key = await api.key({ tenantId })
  return {
    db,
    make,
    tenantId,
    mail,
    clock,
    services,
    call: async (method: 'GET' | 'POST' | 'PUT', path = '', body?: object) =>
      await api.send(
        key,
        method,
        `/api/v1/reports/daily${path}`,
        body === undefined ? {} : { body },
      ),
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
type SetUp = Awaited<ReturnType<typeof setUp>>

const settle = async (s: SetUp, body: object = { recipients: ['ops@example.org'] }) => {
  const reply = await s.call('PUT', '/settings', body)
  expect(reply).toMatchObject({ status: 200 })
  return reply.body as SettingsView
}

/** As if the service had been saved so many days ago, and then been down. */
const wasDown = async ({ db }: SetUp, days: number): Promise<void> => {
  await db.owner.query(
    `UPDATE report_settings SET last_day = last_day - $1::int, next_run_at = next_run_at - ($1::int || ' days')::interval`,
    [days],
  )
}

const slot = async ({ db, tenantId, mail }: SetUp, at: string, sent: number): Promise<void> => {
  await db.owner.query(
    `INSERT INTO slot_counters (tenant_id, slot, campaign, integration_id, shard, sent)
     VALUES ($1, $2, '00000000-0000-0000-0000-000000000000', $3, 0, $4)`,
    [tenantId, at, mail, sent],
  )
}

const reports = async ({ db }: SetUp) =>
  (
    await db.owner.query<{ id: string; day: string; missed: string; sent: number; to: string }>(
      `SELECT e.source_id AS id, e.data->>'date' AS day, (SELECT string_agg(m->>'date', ' ') FROM json_array_elements(e.data->'missed') m) AS missed,
              (e.data->'total'->>'sent')::int AS sent, (SELECT string_agg(recipient, ' ' ORDER BY recipient) FROM deliveries d WHERE d.event_id = e.id) AS to
         FROM events e WHERE e.type = 'carillon.report.daily' ORDER BY e.time, e.id`,
    )
  ).rows

const runAll = async (s: SetUp): Promise<void> => {
  while ((await runDueReport(s.services)) > 0);
}

test('what happens to deliveries is counted in its quarter of an hour, whichever statement does it', async () => {
  await using s = await setUp()
  const rig = await engineRig(s.db)
  const integrationId = await s.make.integration(rig.tenantId)
  await s.make.rule(rig.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
  await s.db.owner.query(
    `UPDATE plans SET body = jsonb_set(body, '{retry}', '{"kind":"delays","delaysMs":[]}')`,
  )
  await rig.accept(6)
  let n = 0
  const worker = rig.worker(() => {
    n += 1
    return n <= 4 ? { kind: 'accepted', ids: [] } : { kind: 'message_rejected', reason: 'too long' }
  })
  await running(worker, async () => {
    await eventually(async () => expect(await rig.states()).toEqual({ sent: 4, failed: 2 }))
  })
  const { rows } = await s.db.owner.query(
    `SELECT sum(created)::int AS created, sum(attempts)::int AS attempts, sum(sent)::int AS sent, sum(failed)::int AS failed,
            bool_and(slot <= now() AND slot > now() - interval '16 minutes') AS now FROM slot_counters`,
  )
  expect(rows).toEqual([{ created: 6, attempts: 6, sent: 4, failed: 2, now: true }])
  const causes = await s.db.owner.query('SELECT cause, n::int FROM failure_causes')
  expect(causes.rows).toEqual([{ cause: 'message_rejected', n: 2 }])
  // A receipt moves what was counted as sent: that stays what happened then, and the receipt counts now.
  await s.db.owner.query(
    `UPDATE delivery_counters SET sent = sent - 3, delivered = delivered + 3 WHERE tenant_id = $1`,
    [rig.tenantId],
  )
  const after = await s.db.owner.query(
    'SELECT sum(sent)::int AS sent, sum(delivered)::int AS delivered FROM slot_counters',
  )
  expect(after.rows).toEqual([{ sent: 4, delivered: 3 }])
})

/** The day on which the clocks went back: 25 hours, from 22:00Z to 23:00Z. */
const fillLongDay = async (s: SetUp): Promise<void> => {
  const { db, tenantId, mail } = s
  for (const [at, sent] of [
    ['2026-10-24T21:45:00Z', 1],
    ['2026-10-24T22:00:00Z', 10],
    ['2026-10-25T22:45:00Z', 100],
    ['2026-10-25T23:00:00Z', 1_000],
  ] as const)
    await slot(s, at, sent)
  const campaign = '00000000-0000-7000-8000-00000000000c'
  await db.owner.query(
    `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, created_by)
     VALUES ($1, $2, 'May <b>{{ 1 }}', '{}', '2026-01-01', '2027-01-01', 'x')`,
    [tenantId, campaign],
  )
  await db.owner.query(
    `INSERT INTO slot_counters (tenant_id, slot, campaign, integration_id, shard, sent, failed) VALUES ($1, '2026-10-25T10:00Z', $2, $3, 0, 60, 5)`,
    [tenantId, campaign, mail],
  )
  await db.owner.query(
    `INSERT INTO failure_causes (tenant_id, slot, campaign, cause, shard, n) VALUES ($1, '2026-10-25T10:00Z', $2, 'unknown', 0, 5)`,
    [tenantId, campaign],
  )
  await db.owner.query(
    `INSERT INTO events (tenant_id, id, source, source_id, type, time, data)
     SELECT $1, carillon_uuid_at(extract(epoch FROM '2026-10-25T12:00Z'::timestamptz)::bigint * 1000, n), CASE n WHEN 3 THEN 'me' ELSE 'carillon' END, n::text,
            'carillon.integration.opened', now(), '{"integration":"int_00000000000000000000000000"}' FROM generate_series(1, 3) n`,
    [tenantId],
  )
  const gatherer = createTimeGatherer()
  gatherer.giveBack(
    [30, 7].map((n, at) => ({
      tenantId,
      integrationId: mail,
      slot: instant(Date.parse('2026-10-25T12:00:00Z')),
      bucket: at * 10,
      n,
    })),
  )
  expect(await keepTimes({ pool: db.engine, gatherer })).toBe(2)
  expect(await keepTimes({ pool: db.engine, gatherer })).toBe(0)
}

test('a report has the numbers of the local day, its campaigns, causes, breakers and slow integrations', async () => {
  await using s = await setUp()
  s.clock.at = instant(Date.parse('2026-10-26T08:00:00Z'))
  await fillLongDay(s)
  const reply = await s.call('GET', '?date=2026-10-25')
  expect(reply).toMatchObject({
    status: 200,
    body: {
      report: {
        from: '2026-10-24T22:00:00.000Z',
        until: '2026-10-25T23:00:00.000Z',
        total: { sent: 110 },
        campaigns: [{ name: 'May <b>{{ 1 }}', sent: 60, failures: [{ cause: 'unknown', n: 5 }] }],
        failures: [{ cause: 'unknown', n: 5 }],
        breakers: [{ integration: 'int_00000000000000000000000000', opened: 2 }],
        slowest: [{ exchanges: 37, p95Ms: expect.any(Number) }],
      },
    },
  })
  const { mail: told } = reply.body as SendAnswer
  expect(told.subject).toBe('[Carillon] Report for Sunday, 25 October 2026: 110 sent, 0 failed')
  expect(told.text).toContain('- May <b>{{ 1 }}: 60 sent, 5 failed')
  expect(told.html).toContain('May &lt;b&gt;{{ 1 }}')
  expect(told.html).not.toContain('<b>')
  expect(await s.call('GET', '?date=2026-10-26')).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/date' }] },
  })
  expect(await s.call('GET')).toMatchObject({ body: { report: { date: '2026-10-25' } } })
})

test('the settings say who, when and through what, and wrong ones are refused with pointers', async () => {
  await using s = await setUp()
  expect((await s.call('GET', '/settings')).body).toMatchObject({ enabled: false, at: '05:30' })
  const saved = await settle(s, {
    recipients: ['Ops@Example.org', 'b@example.org', 'b@example.org'],
  })
  expect(saved).toMatchObject({ recipients: ['Ops@example.org', 'b@example.org'], problem: null })
  expect(Date.parse(saved.nextRunAt ?? '')).toBeGreaterThan(s.clock.at)
  const refused = async (body: object) =>
    ((await s.call('PUT', '/settings', body)).body as { errors: { pointer: string }[] }).errors.map(
      ({ pointer }) => pointer,
    )
  expect(await refused({ recipients: ['a', 'x@example.org', 'b@@c'] })).toEqual([
    '/recipients/0',
    '/recipients/2',
  ])
  expect(await refused({ recipients: [] })).toEqual(['/recipients'])
  expect(await refused({ recipients: ['a@example.org'], integration: 'int_x' })).toEqual([
    '/integration',
  ])
  expect(await refused({ recipients: ['a@example.org'], at: '25:00' })).toEqual(['/at'])
  expect(await settle(s, { recipients: [], enabled: false })).toMatchObject({ nextRunAt: null })
  await s.db.owner.query('UPDATE integrations SET is_default = false')
  expect(await refused({ recipients: ['a@example.org'] })).toEqual(['/integration'])
})

test('down for three days: one report, of yesterday, that names the others; also by two schedulers at once', async () => {
  await using s = await setUp()
  await settle(s, { recipients: ['a@example.org', 'b@example.org'], at: '00:00' })
  await runAll(s)
  expect(await reports(s)).toEqual([])
  await wasDown(s, 3)
  const { rows } = await s.db.owner.query<{ day: string }>(
    `SELECT (now() AT TIME ZONE 'Europe/Rome')::date - n AS day FROM generate_series(1, 3) n`,
  )
  await Promise.all(Array.from({ length: 4 }, async () => await runAll(s)))
  const [report, ...others] = await reports(s)
  expect(others).toEqual([])
  expect(report).toMatchObject({ to: 'a@example.org b@example.org' })
  expect(report?.id).toBe(`daily/${report?.day}`)
  expect(report?.missed.split(' ')).toHaveLength(2)
  expect(rows).toHaveLength(3)
  const { body } = await s.call('GET', '/settings')
  expect(body).toMatchObject({ lastDay: report?.day })
  expect(Date.parse((body as SettingsView).nextRunAt ?? '')).toBeGreaterThan(Date.now())
  const content = await s.db.owner.query(`SELECT body->'content'->>'text' AS text FROM plans`)
  expect(content.rows[0]).toMatchObject({ text: expect.stringContaining('Days without a report') })
})

test('a crash in the middle leaves nothing behind, and the day is told once all the same', async () => {
  await using s = await setUp()
  await settle(s, { recipients: ['a@example.org'], at: '00:00' })
  await wasDown(s, 1)
  let broken = true
  const services: RunReportServices = {
    ...s.services,
    acceptEvents: async (client, events) => {
      const accepted = await s.services.acceptEvents(client, events)
      if (broken) throw new Error('gone')
      return accepted
    },
  }
  await runDueReport(services)
  expect(await reports(s)).toEqual([])
  // Put off: it holds up nobody else's.
  expect(await runDueReport(services)).toBe(0)
  broken = false
  await s.db.owner.query('UPDATE report_settings SET retry_at = NULL')
  await runDueReport(services)
  await runAll(s)
  expect(await reports(s)).toHaveLength(1)
})

test('a tenant that moves to another zone gets its reports in the mornings of that one', async () => {
  await using s = await setUp()
  const before = await settle(s)
  await s.db.owner.query(`UPDATE tenants SET time_zone = 'Pacific/Auckland', language = 'it'`)
  await runAll(s)
  const after = (await s.call('GET', '/settings')).body as SettingsView
  expect(after.nextRunAt).not.toBe(before.nextRunAt)
  const local = new Date(after.nextRunAt ?? '').toLocaleTimeString('en-GB', {
    timeZone: 'Pacific/Auckland',
  })
  expect(local).toBe('05:30:00')
  expect((await reports(s)).length).toBeLessThanOrEqual(1)
})

test('on demand it goes at once, as often as wanted; a dry run only shows it', async () => {
  await using s = await setUp()
  const dry = await s.call('POST', '', { dryRun: true })
  expect(dry).toMatchObject({ status: 200, body: { event: null, deliveries: [] } })
  expect(await s.call('POST', '', {})).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/recipients' }] },
  })
  await settle(s)
  const first = (await s.call('POST', '', {})).body as SendAnswer
  const second = (await s.call('POST', '', { recipients: ['x@example.org'] })).body as SendAnswer
  expect(first.deliveries).toMatchObject([{ to: 'ops@example.org' }])
  expect(second.deliveries).toMatchObject([{ to: 'x@example.org' }])
  expect((await reports(s)).map(({ to }) => to)).toEqual(['ops@example.org', 'x@example.org'])
  // The morning's own is another one.
  await wasDown(s, 1)
  await s.db.owner.query(`UPDATE report_settings SET next_run_at = now()`)
  await runAll(s)
  expect(await reports(s)).toHaveLength(3)
})

test('numbers of a day are read from counters, without a look at deliveries, and old counters go', async () => {
  await using s = await setUp()
  await slot(s, '2026-01-01T00:00:00Z', 1)
  const recent = new Date(Date.now() - 86_400_000).toISOString()
  await slot(s, recent, 2)
  expect(await forgetSlotsAcrossTenants(s.db.engine, 40)).toBe(1)
  const { rows } = await s.db.owner.query('SELECT sent::int FROM slot_counters')
  expect(rows).toEqual([{ sent: 2 }])
  for (const table of ['deliveries', 'settlements', 'delivery_queue'])
    await s.db.owner.query(`ALTER TABLE ${table} RENAME TO gone_${table}`)
  const report = ((await s.call('GET')).body as { report: ReportView }).report
  expect(report.total.created).toBe(0)
})
