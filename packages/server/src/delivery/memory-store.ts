/**
 * The engine's storage in memory: the same contract as `postgres-store.ts`, statement by statement, for the simulation.
 * Nothing survives the process, and nothing here is for production. `store-contract.db.test.ts` holds both to the same answers.
 */
import { addMs, type Instant } from '@carillon/domain/clock'
import { laneText, turnText } from './store.ts'
import type {
  CampaignView,
  ClaimedDelivery,
  DeliveryStore,
  LaneBound,
  LaneClaim,
  LaneView,
  Lease,
  Release,
} from './store.ts'
import { stateText } from './fold-states.ts'
import { endWaiting } from './memory-end.ts'
import { soundRules, type MemoryRules } from './memory-rules.ts'
import { takeProbe, takeRecipientSlots, takeSlots } from './memory-limits.ts'
import { parkedUntil } from './memory-campaigns.ts'
import { settleInMemory, suppressionText } from './memory-settle.ts'
import type { MemoryRow, MemoryTables } from './memory-tables.ts'
import { lostTurn } from './reap-leases.ts'

export type MemoryStoreOptions = {
  readonly tables: MemoryTables
  /** The database's clock. */
  readonly now: () => Instant
  /** Carries out one transaction, named after its statement; the simulation delays and fails it here. */
  readonly run?: <T>(name: string, transaction: () => T) => Promise<T>
  readonly rules?: MemoryRules
  /** Rows that another transaction holds at this moment: claims and expiry skip them. */
  readonly isLocked?: (row: MemoryRow) => boolean
}

/** Makes a store over the tables; several may share them. */
export const createMemoryStore = (options: MemoryStoreOptions): DeliveryStore => {
  const { tables, now, run = atOnce, rules = soundRules, isLocked = () => false } = options
  const write = async <T>(name: string, transaction: (at: Instant) => T): Promise<T> =>
    await run(name, () => {
      tables.version += 1
      return transaction(now())
    })
  return {
    databaseNow: async () => await run('database_now', now),
    findLanes: async (known) => await run('find_lanes', () => findLanes(tables, known)),
    claim: async (lanes, lease) =>
      await write('claim', (at) =>
        claim(lanes, {
          tables,
          rules,
          now: at,
          isLocked,
          owner: lease.owner,
          leaseMs: lease.leaseMs,
        }),
      ),
    settle: async (turns) =>
      await write('settle', (at) =>
        settleInMemory(turns, { tables, rules, now: at, isOurs: rules.maySettle }),
      ),
    release: async (releases) => await write('release', () => release(releases, tables, rules)),
    renew: async (claims, leaseMs) =>
      await write('renew', (at) => renew(claims, addMs(at, leaseMs), tables, rules)),
    disown: async (owner, held) =>
      await write('disown', (at) => disown(owner, held, at, { tables, rules })),
    takeProbe: async (lane, probeMs) =>
      await write('take_probe', (at) =>
        takeProbe(stateText(lane), { at, until: addMs(at, probeMs) }, { tables, rules }),
      ),
    takeSlots: async (lane, limit, wanted, horizonMs) =>
      await write('take_slots', (now) =>
        takeSlots(stateText(lane), limit, { now, wanted, horizonMs }, { tables, rules }),
      ),
    takeRecipientSlots: async (wishes) =>
      await write('take_recipient_slots', (at) =>
        takeRecipientSlots(wishes, at, { tables, rules }),
      ),
    findStopped: async (held) =>
      await run('find_stopped', () => findStopped(held, { tables, rules })),
    readCampaigns: async (campaigns) =>
      await run('read_campaigns', () => readCampaigns(campaigns, tables)),
    isPassing: () => true,
    reap: async (limit) => {
      const overdue = await run('overdue_leases', () => findOverdue(limit, now(), tables, rules))
      if (overdue.length === 0) return 0
      const report = await write('reap', (at) =>
        settleInMemory(overdue, { tables, rules, now: at, isOurs: rules.mayReap }),
      )
      return report.written.length
    },
    expire: async (limit) =>
      await write('expire', (at) => expire(limit, at, { tables, rules, isLocked })),
  }
}

type Shared = { readonly tables: MemoryTables; readonly rules: MemoryRules }

const readCampaigns = (
  campaigns: Parameters<DeliveryStore['readCampaigns']>[0],
  tables: MemoryTables,
): readonly CampaignView[] =>
  campaigns.flatMap(({ campaign: id }) => {
    const campaign = tables.campaigns.get(id)
    if (campaign === undefined) return []
    const { endsAt, state } = campaign
    return [{ campaign: id, isHalted: state !== 'running', endsAt }]
  })

const findStopped = (
  held: Parameters<DeliveryStore['findStopped']>[0],
  { tables, rules }: Shared,
): ReadonlyMap<string, string> =>
  new Map(
    held.flatMap(({ claim, channel }) => {
      const key = suppressionText(claim.tenantId, channel, claim.address)
      return rules.isSuppressed(tables, key) ? [[turnText(claim), 'suppressed']] : []
    }),
  )

const expire = (
  limit: number,
  at: Instant,
  { tables, rules, isLocked }: Shared & { readonly isLocked: (row: MemoryRow) => boolean },
): number => {
  const late = [...tables.queue.values()]
    .filter((row) => rules.mayExpire(row, at) && !isProlonged(row, at, tables) && !isLocked(row))
    .sort((a, b) => a.sendUntil - b.sendUntil)
    .slice(0, limit)
  for (const row of late) endWaiting(tables, row, 'expired', at)
  return late.length
}

/** Its campaign was given a later end meanwhile: the row hears of that one. */
const isProlonged = ({ campaign }: MemoryRow, at: Instant, { campaigns }: MemoryTables): boolean =>
  (campaigns.get(campaign ?? '')?.endsAt ?? at) > at

const atOnce = async <T>(_name: string, transaction: () => T): Promise<T> => transaction()

const findLanes = (tables: MemoryTables, bounds: readonly LaneBound[]): readonly LaneView[] => {
  const oldest = new Map<string, MemoryRow>()
  const from = new Map(bounds.map((bound) => [laneText(bound), bound.from]))
  for (const row of tables.queue.values()) {
    if (row.state !== 'pending' || row.dueAt < (from.get(laneText(row)) ?? row.dueAt)) continue
    const known = oldest.get(laneText(row))
    if (known === undefined || row.dueAt < known.dueAt) oldest.set(laneText(row), row)
  }
  return [...oldest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { tenantId, integrationId, priority, dueAt }]): LaneView[] => {
      const key = stateText({ tenantId, integrationId })
      const integration = tables.integrations.get(key)
      const state = tables.states.get(key)
      if (integration === undefined || state === undefined) return []
      const { version, limits, connector } = integration
      const { breaker, pausedUntil } = state
      return [
        {
          tenantId,
          integrationId,
          priority,
          dueAt,
          breaker,
          pausedUntil,
          version,
          limits,
          connector,
        },
      ]
    })
}

type ClaimContext = {
  readonly tables: MemoryTables
  readonly rules: MemoryRules
  readonly now: Instant
  readonly isLocked: (row: MemoryRow) => boolean
  readonly owner: string
  readonly leaseMs: number
}

const claim = (
  lanes: readonly LaneClaim[],
  { tables, rules, now, isLocked, owner, leaseMs }: ClaimContext,
): readonly ClaimedDelivery[] => {
  const picked = lanes.flatMap((lane) =>
    [...tables.queue.values()]
      .filter(
        (row) =>
          rules.mayClaim(row, lane, now) &&
          !rules.mustWaitForEarlier(row, tables) &&
          !isLocked(row),
      )
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, lane.take),
  )
  const leased = picked.flatMap((row) => {
    const campaign = tables.campaigns.get(row.campaign ?? '')
    if (campaign === undefined) return [row]
    if (!rules.isHalted(campaign))
      return [{ ...row, sendUntil: rules.endOfCampaign(campaign, row) }]
    tables.queue.set(row.deliveryId, { ...row, dueAt: parkedUntil, reason: 'paused' })
    return []
  })
  for (const row of leased)
    tables.queue.set(row.deliveryId, {
      ...row,
      state: 'sending',
      fence: rules.nextFence(row.fence),
      leaseOwner: owner,
      claimedAt: now,
      dueAt: addMs(now, leaseMs),
    })
  return leased
    .sort((a, b) => a.dueAt - b.dueAt)
    .flatMap((row) => claimedDelivery(row, rules.nextFence(row.fence), now, tables, rules))
}

/** A row as whoever leases it gets it; `row` as it was before. None: its delivery or its integration is gone. */
export const claimedDelivery = (
  row: MemoryRow,
  fence: number,
  claimedAt: Instant,
  tables: MemoryTables,
  rules: MemoryRules,
): readonly ClaimedDelivery[] => {
  const delivery = tables.deliveries.get(row.deliveryId)
  const integration = tables.integrations.get(stateText(row))
  if (delivery === undefined || integration === undefined) return []
  const address = row.progress.movedTo ?? delivery.addresses[row.progress.step] ?? ''
  return [
    {
      ...leaseOf(row),
      fence,
      address,
      whenOpen: row.whenOpen,
      dueAt: row.dueAt,
      sendUntil: rules.sendUntilSeen(row),
      createdAt: delivery.createdAt,
      claimedAt,
      planId: tables.campaigns.get(row.campaign ?? '')?.planId ?? delivery.planId,
      campaign: row.campaign,
      timeZone: delivery.timeZone,
      suppressed: rules.isSuppressed(
        tables,
        suppressionText(row.tenantId, integration.channel, address),
      ),
      integrationVersion: integration.version,
      event: {
        id: delivery.id,
        source: 'memory',
        type: 'memory.accepted',
        subject: undefined,
        time: delivery.createdAt,
        dataJson: '{}',
      },
    },
  ]
}

const leaseOf = (row: MemoryRow): Lease => ({
  tenantId: row.tenantId,
  integrationId: row.integrationId,
  priority: row.priority,
  deliveryId: row.deliveryId,
  fence: row.fence,
  attemptCount: row.attemptCount,
  progress: row.progress,
  address: '',
})

const release = (releases: readonly Release[], tables: MemoryTables, rules: MemoryRules): void => {
  for (const { claim, dueAt, reason } of releases) {
    const row = tables.queue.get(claim.deliveryId)
    if (row !== undefined && rules.mayRelease(row, claim))
      tables.queue.set(row.deliveryId, {
        ...row,
        state: 'pending',
        leaseOwner: undefined,
        dueAt,
        reason,
      })
  }
}

const renew = (
  claims: readonly Lease[],
  until: Instant,
  tables: MemoryTables,
  rules: MemoryRules,
): ReadonlyMap<string, Instant> => {
  const ours = new Map<string, Instant>()
  for (const claim of claims) {
    const row = tables.queue.get(claim.deliveryId)
    if (row === undefined || !rules.mayRenew(row, claim)) continue
    tables.queue.set(row.deliveryId, { ...row, dueAt: rules.renewedUntil(row, until) })
    ours.set(turnText(claim), rules.sendUntilTold(row))
  }
  return ours
}

const disown = (
  owner: string,
  held: Parameters<DeliveryStore['disown']>[1],
  at: Instant,
  { tables, rules }: Shared,
): number => {
  const known = new Set(held.map(turnText))
  const lost = [...tables.queue.values()].filter((row) =>
    rules.mayDisown(row, { owner, isKnown: known.has(turnText(row)), now: at }),
  )
  for (const row of lost)
    tables.queue.set(row.deliveryId, {
      ...row,
      state: 'pending',
      leaseOwner: undefined,
      dueAt: at,
      reason: 'released',
    })
  return lost.length
}

const findOverdue = (
  limit: number,
  now: Instant,
  tables: MemoryTables,
  rules: MemoryRules,
): readonly ReturnType<typeof lostTurn>[] =>
  [...tables.queue.values()]
    .filter((row) => rules.isOverdue(row, now))
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, limit)
    .map((row) =>
      lostTurn({
        claim: leaseOf(row),
        claimedAt: row.claimedAt ?? row.dueAt,
        endedAt: row.dueAt,
        sendUntil: row.sendUntil,
        onUnknown: tables.integrations.get(stateText(row))?.onUnknown ?? 'resend',
      }),
    )
