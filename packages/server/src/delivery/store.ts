/**
 * The narrow port between the delivery engine and its storage. The engine knows nothing else of it, so that the seeded
 * simulation runs the same engine over a memory store, and one contract test holds both stores to the same behaviour.
 * Every method is one short transaction; none makes a network call other than to the database.
 */
import type { BreakerPolicy, BreakerState } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { Progress } from '@carillon/domain/route-progress'
import type { Decision, WhenOpen } from '@carillon/domain/turn'

/** A lane: one integration of one tenant at one priority (0 transactional, 1 bulk). */
export type LaneKey = {
  readonly tenantId: string
  readonly integrationId: string
  readonly priority: number
}

/** `a/b/0`: a lane's key as a map key. */
export const laneText = (lane: LaneKey): string =>
  `${lane.tenantId}/${lane.integrationId}/${lane.priority}`

/** A lane that has open work, with what decides whether and how fast it may be claimed. */
export type LaneView = LaneKey & {
  /** When its oldest pending row is (or was) due. */
  readonly dueAt: Instant
  readonly breaker: BreakerState
  readonly pausedUntil: Instant | undefined
  /** Version of the integration's settings; a change makes the worker load them anew. */
  readonly version: number
  /** Tenant's overrides of the connector's limits, as stored. */
  readonly limits: LaneLimits | undefined
  readonly connector: string
}

export type LaneLimits = {
  readonly rate?: RateLimit
  readonly concurrency?: number
  readonly weight?: number
}

export type LaneClaim = LaneKey & {
  readonly take: number
  /** Nothing due before this is looked at: dead index entries then cost nothing. */
  readonly from: Instant
  /** The breaker is open: only rows that must not wait for it (`when_open` fallback or skip). */
  readonly onlyPassing: boolean
}

/** A leased row of the queue: what settling needs. */
export type Lease = LaneKey & {
  readonly deliveryId: string
  readonly fence: number
  /** Exchanges made before this turn. */
  readonly attemptCount: number
  readonly progress: Progress
  /** The address for the current step; '' where there is none. */
  readonly address: string
  /** Whose message it is, as a UUID. */
  readonly campaign?: string | undefined
}

/** A leased delivery with everything that is needed to send it. */
export type ClaimedDelivery = Lease & {
  readonly whenOpen: WhenOpen
  readonly dueAt: Instant
  readonly sendUntil: Instant
  readonly createdAt: Instant
  readonly claimedAt: Instant
  readonly planId: string
  readonly suppressed: boolean
  /** Why, for people: the reason of an entry of the list, or `unregistered`. */
  readonly stoppedBy?: string | undefined
  /** What it is part of, as UUIDs; neither: a message of a rule. */
  readonly subscription?: string | undefined
  /** JSON of the contact as it was when the delivery was made: what templates see as `contact`. */
  readonly contactJson?: string | undefined
  /** Whose hours count, where the plan has a window. */
  readonly timeZone?: string | undefined
  readonly integrationVersion: number
  readonly event: {
    readonly id: string
    readonly source: string
    readonly type: string
    readonly subject: string | undefined
    readonly time: Instant
    readonly dataJson: string
  }
}

/** What a settled turn writes. `exchange` is absent where a step was passed over. */
export type SettledTurn = {
  readonly claim: Lease
  /** When the row was due; absent where nobody claimed it in time (reaped turns). */
  readonly dueAt?: Instant
  readonly startedAt: Instant
  readonly durationMs: number
  readonly outcome: Outcome | undefined
  readonly decision: Decision
  /** The integration of the step that comes next (the same one where the step stays). */
  readonly nextIntegrationId: string
  readonly channel: string
  /** Absent: the turn says nothing about the integration's health (its worker was lost). */
  readonly breakerPolicy?: BreakerPolicy
}

/** A lane of which a scan need not see rows that are due earlier. */
export type LaneBound = LaneKey & { readonly from: Instant }

export type SettleReport = {
  /** Those of the turns whose lease was still ours: they are on record. */
  readonly written: readonly SettledTurn[]
  /** Breakers that this call changed. */
  readonly breakers: readonly (LaneKeyless & { readonly breaker: BreakerState })[]
  readonly pauses: readonly (LaneKeyless & { readonly until: Instant })[]
}
type LaneKeyless = { readonly tenantId: string; readonly integrationId: string }

/** Gives a lease back without a turn: nothing was begun. */
export type Release = {
  readonly claim: Lease
  readonly dueAt: Instant
  readonly reason: 'released' | 'rate_limited' | 'breaker_open' | 'scheduled' | 'paused'
}

export type Slots = {
  readonly firstAt: Instant
  readonly count: number
  readonly intervalMs: number
}

export type RecipientWish = { readonly claim: Lease; readonly limit: RateLimit }
export type RecipientSlot = { readonly isGranted: boolean; readonly at: Instant }

/** A campaign as it is now: must its deliveries wait, and when does it end? */
export type CampaignView = {
  readonly campaign: string
  readonly isHalted: boolean
  readonly endsAt: Instant
}

export type DeliveryStore = {
  /** The database's clock, with the local times around the question, for measuring the offset. */
  readonly databaseNow: () => Promise<Instant>
  /** Lanes with open rows. Of those in `known` only rows due from the bound on are seen. */
  readonly findLanes: (known: readonly LaneBound[]) => Promise<readonly LaneView[]>
  readonly claim: (
    lanes: readonly LaneClaim[],
    lease: { readonly owner: string; readonly leaseMs: number },
  ) => Promise<readonly ClaimedDelivery[]>
  readonly settle: (turns: readonly SettledTurn[]) => Promise<SettleReport>
  readonly release: (releases: readonly Release[]) => Promise<void>
  /** Renews leases; returns those that are still ours by their `deliveryId/fence`, each with its `send_until` of now. */
  readonly renew: (
    claims: readonly Lease[],
    leaseMs: number,
  ) => Promise<ReadonlyMap<string, Instant>>
  /**
   * Gives leases of this owner back that it does not know of (a claim whose answer got lost): nothing was begun with them.
   * `held`: all that it knows of. Returns how many.
   */
  readonly disown: (
    owner: string,
    held: readonly Pick<Lease, 'deliveryId' | 'fence'>[],
  ) => Promise<number>
  /** The right to make the one probe of an open breaker whose time has come. */
  readonly takeProbe: (lane: LaneKeyless, probeMs: number) => Promise<boolean>
  readonly takeSlots: (
    lane: LaneKeyless,
    limit: RateLimit,
    wanted: number,
    horizonMs: number,
  ) => Promise<Slots>
  /** A slot for each that may be sent now, in the order asked; the others take none, and hear when to ask again. */
  readonly takeRecipientSlots: (
    wishes: readonly RecipientWish[],
  ) => Promise<readonly RecipientSlot[]>
  /** Turns overdue leases into turns with the outcome unknown. Returns how many. */
  readonly reap: (limit: number) => Promise<number>
  /** Which of these claims must not go out any more, by `deliveryId/fence`: why. The list may have grown since they were claimed. */
  readonly findStopped: (
    held: readonly { readonly claim: ClaimedDelivery; readonly channel: string }[],
  ) => Promise<ReadonlyMap<string, string>>
  /** The campaigns of claims that are held, as they are now. */
  readonly readCampaigns: (
    campaigns: readonly { readonly tenantId: string; readonly campaign: string }[],
  ) => Promise<readonly CampaignView[]>
  /** Does an error of these methods pass by itself? If not, what was asked for is to blame. */
  readonly isPassing: (error: unknown) => boolean
  /** Settles pending deliveries whose deadline has passed as expired. Returns how many. */
  readonly expire: (limit: number) => Promise<number>
}

/** `deliveryId/fence`: names one turn. */
export const turnText = (claim: { readonly deliveryId: string; readonly fence: number }): string =>
  `${claim.deliveryId}/${claim.fence}`
