/** The real engine on a test's database with a scripted sender: for tests of what the engine makes of outcomes. Not for connectors. */
import { randomUUID } from 'node:crypto'
import { defaultBreaker } from '@carillon/domain/breaker'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { policyOf, type Plan } from '@carillon/domain/plan'
import type { RateLimit } from '@carillon/domain/rate-limit'
import { loadPlans } from '@carillon/server/delivery/load-plans'
import { createPostgresStore } from '@carillon/server/delivery/postgres-store'
import type { Sender } from '@carillon/server/delivery/sender'
import type { ClaimedDelivery, DeliveryStore } from '@carillon/server/delivery/store'
import { createWorker, type DeliveryWorker } from '@carillon/server/delivery/worker'
import { createAcceptEvents } from '@carillon/server/ingest/accept-events'
import type { IncomingEvent } from '@carillon/server/ingest/incoming-event'
import { systemClock } from '@carillon/server/platform/clock'
import { createSystemIdGenerator } from '@carillon/server/platform/ids'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { systemTimers } from '@carillon/server/platform/timers'
import { given } from './given.ts'
import { quietLog } from './quiet-log.ts'
import type { TestDb } from './test-db.ts'

/** What the scripted provider does with a delivery. */
export type Exchange = (claim: ClaimedDelivery) => Promise<Outcome> | Outcome

const scriptedSender = (
  db: TestDb,
  exchange: Exchange,
  options: {
    readonly rate?: RateLimit
    readonly breaker?: typeof defaultBreaker
    readonly channel?: string
  } = {},
): Sender => {
  const plans = new Map<string, Plan>()
  return {
    load: async (claims) => {
      const wanted = claims.map((claim) => ({ tenantId: claim.tenantId, id: claim.planId }))
      for (const [id, { plan }] of await loadPlans(db.engine, wanted)) plans.set(id, plan)
    },
    prepare: (claim) => {
      const plan = plans.get(claim.planId)
      if (plan === undefined) throw new Error('plan not loaded')
      return {
        policy: policyOf(plan),
        channel: options.channel ?? 'test',
        onUnknown: 'resend',
        breakerPolicy: options.breaker ?? defaultBreaker,
        recipientLimit: undefined,
        integrationOf: (step) => plan.steps[step]?.integrationId ?? '',
        next: claim.suppressed
          ? { kind: 'gate', gate: { kind: 'suppressed', detail: 'suppressed' } }
          : { kind: 'exchange', exchange: async () => await exchange(claim) },
      }
    },
    traits: () => ({ concurrency: 64, weight: 1, rate: options.rate }),
  }
}

export type EngineRig = {
  readonly db: TestDb
  readonly tenantId: string
  readonly store: DeliveryStore
  readonly accept: (n: number, type?: string) => Promise<readonly string[]>
  readonly worker: (
    exchange: Exchange,
    options?: Parameters<typeof scriptedSender>[2] & { readonly now?: () => Instant },
  ) => DeliveryWorker
  readonly states: () => Promise<Record<string, number>>
}

/** A tenant and an engine on this database; workers are made per test. */
export const engineRig = async (db: TestDb): Promise<EngineRig> => {
  const tenantId = await given(db.owner).tenant()
  const store = createPostgresStore({
    pool: db.engine,
    leasePool: db.engine,
    shard: 0,
    onBreakerOpened: async () => undefined,
  })
  const accepter = createAcceptEvents({
    newId: createSystemIdGenerator(),
    renderer: createTemplateRenderer(),
    shard: 0,
  })
  return {
    db,
    tenantId,
    store,
    accept: async (n, type = 'test.happened') => {
      const events = Array.from({ length: n }, (): IncomingEvent => eventOf(tenantId, type))
      const accepted = await accepter(db.engine, events)
      return accepted.events.map((event) => event.eventId)
    },
    worker: (exchange, options = {}) =>
      createWorker({
        store,
        sender: scriptedSender(db, exchange, options),
        now: options.now ?? systemClock.now,
        clockIsTrusted: () => true,
        timers: systemTimers,
        random: () => 0.5,
        owner: randomUUID(),
        log: quietLog,
        concurrency: 64,
        leaseMs: 30_000,
        pollMs: 50,
        onProgress: () => undefined,
      }),
    states: async () => await statesOf(db, tenantId),
  }
}

const eventOf = (tenantId: string, type: string): IncomingEvent => {
  const now = systemClock.now()
  return {
    tenantId,
    view: { id: randomUUID(), source: 'test', type, time: toIso(now), data: { n: 1 } },
    time: now,
    dataJson: '{"n": 1}',
  }
}

const statesOf = async (db: TestDb, tenantId: string): Promise<Record<string, number>> => {
  const { rows } = await db.owner.query<{ state: string; n: number }>(
    `SELECT state, count(*)::int AS n FROM (
       SELECT state FROM settlements WHERE tenant_id = $1 AND state <> 'pending'
       UNION ALL SELECT state FROM delivery_queue WHERE tenant_id = $1) x GROUP BY state`,
    [tenantId],
  )
  return Object.fromEntries(rows.map((row) => [row.state, row.n]))
}

/** Runs the worker while `body` runs, and stops it. */
export const running = async (worker: DeliveryWorker, body: () => Promise<void>): Promise<void> => {
  worker.start()
  try {
    await body()
  } finally {
    await worker.stop(1_000)
  }
}
