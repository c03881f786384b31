/** The engine's storage on Postgres: each method of the port as one short transaction. Policy lives in the domain. */
import type { Pool } from 'pg'
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { intervalMs, type RateLimit } from '@carillon/domain/rate-limit'
import { addressKey } from '@carillon/domain/suppression'
import { bools, float8s, int2s, int4s, texts, times, uuids } from '../platform/db/binary-array.ts'
import * as sql from './queries/engine.ts'
import { findLanesAcrossTenants } from './queries/lanes.ts'
import * as limits from './queries/limits.ts'
import { createExpireLate, type ExpireLateOptions } from './expire-late.ts'
import { reapLeases } from './reap-leases.ts'
import { claimOf, laneOf, type ClaimRow, type LaneRow } from './rows.ts'
import { monotonicMs } from '../platform/clock.ts'
import { isPassingDbError } from '../platform/db/translate-error.ts'
import { query, queryArrays, type Statement } from '../platform/db/statement.ts'
import { settleTurns, type OnBreakerOpened } from './settle-turns.ts'
import {
  turnText,
  type CampaignView,
  type ClaimedDelivery,
  type DeliveryStore,
  type LaneBound,
  type LaneView,
  type Lease,
  type RecipientSlot,
  type RecipientWish,
  type Slots,
} from './store.ts'

export type PostgresStoreOptions = {
  /** Pool of the role carillon_engine, for claims and settles. */
  readonly pool: Pool
  /** A pool of its own for lease renewal: a busy pool must not cost us the leases. */
  readonly leasePool: Pool
  readonly shard: number
  readonly onBreakerOpened: OnBreakerOpened
  /** A delivery that can't be given back or ended: see `reapLeases` and `createExpireLate`. */
  readonly onSetAside?: ExpireLateOptions['onSetAside']
}

/** Makes the store. Its pools are the caller's to close. */
export const createPostgresStore = (options: PostgresStoreOptions): DeliveryStore => {
  const { pool, leasePool, shard } = options
  return {
    databaseNow: async () => {
      const rows = await query<{ now: Instant }>(pool, databaseNow, [])
      return rows[0]?.now ?? instant(Number.NaN)
    },
    findLanes: async (known) => await findLanes(pool, known),
    claim: async (lanes, lease) => await claim(pool, lanes, lease),
    settle: async (turns) => await settleTurns(turns, options),
    release: async (releases) => {
      await query(pool, sql.releaseAcrossTenants, [
        ...turnArrays(releases.map((release) => release.claim)),
        times(releases, (release) => release.dueAt),
        texts(releases, (release) => release.reason),
      ])
    },
    renew: async (claims, leaseMs) => await renew(leasePool, claims, leaseMs),
    disown: async (owner, held) => await disown(leasePool, owner, held),
    takeProbe: async ({ tenantId, integrationId }, probeMs) =>
      (await query(pool, limits.takeProbeAcrossTenants, [tenantId, integrationId, probeMs]))
        .length > 0,
    takeSlots: async (lane, limit, wanted, horizonMs) =>
      await takeSlots(pool, lane, { limit, wanted, horizonMs }),
    takeRecipientSlots: async (wishes) => await takeRecipientSlots(pool, wishes),
    findStopped: async (held) => await findStopped(pool, held),
    readCampaigns: async (campaigns) => await readCampaigns(pool, campaigns),
    isPassing: isPassingDbError,
    reap: async (limit) =>
      await reapLeases({
        pool,
        limit,
        isPassing: isPassingDbError,
        onSetAside: options.onSetAside ?? (() => undefined),
        settle: (turns) => settleTurns(turns, { ...options, onlyOverdue: true }),
      }),
    expire: createExpireLate({
      pool,
      shard,
      monotonicMs,
      isPassing: isPassingDbError,
      onSetAside: options.onSetAside ?? (() => undefined),
    }),
  }
}

const claim = async (
  pool: Pool,
  lanes: Parameters<DeliveryStore['claim']>[0],
  { owner, leaseMs }: Parameters<DeliveryStore['claim']>[1],
): Promise<readonly ClaimedDelivery[]> => {
  const rows = await queryArrays<ClaimRow>(pool, sql.claimAcrossTenants, [
    uuids(lanes, (lane) => lane.tenantId),
    uuids(lanes, (lane) => lane.integrationId),
    int2s(lanes, (lane) => lane.priority),
    int4s(lanes, (lane) => lane.take),
    times(lanes, (lane) => lane.from),
    bools(lanes, (lane) => lane.onlyPassing),
    owner,
    leaseMs,
  ])
  const claims = rows.map((row) => {
    const lane = lanes[row[0] - 1]
    if (lane === undefined) throw new Error(`a claimed row names lane ${row[0]} of ${lanes.length}`)
    return claimOf(row, lane)
  })
  return await markStopped(pool, claims, (at) => rows[at]?.[12] ?? '')
}

const findLanes = async (pool: Pool, known: readonly LaneBound[]): Promise<readonly LaneView[]> => {
  const inOrder = known.toSorted(
    (a, b) =>
      compareText(a.tenantId, b.tenantId) ||
      compareText(a.integrationId, b.integrationId) ||
      a.priority - b.priority,
  )
  const rows = await query<LaneRow>(pool, findLanesAcrossTenants, [
    uuids(inOrder, (lane) => lane.tenantId),
    uuids(inOrder, (lane) => lane.integrationId),
    int2s(inOrder, (lane) => lane.priority),
    times(inOrder, (lane) => lane.from),
  ])
  return rows.map(laneOf)
}

/** As Postgres orders ids. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

type CampaignStateRow = {
  readonly id: string
  readonly halted: boolean
  readonly ends_at: Instant
}

const readCampaigns = async (
  pool: Pool,
  campaigns: Parameters<DeliveryStore['readCampaigns']>[0],
): Promise<readonly CampaignView[]> => {
  const rows = await query<CampaignStateRow>(pool, sql.readCampaignsAcrossTenants, [
    uuids(campaigns, ({ tenantId }) => tenantId),
    uuids(campaigns, ({ campaign }) => campaign),
  ])
  return rows.map(({ id, halted, ends_at }) => ({
    campaign: id,
    isHalted: halted,
    endsAt: ends_at,
  }))
}

const findStopped = async (
  pool: Pool,
  held: Parameters<DeliveryStore['findStopped']>[0],
): Promise<ReadonlyMap<string, string>> => {
  const rows = await query<{ reason: string | null }>(pool, sql.findStoppedHeldAcrossTenants, [
    uuids(held, ({ claim }) => claim.tenantId),
    uuids(held, ({ claim }) => claim.deliveryId),
    texts(held, ({ channel }) => channel),
    texts(held, ({ claim, channel }) => addressKey(channel, claim.address)),
  ])
  return new Map(
    held.flatMap(({ claim }, at) => {
      const reason = rows[at]?.reason ?? null
      return reason === null ? [] : [[turnText(claim), reason]]
    }),
  )
}

type RenewedRow = {
  readonly delivery_id: string
  readonly fence: number
  readonly send_until: Instant
}

const renew = async (
  pool: Pool,
  claims: readonly Lease[],
  leaseMs: number,
): Promise<ReadonlyMap<string, Instant>> => {
  const values = [...turnArrays(claims), leaseMs]
  const rows = await query<RenewedRow>(pool, sql.renewAcrossTenants, values)
  return new Map(
    rows.map(({ delivery_id, fence, send_until }) => [
      turnText({ deliveryId: delivery_id, fence }),
      send_until,
    ]),
  )
}

const disown = async (
  pool: Pool,
  owner: string,
  held: Parameters<DeliveryStore['disown']>[1],
): Promise<number> => {
  const ids = uuids(held, (lease) => lease.deliveryId)
  const fences = int4s(held, (lease) => lease.fence)
  return (await query(pool, sql.disownAcrossTenants, [owner, ids, fences])).length
}

const databaseNow: Statement = { name: 'database_now', text: 'SELECT clock_timestamp() AS now' }

/**
 * The list has one spelling of each address (domain/suppression.ts). Most deliveries are written like that and cost nothing
 * here; the others are looked up in one more statement. Should it fail, the leases are given up like those of a lost reply.
 */
const markStopped = async (
  pool: Pool,
  claims: readonly ClaimedDelivery[],
  channelOf: (at: number) => string,
): Promise<readonly ClaimedDelivery[]> => {
  const others = claims.flatMap((claim, at) => {
    const channel = channelOf(at)
    const key = addressKey(channel, claim.address)
    return claim.suppressed || key === claim.address ? [] : [{ claim, at, channel, key }]
  })
  if (others.length === 0) return claims
  const found = await query<{ reason: string | null }>(pool, sql.findStoppedAcrossTenants, [
    uuids(others, ({ claim }) => claim.tenantId),
    texts(others, ({ channel }) => channel),
    texts(others, ({ key }) => key),
    uuids(others, ({ claim }) => claim.subscription),
    uuids(others, ({ claim }) => claim.campaign),
  ])
  const marked = [...claims]
  for (const [n, { claim, at }] of others.entries()) {
    const stoppedBy = found[n]?.reason ?? undefined
    if (stoppedBy !== undefined) marked[at] = { ...claim, suppressed: true, stoppedBy }
  }
  return marked
}

const turnArrays = (claims: readonly Lease[]): unknown[] => [
  uuids(claims, (claim) => claim.tenantId),
  uuids(claims, (claim) => claim.deliveryId),
  int4s(claims, (claim) => claim.fence),
]

const takeSlots = async (
  pool: Pool,
  { tenantId, integrationId }: { readonly tenantId: string; readonly integrationId: string },
  {
    limit,
    wanted,
    horizonMs,
  }: { readonly limit: RateLimit; readonly wanted: number; readonly horizonMs: number },
): Promise<Slots> => {
  const step = intervalMs(limit)
  const rows = await query<{ first_at: Instant; n: number }>(pool, limits.takeSlotsAcrossTenants, [
    tenantId,
    integrationId,
    step,
    limit.burst,
    wanted,
    horizonMs,
  ])
  return { firstAt: rows[0]?.first_at ?? instant(0), count: rows[0]?.n ?? 0, intervalMs: step }
}

const takeRecipientSlots = async (
  pool: Pool,
  wishes: readonly RecipientWish[],
): Promise<readonly RecipientSlot[]> => {
  const groups = [...Map.groupBy(wishes, recipientText).values()].flatMap((group) => {
    const first = group[0]
    return first === undefined ? [] : [{ first, n: group.length }]
  })
  const keys = [
    uuids(groups, ({ first }) => first.claim.tenantId),
    uuids(groups, ({ first }) => first.claim.integrationId),
    texts(groups, ({ first }) => first.claim.address),
  ]
  await query(pool, limits.ensureRecipientsAcrossTenants, keys)
  const rows = await query<RecipientRow>(pool, limits.takeRecipientSlotsAcrossTenants, [
    ...keys,
    int4s(groups, ({ n }) => n),
    float8s(groups, ({ first }) => intervalMs(first.limit)),
    int4s(groups, ({ first }) => first.limit.burst),
  ])
  const next = new Map<string, RecipientRun>(
    rows.map((row) => [
      `${row.tenant_id}/${row.integration_id}/${row.address}`,
      { at: row.first_at, granted: row.granted },
    ]),
  )
  return wishes.map((wish) => takeNext(next, recipientText(wish), wish.limit))
}

type RecipientRow = {
  readonly tenant_id: string
  readonly integration_id: string
  readonly address: string
  readonly first_at: Instant
  readonly granted: number
}

/** A recipient's next slot, and how many from there on are ours. */
type RecipientRun = { readonly at: Instant; readonly granted: number }

const recipientText = ({ claim }: RecipientWish): string =>
  `${claim.tenantId}/${claim.integrationId}/${claim.address}`

const takeNext = (
  next: Map<string, RecipientRun>,
  key: string,
  limit: RateLimit,
): RecipientSlot => {
  const { at, granted } = next.get(key) ?? { at: instant(0), granted: 0 }
  next.set(key, { at: addMs(at, intervalMs(limit)), granted: granted - 1 })
  return { at, isGranted: granted > 0 }
}
