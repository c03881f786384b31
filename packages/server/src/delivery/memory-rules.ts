/**
 * The guards and rules of the memory store's statements, each by its own name, so that the simulation can break one at a
 * time and show that the break is noticed. The real store has them in its SQL; the contract test holds both together.
 */
import { recordSignal, type BreakerState } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import { takeSlots } from '@carillon/domain/rate-limit'
import { isAtDeadStep } from '@carillon/domain/route-progress'
import type { MemoryCampaign, MemoryRow, MemoryState, MemoryTables } from './memory-tables.ts'
import type { LaneClaim, Lease, SettledTurn } from './store.ts'

type Held = Pick<Lease, 'deliveryId' | 'fence'>

export type MemoryRules = {
  readonly mayClaim: (row: MemoryRow, lane: LaneClaim, now: Instant) => boolean
  /** An earlier open row with the same key goes first, also while it waits. */
  readonly mustWaitForEarlier: (row: MemoryRow, tables: MemoryTables) => boolean
  /** May a row be stored leased to whoever accepts it? */
  readonly mayHandOver: (state: MemoryState | undefined, now: Instant) => boolean
  readonly nextFence: (fence: number) => number
  /** The deadline that a claim is told. */
  readonly sendUntilSeen: (row: MemoryRow) => Instant
  readonly maySettle: (row: MemoryRow, claim: Held) => boolean
  /** Renewed since it was found overdue, it is not lost. */
  readonly mayReap: (row: MemoryRow, claim: Held, now: Instant) => boolean
  readonly mayRelease: (row: MemoryRow, claim: Held) => boolean
  readonly mayRenew: (row: MemoryRow, claim: Held) => boolean
  readonly renewedUntil: (row: MemoryRow, until: Instant) => Instant
  /** The deadline that a renewal is told. */
  readonly sendUntilTold: (row: MemoryRow) => Instant
  /** `isKnown`: the owner itself holds it. */
  readonly mayDisown: (
    row: MemoryRow,
    by: { readonly owner: string; readonly isKnown: boolean; readonly now: Instant },
  ) => boolean
  readonly isOverdue: (row: MemoryRow, now: Instant) => boolean
  readonly mayExpire: (row: MemoryRow, now: Instant) => boolean
  readonly mayCancel: (row: MemoryRow) => boolean
  /** May a receipt that denies its arrival move it on? */
  readonly mayDeny: (row: MemoryRow) => boolean
  readonly mayProbe: (breaker: BreakerState, now: Instant) => boolean
  readonly recordSignal: typeof recordSignal
  readonly takeSlots: typeof takeSlots
  readonly duplicateAfter: (turn: SettledTurn, wasDuplicate: boolean) => boolean
  /** Which steps have accepted the message, as a turn leaves it. */
  readonly acceptedAfter: (accepted: number) => number
  readonly attemptsCounted: (turn: SettledTurn) => number
  readonly crashesAfter: (crashes: number) => number
  /** Does a batch of successes close the breaker? */
  readonly heals: () => boolean
  readonly keepsPauses: boolean
  /** Nothing of this campaign may be leased. */
  readonly isHalted: (campaign: MemoryCampaign) => boolean
  /** The deadline that a claim gives a campaign's row. */
  readonly endOfCampaign: (campaign: MemoryCampaign, row: MemoryRow) => Instant
  /** Is a step of a campaign still its holder's to make? */
  readonly holdsCampaign: (campaign: MemoryCampaign, claimed: MemoryCampaign) => boolean
  /** How many of the audience were dealt with, for the next chunk. */
  readonly expandsFrom: (campaign: MemoryCampaign, claimed: MemoryCampaign) => number
  readonly mayFinish: (campaign: MemoryCampaign, tables: MemoryTables) => boolean
  readonly isSuppressed: (tables: MemoryTables, key: string) => boolean
}

const isHeld = (row: MemoryRow, claim: Held): boolean =>
  row.state === 'sending' && row.fence === claim.fence

/** The rules as the SQL has them. */
export const soundRules: MemoryRules = {
  mayClaim: (row, lane, now) =>
    row.tenantId === lane.tenantId &&
    row.integrationId === lane.integrationId &&
    row.priority === lane.priority &&
    row.state === 'pending' &&
    row.dueAt >= lane.from &&
    row.dueAt <= now &&
    (!lane.onlyPassing || row.whenOpen !== 'hold' || isAtDeadStep(row.progress)),
  mustWaitForEarlier: (row, tables) =>
    row.orderingKey !== undefined &&
    [...tables.queue.values()].some(
      (other) =>
        other.tenantId === row.tenantId &&
        other.orderingKey === row.orderingKey &&
        other.deliveryId < row.deliveryId,
    ),
  mayHandOver: (state, now) =>
    state?.breaker.state === 'closed' && (state.pausedUntil ?? now) <= now,
  nextFence: (fence) => fence + 1,
  sendUntilSeen: (row) => row.sendUntil,
  maySettle: isHeld,
  mayReap: (row, claim, now) => isHeld(row, claim) && row.dueAt <= now,
  mayRelease: isHeld,
  mayRenew: isHeld,
  renewedUntil: (_row, until) => until,
  sendUntilTold: (row) => row.sendUntil,
  mayDisown: (row, { owner, isKnown, now }) =>
    row.state === 'sending' && row.leaseOwner === owner && !isKnown && row.dueAt > now,
  isOverdue: (row, now) => row.state === 'sending' && row.dueAt <= now,
  mayExpire: (row, now) => row.state === 'pending' && row.sendUntil <= now,
  mayCancel: (row) => row.state === 'pending',
  mayDeny: (row) => row.state === 'pending',
  mayProbe: (breaker, now) => breaker.state !== 'closed' && breaker.openUntil <= now,
  recordSignal,
  takeSlots,
  duplicateAfter: ({ decision }, wasDuplicate) =>
    decision.kind === 'pending' ? decision.progress.possibleDuplicate : wasDuplicate,
  acceptedAfter: (accepted) => accepted,
  attemptsCounted: ({ outcome }) => (outcome === undefined ? 0 : 1),
  crashesAfter: (crashes) => crashes,
  heals: () => true,
  keepsPauses: true,
  isHalted: ({ state }) => state !== 'running',
  endOfCampaign: ({ endsAt }) => endsAt,
  holdsCampaign: (campaign, claimed) =>
    campaign.fence === claimed.fence && campaign.finishedAt === undefined,
  expandsFrom: ({ cursor }) => cursor,
  mayFinish: ({ id, state, cursor, audience }, { queue }) =>
    (state === 'canceled' || cursor === audience.length) &&
    [...queue.values()].every(({ campaign }) => campaign !== id),
  isSuppressed: (tables, key) => tables.suppressions.has(key),
}
