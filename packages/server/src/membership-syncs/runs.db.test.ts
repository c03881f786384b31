/** Runs over real rows, with a source and a list in memory: what survives faults and company, cancelling, hints, schedules. The real Mailman is asked in tests/e2e/membership-sync.test.ts. */
import { connectors } from '@carillon/connectors/registry.gen'
import type { Connector } from '@carillon/connectors/define-connector'
import type { Roster, RosterMember } from '@carillon/connectors/roster'
import { asId, parseId, printId, type TenantId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { systemClock } from '../platform/clock.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { followHints, runDueSync } from './jobs.ts'
import { findRun } from './list-syncs.ts'
import { createSyncRunner } from './run-syncs.ts'
import type { SyncServices } from './run-step.ts'
import { createSync } from './save-sync.ts'
import type { RunBody, RunView, SyncBody } from './schema.ts'
import { cancelRun, startRun } from './start-run.ts'

type Fields = Readonly<Record<string, unknown>>

const pageSize = 7
const signal = new AbortController().signal

/** A roster over a map; `calls` may throw to break a step. */
const rosterOf = (
  kind: 'source' | 'list',
  members: ReadonlyMap<string, RosterMember>,
  onCall: () => void,
): Roster<Fields, Fields> => ({
  kind,
  examples: [],
  page: async ({ cursor, since }) => {
    onCall()
    const at = typeof cursor?.['at'] === 'number' ? cursor['at'] : 0
    // What has changed: here, whoever is not called P any more.
    const all = [...members.values()].filter(
      ({ name }) => since === undefined || !name.startsWith('P '),
    )
    const end = at + pageSize
    const next = end < all.length ? { at: end } : null
    return { kind: 'page', members: all.slice(at, end), next, total: all.length }
  },
  member: async ({ key }) => {
    onCall()
    const found = [...members.values()].find((one) => one.key === key || one.email === key)
    return found === undefined ? { kind: 'absent' } : { kind: 'member', member: found }
  },
})

const person = (n: number, more: Partial<RosterMember> = {}): RosterMember => ({
  key: `k${n}`,
  email: `p${n}@x.org`,
  name: `P ${n}`,
  active: true,
  ...more,
})

type Scene = {
  readonly db: TestDb
  readonly tenantId: TenantId
  readonly source: Map<string, RosterMember>
  readonly list: Map<string, RosterMember>
  readonly services: SyncServices
  /** Called before each exchange with the other sides. */
  readonly fault: { next: () => void }
  readonly sync: string
  readonly from: string
  readonly start: (more?: RunBody) => Promise<string>
  readonly look: (run: string) => Promise<RunView>
  /** Turns of the background until the run waits for its deliveries or has ended; waits after faults are cut short. */
  readonly work: (run: string) => Promise<RunView>
  /** All open deliveries end as sent, and the list has their changes. */
  readonly send: () => Promise<number>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const connectorOf = (id: string): Connector => {
  const found = Object.values(connectors).find((one) => one.id === id)
  if (found === undefined) throw new Error(`no connector ${id}`)
  return found
}

const servicesOf = (
  db: TestDb,
  sides: Pick<Scene, 'source' | 'list'>,
  fault: Scene['fault'],
): SyncServices => {
  const onCall = (): void => fault.next()
  const novi = { ...connectorOf('novi'), roster: rosterOf('source', sides.source, onCall) }
  const mailman = { ...connectorOf('mailman'), roster: rosterOf('list', sides.list, onCall) }
  const newId = createSystemIdGenerator()
  return {
    pool: db.engine,
    keyring: createKeyring([{ id: 'test', key32: randomBytes(32) }], 'test'),
    connectors: { novi, mailman },
    http: { request: async () => ({ kind: 'not_sent', reason: 'blocked', message: '' }) },
    clock: systemClock,
    shard: 33,
    leaseMs: 30_000,
    acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
    onAccepted: () => undefined,
    newId,
    log: quietLog,
    wakeLanes: () => undefined,
  }
}

/** A sync of two integrations; returns its id and the source's. */
const makeSync = async (
  db: TestDb,
  tenantId: TenantId,
  more: Partial<SyncBody>,
  { connectors: known, newId }: SyncServices,
) => {
  const arrange = given(db.owner)
  const from = await arrange.integration(tenantId, { connector: 'novi', channel: 'none' })
  const to = await arrange.integration(tenantId, { connector: 'mailman', channel: 'membership' })
  const body = {
    name: 's',
    from: printId('integration', asId('integration', from)),
    to: { integration: printId('integration', asId('integration', to)), list: 'l@x.org' },
    ...more,
  }
  const made = await inTenant(db.app, tenantId, (client) =>
    createSync(
      { client, tenantId, connectors: known, now: systemClock.now(), by: 'test' },
      newId('membershipSync'),
      body,
    ),
  )
  return { from, sync: idOf('membershipSync', made.id) }
}

const scene = async (people: number, more: Partial<SyncBody> = {}): Promise<Scene> => {
  const db = await testDb()
  const tenantId = asId('tenant', await given(db.owner).tenant())
  const fault = { next: () => undefined }
  const source = new Map(Array.from({ length: people }, (_, n) => [`k${n}`, person(n)]))
  const list = new Map<string, RosterMember>()
  const services = servicesOf(db, { source, list }, fault)
  const { newId } = services
  const { from, sync } = await makeSync(db, tenantId, more, services)
  const runner = createSyncRunner(services)
  const look: Scene['look'] = async (run) =>
    await findRun(db.app, tenantId, { sync, id: idOf('run', run) })
  return {
    db,
    tenantId,
    source,
    list,
    services,
    fault,
    sync,
    from,
    look,
    start: async (wish = {}) => {
      const context = { tenantId, newId, by: 'test' }
      const made = await inTenant(db.app, tenantId, (client) =>
        startRun({ client, ...context }, sync, wish),
      )
      return made.id
    },
    work: async (run) => {
      for (let turn = 0; turn < 200; turn += 1) {
        await db.owner.query('UPDATE membership_runs SET due_at = now() WHERE finished_at IS NULL')
        await runner.turn(signal)
        const found = await look(run)
        if (found.state !== 'running' || found.phase === 'wait') return found
      }
      throw new Error('the run does not come to an end')
    },
    send: async () => await sendAll(db, list),
    [Symbol.asyncDispose]: async () => await db[Symbol.asyncDispose](),
  }
}

const idOf = <K extends 'membershipSync' | 'run'>(kind: K, text: string) => {
  const id = parseId(kind, text)
  if (id === undefined) throw new Error(text)
  return id
}

/** What a worker and Mailman would make of the open deliveries. */
const sendAll = async (db: TestDb, list: Map<string, RosterMember>): Promise<number> => {
  const { rows } = await db.owner.query<{ email: string; change: string; name: string }>(
    `WITH gone AS (DELETE FROM delivery_queue RETURNING *), kept AS (
       INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, step, integration_id, started_at, settled_at)
       SELECT tenant_id, delivery_id, 1, 'sent', 'accepted', 1, 0, integration_id, now(), now() FROM gone)
     SELECT c.email, c.change, c.name FROM gone g JOIN membership_run_changes c ON c.delivery = g.delivery_id`,
  )
  for (const { email, change, name } of rows) {
    if (change === 'unsubscribe') list.delete(email)
    else list.set(email, { key: email, email, name, active: change !== 'hold' })
  }
  return rows.length
}

const deliveriesOf = async ({ db }: Scene) =>
  (
    await db.owner.query<{ n: number; distinct: number }>(
      'SELECT count(*)::int AS n, count(DISTINCT recipient)::int AS distinct FROM deliveries',
    )
  ).rows[0]

test('a run makes one delivery a change, ends with them, and the next one changes nothing', async () => {
  await using s = await scene(30)
  s.list.set('p0@x.org', { key: 'a', email: 'p0@x.org', name: 'Old', active: true })
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  s.source.set('k1', person(1, { active: false }))
  s.source.set('k2', person(2, { email: null }))
  const run = await s.start({ force: true })
  expect(await s.work(run)).toMatchObject({
    state: 'running',
    counts: { total: 31, pending: 29, unchanged: 1, skipped: 1 },
  })
  expect(await deliveriesOf(s)).toEqual({ n: 29, distinct: 29 })
  expect(await s.send()).toBe(29)
  expect(await s.work(run)).toMatchObject({
    state: 'finished',
    counts: {
      total: 31,
      subscribed: 27,
      unsubscribed: 1,
      unchanged: 2,
      renamed: 1,
      skipped: 1,
      error: 0,
    },
  })
  const again = await s.start()
  expect(await s.work(again)).toMatchObject({ state: 'finished', progress: { changes: 0 } })
  const told = await s.db.owner.query(`SELECT type FROM events ORDER BY id`)
  expect(told.rows.map(({ type }: { type: string }) => type)).toEqual([
    'membership_sync.started',
    'membership_sync.finished',
    'membership_sync.finished',
  ])
})

test('whatever breaks, and whoever else works on it, nobody gets two deliveries and nobody none', async () => {
  await using s = await scene(40)
  for (let n = 20; n < 25; n += 1) s.list.set(`p${n}@x.org`, person(n))
  let calls = 0
  s.fault.next = () => {
    calls += 1
    if (calls % 2 === 0) throw new Error('a fault of the test')
  }
  const run = await s.start()
  const other = createSyncRunner(s.services)
  await Promise.all([s.work(run), other.turn(signal), other.turn(signal)])
  const found = await s.work(run)
  expect(found).toMatchObject({ counts: { total: 40, pending: 35, unchanged: 5 } })
  expect(await deliveriesOf(s)).toEqual({ n: 35, distinct: 35 })
})

test('only members who fit the filter of a sync are on its list, and a company that fits is nowhere', async () => {
  await using s = await scene(0, { filter: { MemberType: ['Individual', 'Student'] } })
  s.list.set('p2@x.org', person(2))
  for (const [n, type] of ['Individual', 'Student', 'Sponsor'].entries())
    s.source.set(`k${n}`, person(n, { fields: { MemberType: type } }))
  s.source.set('k3', person(3, { fields: { MemberType: 'Student' }, skip: 'it is no person' }))
  const run = await s.start({ force: true })
  await s.work(run)
  await s.send()
  expect(await s.work(run)).toMatchObject({
    counts: { total: 4, subscribed: 2, unsubscribed: 1, skipped: 1 },
  })
  expect([...s.list.keys()]).toEqual(['p0@x.org', 'p1@x.org'])
})

test('a run over what has changed reads only that, and leaves strangers alone', async () => {
  await using s = await scene(8)
  const first = await s.start({ mode: 'changed' })
  await s.work(first)
  await s.send()
  expect(await s.work(first), 'nothing was read before: the whole').toMatchObject({ mode: 'full' })
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  s.source.set('k1', person(1, { name: 'Q', active: false }))
  s.source.set('k2', person(2, { name: 'Q' }))
  const second = await s.start({ mode: 'changed' })
  expect(await s.work(second)).toMatchObject({
    mode: 'changed',
    blocked: null,
    counts: { total: 2, pending: 2 },
  })
  await s.send()
  expect(await s.work(second)).toMatchObject({ counts: { unsubscribed: 1, renamed: 1 } })
  expect(s.list.has('zoe@x.org')).toBe(true)
})

test('two runs at once are refused; a dry run beside a real one is not, and makes no delivery', async () => {
  await using s = await scene(3)
  const run = await s.start()
  await expect(s.start()).rejects.toMatchObject({ code: 'conflict' })
  const dry = await s.start({ dryRun: true })
  await s.work(run)
  expect(await s.work(dry)).toMatchObject({
    state: 'finished',
    progress: { changes: 3, deliveries: 0 },
  })
  expect(await deliveriesOf(s)).toEqual({ n: 3, distinct: 3 })
})

test('a canceled run takes back what waits, and its counts say so', async () => {
  await using s = await scene(10)
  const run = await s.start()
  await s.work(run)
  await s.db.owner.query(
    `UPDATE delivery_queue SET state = 'sending', lease_owner = gen_random_uuid()
      WHERE delivery_id = (SELECT min(delivery_id::text)::uuid FROM delivery_queue)`,
  )
  await inTenant(s.db.app, s.tenantId, (client) =>
    cancelRun(client, s.tenantId, {
      sync: idOf('membershipSync', printed(s)),
      id: idOf('run', run),
    }),
  )
  expect(await s.work(run), 'one is being sent').toMatchObject({
    counts: { skipped: 9, pending: 1 },
  })
  await s.send()
  expect(await s.work(run)).toMatchObject({
    state: 'canceled',
    counts: { subscribed: 1, skipped: 9 },
  })
})

const printed = ({ sync }: Scene): string => printId('membershipSync', asId('membershipSync', sync))

test('a source that fails ends the run before anything is changed', async () => {
  await using s = await scene(10)
  s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
  await s.db.owner.query(`UPDATE integrations SET enabled = false WHERE id = $1`, [s.from])
  const run = await s.start()
  expect(await s.work(run)).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('switched off'),
  })
  expect(await deliveriesOf(s)).toEqual({ n: 0, distinct: 0 })
})

describe('what makes runs by itself', () => {
  const jobs = ({ db, services }: Scene) => ({
    pool: db.engine,
    newId: services.newId,
    wake: () => undefined,
  })
  const hint = async ({ db, tenantId, from }: Scene, id: string, key: string): Promise<void> => {
    await db.owner.query(
      `INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type) VALUES ($1, $2, $3, $4, 't')`,
      [tenantId, from, id, key],
    )
  }
  const runs = async ({ db }: Scene) =>
    (
      await db.owner.query<{ id: string; mode: string; keys: string[] }>(
        'SELECT id, mode, keys FROM membership_runs ORDER BY id',
      )
    ).rows

  test('hints become one run about the members they name; those that come meanwhile wait for the next', async () => {
    await using s = await scene(5, { guard: { maxRemovalsPercent: 0 } })
    s.list.set('p1@x.org', person(1))
    s.list.set('zoe@x.org', { key: 'b', email: 'zoe@x.org', name: '', active: true })
    s.source.set('k1', person(1, { active: false }))
    for (const [id, key] of [
      ['1', 'k1'],
      ['2', 'k1'],
      ['3', 'k2'],
      ['4', 'gone'],
    ] as const)
      await hint(s, id, key)
    expect(await followHints(jobs(s))).toBe(5)
    await hint(s, '5', 'k3')
    expect(await followHints(jobs(s)), 'noted, and no second run').toBe(1)
    const [first] = await runs(s)
    expect(first).toMatchObject({ mode: 'members', keys: ['gone', 'k1', 'k2'] })
    const run = printId('run', asId('run', first?.id ?? ''))
    expect(await s.work(run)).toMatchObject({ counts: { total: 3, pending: 2, skipped: 1 } })
    await s.send()
    expect(await s.work(run)).toMatchObject({
      counts: { subscribed: 1, unsubscribed: 1, skipped: 1 },
    })
    expect([...s.list.keys()], 'strangers are not looked at').toEqual(['zoe@x.org', 'p2@x.org'])
    expect(await followHints(jobs(s))).toBe(1)
    expect((await runs(s))[1]).toMatchObject({ keys: ['k3'] })
  })

  test('a schedule makes a run when it is due, and none while one is under way', async () => {
    await using s = await scene(2, { schedule: { every: '1h' } })
    expect(await runDueSync(jobs(s)), 'not due yet').toBe(0)
    const due = `UPDATE membership_syncs SET next_run_at = now() - interval '1 minute'`
    await s.db.owner.query(due)
    expect(await runDueSync(jobs(s))).toBe(1)
    await s.db.owner.query(due)
    expect(await runDueSync(jobs(s))).toBe(1)
    expect(await runs(s)).toHaveLength(1)
    const { rows } = await s.db.owner.query<{ ahead: boolean }>(
      `SELECT next_run_at > now() + interval '59 minutes' AS ahead FROM membership_syncs`,
    )
    expect(rows[0]?.ahead).toBe(true)
  })
})
