/** Settling in memory: what `settle-turns.ts` does in one transaction. No storage of its own; see `memory-store.ts`. */
import { closedBreaker } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import { addressKey } from '@carillon/domain/suppression'
import type { Decision } from '@carillon/domain/turn'
import { foldStates, stateText, telling, type StateChange } from './fold-states.ts'
import type { MemoryRules } from './memory-rules.ts'
import { count, keepSettlement, type MemoryRow, type MemoryTables } from './memory-tables.ts'
import type { Lease, SettledTurn, SettleReport } from './store.ts'

export type SettleContext = {
  readonly tables: MemoryTables
  readonly rules: MemoryRules
  readonly now: Instant
  /** The guard of each row: that of settling or that of reaping. */
  readonly isOurs: (row: MemoryRow, claim: Lease, now: Instant) => boolean
}

/** An integration's recipient as a map key. */
export const recipientText = (
  claim: Pick<Lease, 'tenantId' | 'integrationId' | 'address'>,
): string => `${stateText(claim)}/${claim.address}`

/** An entry of the suppression list as a set member: the one spelling of the address. */
export const suppressionText = (tenantId: string, channel: string, address: string): string =>
  `${tenantId}/${channel}/${addressKey(channel, address)}`

/** Writes the turns whose lease is still ours; returns them, and the breakers and pauses that changed. */
export const settleInMemory = (
  turns: readonly SettledTurn[],
  context: SettleContext,
): SettleReport => {
  const ours = turns.filter((turn) => {
    const row = context.tables.queue.get(turn.claim.deliveryId)
    return row !== undefined && context.isOurs(row, turn.claim, context.now)
  })
  const isPlain = turns.every(isPlainSuccess)
  const changes = isPlain ? healAll(ours, context) : foldAll(ours, context)
  for (const turn of ours) writeTurn(turn, context)
  for (const turn of turns) settleRecipient(turn, context)
  return {
    written: ours,
    breakers: changes.map(({ tenantId, integrationId, after }) => ({
      tenantId,
      integrationId,
      breaker: after,
    })),
    pauses: changes.flatMap(({ tenantId, integrationId, pausedUntil }) =>
      pausedUntil === undefined ? [] : [{ tenantId, integrationId, until: pausedUntil }],
    ),
  }
}

const isPlainSuccess = ({ outcome, decision }: SettledTurn): boolean =>
  outcome?.kind === 'accepted' && decision.kind === 'final' && decision.state === 'sent'

/** The hot statement: a success closes the breaker, and the worker is not told what it knows. */
const healAll = (ours: readonly SettledTurn[], { tables, rules }: SettleContext): readonly [] => {
  if (!rules.heals()) return []
  for (const { claim } of ours) {
    const state = tables.states.get(stateText(claim))
    if (state !== undefined)
      tables.states.set(stateText(claim), { ...state, breaker: closedBreaker })
  }
  return []
}

const foldAll = (
  ours: readonly SettledTurn[],
  { tables, rules }: SettleContext,
): readonly StateChange[] =>
  [...telling(ours)].flatMap(([key, group]) => {
    const state = tables.states.get(key)
    const change = state && foldStates(state.breaker, group, rules.recordSignal)
    if (state === undefined || change === undefined) return []
    tables.states.set(key, {
      ...state,
      breaker: change.after,
      openedCount: state.openedCount + (change.opened ? 1 : 0),
      pausedUntil: rules.keepsPauses
        ? latest(state.pausedUntil, change.pausedUntil)
        : state.pausedUntil,
    })
    return [change]
  })

const latest = (one: Instant | undefined, other: Instant | undefined): Instant | undefined =>
  one === undefined || other === undefined ? (one ?? other) : instant(Math.max(one, other))

const writeTurn = (turn: SettledTurn, { tables, rules, now }: SettleContext): void => {
  const { claim, decision, outcome } = turn
  const row = tables.queue.get(claim.deliveryId)
  if (row === undefined) return
  const state = decision.kind === 'final' ? decision.state : 'pending'
  const isAttempt = outcome !== undefined
  keepSettlement(tables, {
    tenantId: claim.tenantId,
    deliveryId: claim.deliveryId,
    turn: claim.fence,
    state,
    outcome: outcome?.kind,
    reason:
      outcome === undefined ? wordsOf(decision) : 'reason' in outcome ? outcome.reason : undefined,
    attempt: isAttempt ? claim.attemptCount + 1 : undefined,
    step: claim.progress.step,
    integrationId: claim.integrationId,
    possibleDuplicate: claim.progress.possibleDuplicate,
    nextDueAt: decision.kind === 'pending' ? decision.dueAt : undefined,
    settledAt: now,
  })
  if (decision.kind === 'final') tables.queue.delete(claim.deliveryId)
  else
    tables.queue.set(claim.deliveryId, {
      ...row,
      state: 'pending',
      leaseOwner: undefined,
      dueAt: decision.dueAt,
      reason: decision.reason,
      integrationId: turn.nextIntegrationId,
      progress: {
        ...decision.progress,
        accepted: rules.acceptedAfter(decision.progress.accepted),
        crashes: rules.crashesAfter(decision.progress.crashes),
        possibleDuplicate: rules.duplicateAfter(turn, row.progress.possibleDuplicate),
      },
      attemptCount: claim.attemptCount + (isAttempt ? 1 : 0),
    })
  count(tables, row, {
    attempts: rules.attemptsCounted(turn),
    ...(decision.kind === 'final' ? { [decision.state]: 1 } : {}),
  })
}

const wordsOf = (decision: Decision): string =>
  decision.kind === 'final' ? decision.reason : decision.detail

/** Recipients that asked for a wait, and addresses that must not be written to again: true whoever holds the row. */
const settleRecipient = (
  { claim, outcome, decision, channel }: SettledTurn,
  { tables }: SettleContext,
): void => {
  if (decision.pause?.scope === 'recipient') {
    const key = recipientText(claim)
    const until = latest(tables.recipients.get(key), decision.pause.until)
    if (until !== undefined) tables.recipients.set(key, until)
  }
  if (outcome?.kind === 'recipient_rejected' && outcome.suppress !== undefined)
    tables.suppressions.add(suppressionText(claim.tenantId, channel, claim.address))
}
