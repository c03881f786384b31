/**
 * The memory store and the Postgres store side by side: given the same commands, with time that passes in both alike, and
 * their states as plain values to compare. Not for what the commands are (`store-commands.ts`).
 */
import { randomUUID } from 'node:crypto'
import { instant } from '@carillon/domain/clock'
import { cancelInMemory } from '@carillon/server/delivery/memory-end'
import { createMemoryStore } from '@carillon/server/delivery/memory-store'
import { soundRules, type MemoryRules } from '@carillon/server/delivery/memory-rules'
import {
  acceptDelivery,
  createMemoryTables,
  putIntegration,
} from '@carillon/server/delivery/memory-tables'
import { createPostgresStore } from '@carillon/server/delivery/postgres-store'
import * as deliveries from '@carillon/server/delivery/queries/deliveries'
import { laneText, turnText, type DeliveryStore } from '@carillon/server/delivery/store'
import { query } from '@carillon/server/platform/db/statement'
import { turnsOf } from './drawn-turns.ts'
import { given } from './given.ts'
import type { Command } from './store-commands.ts'
import { memoryState, postgresState, type StoreState } from './store-states.ts'
import { receiveOne } from './two-receipts.ts'
import { runCampaignCommand, startCampaign } from './two-campaigns.ts'
import {
  align,
  later,
  minute,
  optional,
  pick,
  relative,
  relativeOn,
  toMicros,
  virtualNow,
  type Sides,
  type StoresRig,
} from './stores-rig.ts'
import type { TestDb } from './test-db.ts'

export type TwoStores = {
  /** Carries out a command on both; returns what each answered, as values that can be compared. */
  readonly run: (command: Command) => Promise<Sides<unknown>>
  /** The tables of both. */
  readonly states: () => Promise<Sides<StoreState>>
}

/** Empty tables in both, with a tenant and two integrations. `rules`: breaks the memory store's on purpose. */
export const createTwoStores = async (
  db: TestDb,
  rules: Partial<MemoryRules> = {},
): Promise<TwoStores> => {
  await db.owner.query('DELETE FROM delivery_queue')
  const tenantId = await given(db.owner).tenant()
  const tables = createMemoryTables()
  const integrations: string[] = []
  for (let n = 0; n < 2; n += 1) integrations.push(await given(db.owner).integration(tenantId))
  integrations.sort()
  for (const integrationId of integrations)
    putIntegration(tables, {
      tenantId,
      integrationId,
      connector: 'webhook',
      channel: 'webhook',
      enabled: true,
      version: 1,
      limits: undefined,
      onUnknown: 'resend',
    })
  const rig: StoresRig = {
    db,
    tenantId,
    eventId: await insertEvent(db, tenantId),
    integrations,
    tables,
    rules: { ...soundRules, ...rules },
    stores: {
      memory: createMemoryStore({
        tables,
        now: () => instant(virtualNow(rig)),
        rules: { ...soundRules, ...rules },
      }),
      postgres: createPostgresStore({
        pool: db.engine,
        leasePool: db.engine,
        shard: 0,
        onBreakerOpened: async () => undefined,
      }),
    },
    leases: { memory: new Map(), postgres: new Map() },
    startedAt: Date.now(),
    passedMs: 0,
    accepted: 0,
    tick: 0,
    campaign: randomUUID(),
  }
  await startCampaign(rig)
  return {
    run: async (command) => await run(rig, command),
    states: async () => ({
      memory: memoryState(rig.tables, (at) => relative(rig, at)),
      postgres: await postgresState(db, tenantId, (at) => relative(rig, at + rig.passedMs)),
    }),
  }
}

const insertEvent = async (db: TestDb, tenantId: string): Promise<string> => {
  const id = randomUUID()
  await db.owner.query(
    `INSERT INTO events (tenant_id, id, source, source_id, type, time, data) VALUES ($1, $2, 'test', 'e', 'test', now(), '{}')`,
    [tenantId, id],
  )
  return id
}

const both = async <T>(ask: (side: keyof Sides<T>) => Promise<T>): Promise<Sides<T>> => ({
  memory: await ask('memory'),
  postgres: await ask('postgres'),
})

const run = async (rig: StoresRig, command: Command): Promise<Sides<unknown>> => {
  const { stores } = rig
  switch (command.kind) {
    case 'accept':
      return await accept(rig, command)
    case 'claim':
      return await claim(rig, command)
    case 'settle':
      return await settle(rig, command)
    case 'release':
      return await release(rig, command)
    case 'renew':
      return await renew(rig, command)
    case 'disown':
      return await disown(rig, command)
    case 'reap':
      return await both(async (side) => await stores[side].reap(100))
    case 'expire':
      return await both(async (side) => await stores[side].expire(100))
    case 'takeProbe': {
      const lane = laneOf(rig, command.integration)
      return await both(
        async (side) => await stores[side].takeProbe(lane, command.probeMin * minute),
      )
    }
    case 'takeSlots':
      return await takeSlots(rig, command)
    case 'takeRecipientSlots':
      return await takeRecipientSlots(rig, command)
    case 'cancel':
      return await cancel(rig, command.which)
    case 'receipt':
      return await receiveOne(rig, command)
    case 'findLanes':
      return await findLanes(rig, command)
    case 'moveCampaign':
    case 'endCampaign':
    case 'sweep':
    case 'readCampaigns':
      return await runCampaignCommand(rig, command)
    case 'pass':
      return await pass(rig, command.hours)
  }
}

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>

const laneOf = (
  { tenantId, integrations }: StoresRig,
  index: number,
): { tenantId: string; integrationId: string } => ({
  tenantId,
  integrationId: integrations[index] ?? '',
})

const settle = async (rig: StoresRig, { turns }: Of<'settle'>): Promise<Sides<unknown>> => {
  const at = later(rig, 0)
  const due = turns.map(({ end }) => later(rig, end.kind === 'pending' ? end.dueMin : 0))
  return await both(async (side) => {
    const report = await rig.stores[side].settle(turnsOf(rig, turns, { side, at, due }))
    return reportOf(rig, side, report)
  })
}

const release = async (
  rig: StoresRig,
  { which, dueMin, reason }: Of<'release'>,
): Promise<Sides<unknown>> => {
  const due = which.map(() => later(rig, dueMin))
  return await both(async (side) => {
    const releases = pick(rig, side, which).map((of, index) => ({
      claim: of,
      dueAt: due[index]?.[side] ?? instant(0),
      reason,
    }))
    if (releases.length > 0) await rig.stores[side].release(releases)
  })
}

const renew = async (rig: StoresRig, { which, leaseMin }: Of<'renew'>): Promise<Sides<unknown>> => {
  const renewed = await both(async (side) => {
    const ours = await rig.stores[side].renew(pick(rig, side, which), leaseMin * minute)
    return [...ours].map(([turn, until]) => `${turn} ${relativeOn(rig, side, until)}`).sort()
  })
  await align(rig)
  return renewed
}

const takeSlots = async (
  rig: StoresRig,
  { integration, limit, wanted, horizonMin }: Of<'takeSlots'>,
): Promise<Sides<unknown>> =>
  await both(async (side) => {
    const lane = laneOf(rig, integration)
    const slots = await rig.stores[side].takeSlots(lane, limit, wanted, horizonMin * minute)
    return { ...slots, firstAt: relativeOn(rig, side, slots.firstAt) }
  })

const takeRecipientSlots = async (
  rig: StoresRig,
  { which, limit }: Of<'takeRecipientSlots'>,
): Promise<Sides<unknown>> =>
  await both(async (side) => {
    const wishes = pick(rig, side, which).map((of) => ({ claim: of, limit }))
    const slots = wishes.length === 0 ? [] : await rig.stores[side].takeRecipientSlots(wishes)
    return slots.map(({ isGranted, at }) => ({ isGranted, at: relativeOn(rig, side, at) }))
  })

const findLanes = async (
  rig: StoresRig,
  { known, fromMin }: Of<'findLanes'>,
): Promise<Sides<unknown>> => {
  const from = later(rig, fromMin)
  return await both(async (side) => {
    const views = await rig.stores[side].findLanes(
      known.map(({ integration, priority }) => ({
        ...laneOf(rig, integration),
        priority,
        from: from[side],
      })),
    )
    return views
      .map((view) => ({ ...view, ...timesOf(rig, side, view) }))
      .sort((a, b) => (laneText(a) < laneText(b) ? -1 : 1))
  })
}

const timesOf = (
  rig: StoresRig,
  side: keyof Sides<unknown>,
  view: Awaited<ReturnType<DeliveryStore['findLanes']>>[number],
): Record<string, unknown> => ({
  dueAt: relativeOn(rig, side, view.dueAt),
  pausedUntil: view.pausedUntil === undefined ? undefined : relativeOn(rig, side, view.pausedUntil),
  breaker: breakerView(rig, side, view.breaker),
})

const breakerView = (
  rig: StoresRig,
  side: keyof Sides<unknown>,
  breaker: Awaited<ReturnType<DeliveryStore['findLanes']>>[number]['breaker'],
): Record<string, unknown> =>
  breaker.state === 'closed'
    ? breaker
    : { ...breaker, openUntil: relativeOn(rig, side, breaker.openUntil) }

const reportOf = (
  rig: StoresRig,
  side: keyof Sides<unknown>,
  { written, breakers, pauses }: Awaited<ReturnType<DeliveryStore['settle']>>,
): unknown => ({
  written: written.map(({ claim }) => turnText(claim)).sort(),
  breakers: breakers
    .map((one) => ({ ...one, breaker: breakerView(rig, side, one.breaker) }))
    .sort((a, b) => (a.integrationId < b.integrationId ? -1 : 1)),
  pauses: pauses
    .map((one) => ({ ...one, until: relativeOn(rig, side, one.until) }))
    .sort((a, b) => (a.integrationId < b.integrationId ? -1 : 1)),
})

const claim = async (rig: StoresRig, command: Of<'claim'>): Promise<Sides<unknown>> => {
  const from = later(rig, command.fromMin)
  const owner = owners[command.owner] ?? ''
  const answers = await both(async (side) => {
    const lanes = command.lanes.map(({ integration, priority }) => ({
      tenantId: rig.tenantId,
      integrationId: rig.integrations[integration] ?? '',
      priority,
      take: command.take,
      from: from[side],
      onlyPassing: command.onlyPassing,
    }))
    const claims = await rig.stores[side].claim(lanes, {
      owner,
      leaseMs: command.leaseMin * minute,
    })
    for (const one of claims) rig.leases[side].set(turnText(one), one)
    // `stoppedBy` is a word for people; that it is stopped is `suppressed`, which is compared.
    return claims.map(({ event: _event, stoppedBy: _words, ...one }) => ({
      ...one,
      progress: { ...one.progress, waitUntil: optional(rig, side, one.progress.waitUntil) },
      dueAt: relativeOn(rig, side, one.dueAt),
      sendUntil: relativeOn(rig, side, one.sendUntil),
      createdAt: relativeOn(rig, side, one.createdAt),
      claimedAt: relativeOn(rig, side, one.claimedAt),
    }))
  })
  await align(rig)
  return answers
}

const owners = [randomUUID(), randomUUID()]

const disown = async (rig: StoresRig, { owner, which }: Of<'disown'>): Promise<Sides<unknown>> => {
  const leased = [...rig.tables.queue.values()].filter(({ state }) => state === 'sending')
  const count = await both(
    async (side) => await rig.stores[side].disown(owners[owner] ?? '', pick(rig, side, which)),
  )
  await align(rig, new Set(leased.map(({ deliveryId }) => deliveryId)))
  return count
}

const accept = async (rig: StoresRig, command: Of<'accept'>): Promise<Sides<unknown>> => {
  rig.accepted += 1
  const id = `00000000-0000-7000-8000-${String(rig.accepted).padStart(12, '0')}`
  const [now, due, until] = [later(rig, 0), later(rig, command.dueMin), later(rig, command.liveMin)]
  const addresses = [`a${command.address}`, `a${command.address + 1}`, '']
  const integrationId = rig.integrations[command.integration] ?? ''
  const orderingKey = command.order === undefined ? undefined : `k${command.order}`
  const { priority, whenOpen } = command
  const planId = rig.eventId
  const campaign = command.inCampaign ? rig.campaign : undefined
  acceptDelivery(
    rig.tables,
    { tenantId: rig.tenantId, id, planId, addresses, createdAt: now.memory, campaign },
    {
      integrationId,
      priority,
      dueAt: due.memory,
      sendUntil: until.memory,
      whenOpen,
      orderingKey,
    },
  )
  await rig.db.owner.query(
    `WITH d AS (INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, ordering_key, created_at, campaign)
       VALUES ($1, $2, $3, $3, $4, 'r', $7, $10, $5, $12)),
     m AS (INSERT INTO campaign_counters AS c (tenant_id, campaign, hour, integration_id, shard, made)
       SELECT $1, $12::uuid, date_trunc('hour', now()), $6, 0, 1 WHERE $12::uuid IS NOT NULL
       ON CONFLICT (tenant_id, campaign, hour, integration_id, shard) DO UPDATE SET made = c.made + 1),
     c AS (INSERT INTO delivery_counters AS c (tenant_id, day, integration_id, shard, created) VALUES ($1, current_date, $6, 0, 1)
       ON CONFLICT (tenant_id, day, integration_id, shard) DO UPDATE SET created = c.created + 1)
     INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, priority, due_at, send_until, when_open, ordering_key, campaign)
       VALUES ($1, $2, $6, $8, $9, $7, $11, $10, $12)`,
    [
      rig.tenantId,
      id,
      rig.eventId,
      addresses,
      toMicros(now.postgres),
      integrationId,
      toMicros(until.postgres),
      priority,
      toMicros(due.postgres),
      orderingKey,
      whenOpen,
      campaign,
    ],
  )
  return { memory: undefined, postgres: undefined }
}

const cancel = async (rig: StoresRig, which: number): Promise<Sides<unknown>> => {
  const ids = [...rig.tables.deliveries.keys()]
  const id = ids[which % ids.length]
  if (id === undefined) return { memory: undefined, postgres: undefined }
  const rows = await query(rig.db.owner, deliveries.cancelDelivery, [rig.tenantId, id, 'me', 0])
  return {
    memory: cancelInMemory(rig.tables, id, instant(virtualNow(rig)), rig.rules),
    postgres: rows.length === 1,
  }
}

const pass = async (rig: StoresRig, hours: number): Promise<Sides<unknown>> => {
  rig.passedMs += hours * 60 * minute
  const by = `interval '${hours} hours'`
  for (const statement of [
    `UPDATE campaigns SET starts_at = starts_at - ${by}, ends_at = ends_at - ${by} WHERE tenant_id = '${rig.tenantId}'`,
    // What is parked for good stays so.
    `UPDATE delivery_queue SET due_at = CASE WHEN due_at > '9000-01-01' THEN due_at ELSE due_at - ${by} END, send_until = send_until - ${by}, claimed_at = claimed_at - ${by}, wait_until = wait_until - ${by}`,
    `UPDATE deliveries SET send_until = send_until - ${by}, created_at = created_at - ${by} WHERE tenant_id = '${rig.tenantId}'`,
    `UPDATE integration_states SET open_until = open_until - ${by}, paused_until = paused_until - ${by}, tat = tat - ${by} WHERE tenant_id = '${rig.tenantId}'`,
    `UPDATE recipient_limits SET tat = tat - ${by} WHERE tenant_id = '${rig.tenantId}'`,
    `UPDATE settlements SET next_due_at = next_due_at - ${by}, settled_at = settled_at - ${by} WHERE tenant_id = '${rig.tenantId}'`,
  ])
    await rig.db.owner.query(statement)
  return { memory: undefined, postgres: undefined }
}
