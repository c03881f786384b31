/**
 * A membership sync over a test's database, with a source and a list in memory instead of Novi and Mailman, and no worker: the
 * test says when deliveries are sent. Not for the connectors themselves.
 */
import { randomBytes } from 'node:crypto'
import type { Connector } from '@carillon/connectors/define-connector'
import { connectors } from '@carillon/connectors/registry.gen'
import type { Roster, RosterMember } from '@carillon/connectors/roster'
import { asId, parseId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import { createAcceptEvents } from '@carillon/server/ingest/accept-events'
import { findRun } from '@carillon/server/membership-syncs/list-syncs'
import type { SyncServices } from '@carillon/server/membership-syncs/run-step'
import { createSyncRunner } from '@carillon/server/membership-syncs/run-syncs'
import { createSync } from '@carillon/server/membership-syncs/save-sync'
import type { RunBody, RunView, SyncBody } from '@carillon/server/membership-syncs/schema'
import { startRun } from '@carillon/server/membership-syncs/start-run'
import { systemClock } from '@carillon/server/platform/clock'
import { inTenant } from '@carillon/server/platform/db/transaction'
import { createSystemIdGenerator } from '@carillon/server/platform/ids'
import { createMetrics } from '@carillon/server/platform/metrics'
import { createKeyring } from '@carillon/server/platform/secrets/keyring'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { given } from './given.ts'
import { quietLog } from './quiet-log.ts'
import { testDb, type TestDb } from './test-db.ts'

type Fields = Readonly<Record<string, unknown>>

const pageSize = 7
/** Never aborted. */
export const signal = new AbortController().signal

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

/** An active member. */
export const person = (n: number, more: Partial<RosterMember> = {}): RosterMember => ({
  key: `k${n}`,
  email: `p${n}@x.org`,
  name: `P ${n}`,
  active: true,
  ...more,
})

export type MembershipRig = {
  readonly db: TestDb
  readonly tenantId: TenantId
  readonly source: Map<string, RosterMember>
  readonly list: Map<string, RosterMember>
  readonly services: SyncServices
  /** Called before each exchange with the other sides. */
  readonly fault: { next: () => void }
  readonly sync: Id<'membershipSync'>
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
  sides: Pick<MembershipRig, 'source' | 'list'>,
  fault: MembershipRig['fault'],
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
    metrics: createMetrics(),
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

/** A tenant with a sync between a source of so many people and an empty list. */
export const membershipRig = async (
  people: number,
  more: Partial<SyncBody> = {},
): Promise<MembershipRig> => {
  const db = await testDb()
  const tenantId = asId('tenant', await given(db.owner).tenant())
  const fault = { next: () => undefined }
  const source = new Map(Array.from({ length: people }, (_, n) => [`k${n}`, person(n)]))
  const list = new Map<string, RosterMember>()
  const services = servicesOf(db, { source, list }, fault)
  const { newId } = services
  const { from, sync } = await makeSync(db, tenantId, more, services)
  const runner = createSyncRunner(services)
  const look: MembershipRig['look'] = async (run) =>
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

/** Reads a printed id. */
export const idOf = <K extends 'membershipSync' | 'run'>(kind: K, text: string) => {
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
