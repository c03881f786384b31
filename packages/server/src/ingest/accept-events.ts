/**
 * Accepting: an event and everything that follows from it become durable in ONE statement. Rules are matched in memory
 * against a version that the statement checks, so a change of a rule is either wholly before or wholly after.
 */
import type { Pool, PoolClient } from 'pg'
import { bools, float8s, int2s, texts, times, uuids } from '../platform/db/binary-array.ts'
import { plainArray, textArray } from '../platform/db/pg-array.ts'
import { query } from '../platform/db/statement.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { Reservation, ReserveRows } from '../delivery/hand-over.ts'
import { matchRules } from '../rules/match-rules.ts'
import { loadRuleSets, type RuleSet } from '../rules/rule-set.ts'
import { mostOpenItems } from '../tracked-items/check-item.ts'
import type { AcceptedEvent, IncomingEvent } from './incoming-event.ts'
import { claimsOf, reserveRows } from './hand-over-deliveries.ts'
import {
  planDeliveries,
  planFanOuts,
  type PlannedDelivery,
  type PlannedFanOut,
} from './plan-deliveries.ts'
import { planTrackedItems, type PlannedItem } from './plan-tracked-items.ts'
import * as sql from './queries.ts'

export type LaneOfDelivery = {
  readonly tenantId: string
  readonly integrationId: string
  readonly priority: number
}

export type Accepted = {
  /** In the order of the events given. */
  readonly events: readonly AcceptedEvent[]
  /** Lanes that got work. */
  readonly lanes: readonly LaneOfDelivery[]
  /** Fan-outs that were made and are for the background to expand. */
  readonly fanOuts: number
}

export type AcceptOptions = {
  readonly newId: IdGenerator
  readonly renderer: TemplateRenderer
  /** The counters' row that a batch writes. */
  readonly shard: number
  /** Rows for batches that are under way side by side: on one row each would wait for the other's commit. */
  readonly otherShards?: readonly number[]
}

/** With `reserve` the worker of this process takes what it has places for; not inside somebody else's transaction. */
export type AcceptEvents = (
  db: Pool | PoolClient,
  events: readonly IncomingEvent[],
  reserve?: ReserveRows,
) => Promise<Accepted>

/** So often can rules change under one batch before we give up: each round trip loads the newest. */
const maxStaleRounds = 10

/** Makes the acceptor, with its cache of rule sets. Role: carillon_engine. Events of unknown tenants make it throw. */
export const createAcceptEvents = (options: AcceptOptions): AcceptEvents => {
  const ruleSets = new Map<string, RuleSet>()
  const onShard = createShardPicker(options)
  return async (db, events, reserve) =>
    await onShard(
      async (shard) => await accept(db, events, reserve, { ...options, ruleSets, shard }),
    )
}

/** Gives each piece of work the row that the fewest others are writing to. */
const createShardPicker = ({ shard, otherShards = [] }: AcceptOptions) => {
  const rows = [shard, ...otherShards].map((each) => ({ shard: each, underWay: 0 }))
  return async <T>(work: (shard: number) => Promise<T>): Promise<T> => {
    const row = rows.reduce((best, each) => (each.underWay < best.underWay ? each : best))
    row.underWay += 1
    try {
      return await work(row.shard)
    } finally {
      row.underWay -= 1
    }
  }
}

const accept = async (
  db: Pool | PoolClient,
  events: readonly IncomingEvent[],
  reserve: ReserveRows | undefined,
  { ruleSets, ...options }: AcceptOptions & { readonly ruleSets: Map<string, RuleSet> },
): Promise<Accepted> => {
  const tenantIds = [...new Set(events.map((event) => event.tenantId))]
  const missing = tenantIds.filter((tenantId) => !ruleSets.has(tenantId))
  if (missing.length > 0) await refresh(ruleSets, db, missing)
  for (let round = 0; round < maxStaleRounds; round += 1) {
    const batch = planBatch(events, ruleSets, options)
    // oxlint-disable-next-line no-await-in-loop -- a second round only when a rule changed in between
    const row = await write(db, batch, parameters(tenantIds, ruleSets, batch, options), reserve)
    // oxlint-disable-next-line no-await-in-loop -- see above
    if (row !== undefined && row.stale === 0) return await answer(db, batch, row)
    // oxlint-disable-next-line no-await-in-loop -- see above
    await refresh(ruleSets, db, tenantIds)
  }
  throw new Error(`the rules changed ${maxStaleRounds} times while one batch was being accepted`)
}

type AcceptRow = {
  readonly stale: number
  readonly fresh: readonly string[]
  /** Deliveries that the worker of this process has. */
  readonly handed?: ReadonlySet<string>
}

type Item = {
  readonly event: IncomingEvent
  readonly eventId: string
  readonly deliveries: readonly PlannedDelivery[]
  readonly fanOuts: readonly PlannedFanOut[]
  readonly trackedItems: readonly PlannedItem[]
}

/** Tries to write the batch, with the longer statements only where something is to be followed or handed over. */
const write = async (
  db: Pool | PoolClient,
  batch: readonly Item[],
  values: readonly unknown[],
  reserve: ReserveRows | undefined,
): Promise<AcceptRow | undefined> => {
  const tracked = batch.flatMap((item) => item.trackedItems.map((planned) => ({ item, planned })))
  if (tracked.length > 0) {
    const all = [...values, ...trackedParameters(tracked)]
    return (await query<AcceptRow>(db, sql.acceptTrackingAcrossTenants, all))[0]
  }
  const planned = batch.flatMap(({ event, deliveries }) =>
    deliveries.map((delivery) => ({ event, delivery })),
  )
  const reservation = reserve === undefined ? undefined : reserveRows(planned, reserve)
  return reservation === undefined
    ? (await query<AcceptRow>(db, sql.acceptAcrossTenants, [...values]))[0]
    : await writeHanding(db, { planned, values, reservation })
}

const writeHanding = async (
  db: Pool | PoolClient,
  {
    planned,
    values,
    reservation,
  }: {
    readonly planned: readonly {
      readonly event: IncomingEvent
      readonly delivery: PlannedDelivery
    }[]
    readonly values: readonly unknown[]
    readonly reservation: Reservation
  },
): Promise<AcceptRow | undefined> => {
  try {
    const { owner, leaseMs, deliveryIds } = reservation
    const mayBeLeased = bools(planned, ({ delivery }) => deliveryIds.has(delivery.id))
    const all = [...values, owner, leaseMs, mayBeLeased]
    const [row] = await query<Omit<AcceptRow, 'handed'> & { readonly handed: string | null }>(
      db,
      sql.acceptHandingAcrossTenants,
      all,
    )
    const claims = claimsOf(planned, row?.handed ?? null)
    reservation.stored(claims)
    return row && { ...row, handed: new Set(claims.map(({ deliveryId }) => deliveryId)) }
  } catch (error) {
    reservation.failed()
    throw error
  }
}

const trackedParameters = (
  rows: readonly { readonly item: Item; readonly planned: PlannedItem }[],
): readonly unknown[] => [
  uuids(rows, ({ item }) => item.event.tenantId),
  uuids(rows, ({ item }) => item.eventId),
  uuids(rows, ({ planned }) => (planned.isFollowed ? planned.id : undefined)),
  uuids(rows, ({ planned }) => planned.lineId),
  uuids(rows, ({ planned }) => planned.integrationId),
  texts(rows, ({ planned }) => planned.remoteId),
  texts(rows, ({ planned }) => planned.reference),
  texts(rows, ({ planned }) => JSON.stringify(planned.metadata)),
  texts(rows, ({ planned }) => `rule:${planned.ruleId}`),
  texts(rows, ({ item }) => `event:${item.event.view.type}`),
  texts(rows, ({ planned }) => planned.problem),
  mostOpenItems,
]

const refresh = async (
  ruleSets: Map<string, RuleSet>,
  db: Pool | PoolClient,
  tenantIds: readonly string[],
): Promise<void> => {
  for (const set of await loadRuleSets(db, tenantIds)) ruleSets.set(set.tenantId, set)
}

const planBatch = (
  events: readonly IncomingEvent[],
  ruleSets: ReadonlyMap<string, RuleSet>,
  options: AcceptOptions,
): readonly Item[] =>
  events.map((event) => {
    const ruleSet = ruleSets.get(event.tenantId)
    if (ruleSet === undefined) throw new Error(`unknown tenant ${event.tenantId}`)
    const rules = matchRules(ruleSet, event.view)
    const deliveries = planDeliveries(event, rules, options)
    const fanOuts = planFanOuts(event, rules, options)
    const trackedItems = planTrackedItems(event, rules, options)
    return { event, eventId: options.newId('event'), deliveries, fanOuts, trackedItems }
  })

const parameters = (
  tenantIds: readonly string[],
  ruleSets: ReadonlyMap<string, RuleSet>,
  batch: readonly Item[],
  { shard }: AcceptOptions,
): unknown[] => {
  const rows = batch.flatMap((item) => item.deliveries.map((delivery) => ({ item, delivery })))
  const fans = batch.flatMap((item) => item.fanOuts.map((fanOut) => ({ item, fanOut })))
  return [
    uuids(tenantIds, (tenantId) => tenantId),
    plainArray(tenantIds.map((tenantId) => ruleSets.get(tenantId)?.version ?? 0)),
    uuids(batch, ({ event }) => event.tenantId),
    uuids(batch, ({ eventId }) => eventId),
    texts(batch, ({ event }) => event.view.source),
    texts(batch, ({ event }) => event.view.id),
    texts(batch, ({ event }) => event.view.type),
    texts(batch, ({ event }) => event.view.subject),
    times(batch, ({ event }) => event.time),
    texts(batch, ({ event }) => event.dataJson),
    uuids(rows, ({ item }) => item.event.tenantId),
    uuids(rows, ({ delivery }) => delivery.id),
    uuids(rows, ({ item }) => item.eventId),
    uuids(rows, ({ delivery }) => delivery.ruleId),
    uuids(rows, ({ delivery }) => delivery.planId),
    texts(rows, ({ delivery }) => textArray(delivery.addresses)),
    texts(rows, ({ delivery }) => delivery.recipient),
    float8s(rows, ({ delivery }) => delivery.sendForMs),
    texts(rows, ({ delivery }) => delivery.orderingKey),
    uuids(rows, ({ delivery }) => delivery.integrationId),
    int2s(rows, ({ delivery }) => delivery.priority),
    texts(rows, ({ delivery }) => delivery.whenOpen),
    shard,
    uuids(fans, ({ item }) => item.event.tenantId),
    uuids(fans, ({ fanOut }) => fanOut.id),
    uuids(fans, ({ item }) => item.eventId),
    uuids(fans, ({ fanOut }) => fanOut.subscription),
    uuids(fans, ({ fanOut }) => fanOut.ruleId),
    texts(fans, ({ fanOut }) => fanOut.origin),
    float8s(fans, ({ fanOut }) => fanOut.holdMs),
  ]
}

const answer = async (
  db: Pool | PoolClient,
  batch: readonly Item[],
  row: AcceptRow,
): Promise<Accepted> => {
  const fresh = new Set(row.fresh)
  const duplicates = batch.filter(({ eventId }) => !fresh.has(eventId))
  const known = duplicates.length === 0 ? undefined : await findKnown(db, duplicates)
  const lanes = new Map<string, LaneOfDelivery>()
  let fanOuts = 0
  for (const { event, eventId, deliveries, fanOuts: planned } of batch)
    if (fresh.has(eventId)) {
      fanOuts += planned.filter(({ holdMs }) => holdMs === 0).length
      for (const { id, integrationId, priority } of deliveries)
        if (row.handed?.has(id) !== true)
          lanes.set(`${integrationId}/${priority}`, {
            tenantId: event.tenantId,
            integrationId,
            priority,
          })
    }
  return {
    events: batch.map(({ event, eventId }) =>
      fresh.has(eventId)
        ? { eventId, duplicate: false }
        : {
            eventId: known?.get(keyOf(event.tenantId, event.view.source, event.view.id)) ?? eventId,
            duplicate: true,
          },
    ),
    lanes: [...lanes.values()],
    fanOuts,
  }
}

const keyOf = (tenantId: string, source: string, id: string): string =>
  JSON.stringify([tenantId, source, id])

const findKnown = async (
  db: Pool | PoolClient,
  items: readonly Item[],
): Promise<ReadonlyMap<string, string>> => {
  const rows = await query<{
    tenant_id: string
    source: string
    source_id: string
    event_id: string
  }>(db, sql.findEventIdsAcrossTenants, [
    uuids(items, ({ event }) => event.tenantId),
    texts(items, ({ event }) => event.view.source),
    texts(items, ({ event }) => event.view.id),
  ])
  return new Map(rows.map((row) => [keyOf(row.tenant_id, row.source, row.source_id), row.event_id]))
}
