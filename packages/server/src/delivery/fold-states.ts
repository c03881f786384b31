/**
 * What a batch of turns does to the breakers and pauses of its integrations, as values. No storage: both stores lock the
 * states, fold the turns over them here, and write what comes out.
 */
import { breakerSignal, recordSignal, type BreakerState } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import type { SettledTurn } from './store.ts'

export type StateChange = {
  readonly tenantId: string
  readonly integrationId: string
  readonly after: BreakerState
  /** The breaker opened in this batch: the tenant must be told. */
  readonly opened: boolean
  readonly pausedUntil: Instant | undefined
  readonly lastError: string | undefined
}

/** An integration as a map key. */
export const stateText = (of: {
  readonly tenantId: string
  readonly integrationId: string
}): string => `${of.tenantId}/${of.integrationId}`

/** The turns that say something about their integration's health, by `stateText`, in the order in which they came. */
export const telling = (turns: readonly SettledTurn[]): Map<string, readonly SettledTurn[]> =>
  Map.groupBy(
    turns.filter((turn) => turn.outcome !== undefined && turn.breakerPolicy !== undefined),
    (turn) => stateText(turn.claim),
  )

/** Folds one integration's telling turns over its stored breaker; undefined without any. `record` is replaced by tests of the tests only. */
export const foldStates = (
  before: BreakerState,
  turns: readonly SettledTurn[],
  record = recordSignal,
): StateChange | undefined => {
  const first = turns[0]
  if (first === undefined) return undefined
  let after = before
  let opened = false
  let pausedUntil: number | undefined
  let lastError: string | undefined
  for (const turn of turns) {
    const { outcome, decision } = turn
    if (outcome === undefined || turn.breakerPolicy === undefined) continue
    const reason = outcome.kind === 'accepted' ? '' : outcome.reason
    const next = record(after, breakerSignal(outcome), {
      policy: turn.breakerPolicy,
      now: instant(turn.startedAt + turn.durationMs),
      reason,
    })
    opened ||= next.state === 'open' && after.state !== 'open'
    after = next
    if (outcome.kind !== 'accepted') lastError = reason
    if (decision.pause?.scope === 'integration')
      pausedUntil = Math.max(pausedUntil ?? 0, decision.pause.until)
  }
  const { tenantId, integrationId } = first.claim
  return {
    tenantId,
    integrationId,
    after,
    opened,
    pausedUntil: pausedUntil === undefined ? undefined : instant(pausedUntil),
    lastError,
  }
}
