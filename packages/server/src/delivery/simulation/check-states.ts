/**
 * The promises about integrations: a breaker moves only by what its exchanges came to, each counted once, by a probe whose
 * time had come, or by a person; what a provider asked for is kept. Not for whether exchanges obey it (check-exchanges.ts).
 */
import {
  breakerSignal,
  recordSignal,
  type BreakerSignal,
  type BreakerState,
} from '@carillon/domain/breaker'
import { stateText } from '../fold-states.ts'
import { recipientText } from '../memory-settle.ts'
import type { MemorySettlement } from '../memory-tables.ts'
import type { Exchange, Ledger } from './ledger.ts'
import { violate, type World } from './world.ts'

export type StateChecks = { readonly check: () => void }

/** Makes the checks; call `check` after every event. */
export const createStateChecks = (world: World, ledger: Ledger): StateChecks => {
  const { tables } = world
  const before = new Map<string, BreakerState>()
  let settled = 0
  let version = -1
  const check = (): void => {
    if (tables.version === version) return
    version = tables.version
    const fresh = Map.groupBy(tables.settlements.slice(settled), stateText)
    settled = tables.settlements.length
    for (const [key, { breaker }] of tables.states) {
      const was = before.get(key) ?? breaker
      const turns = fresh.get(key) ?? []
      // People may close it whenever they like.
      if (world.caller !== undefined) checkBreaker(world, { key, was, is: breaker, turns, ledger })
      before.set(key, breaker)
      for (const turn of turns) checkWishes(world, turn, exchangeOf(turn, ledger))
    }
  }
  return { check }
}

const exchangeOf = (turn: MemorySettlement, ledger: Ledger): Exchange | undefined =>
  ledger.of(turn.deliveryId).find((each) => each.claim.fence === turn.turn)

type BreakerMove = {
  readonly key: string
  readonly was: BreakerState
  readonly is: BreakerState
  readonly turns: readonly MemorySettlement[]
  readonly ledger: Ledger
}

const checkBreaker = (world: World, { key, was, is, turns, ledger }: BreakerMove): void => {
  const signals = turns.flatMap((turn) => signalOf(turn, exchangeOf(turn, ledger)))
  const isProbe =
    signals.length === 0 && is.state === 'half_open' && was.state !== 'closed' && is !== was
  if (isProbe) {
    if (was.openUntil > world.kernel.now())
      violate(world, `breaker: ${key} is probed ${was.openUntil - world.kernel.now()} ms early`)
    return
  }
  const policy = world.integrations.get(turns[0]?.integrationId ?? '')?.breaker
  let expected = was
  for (const signal of signals)
    if (policy !== undefined)
      expected = recordSignal(expected, signal, { policy, now: world.kernel.now(), reason: '' })
  if (expected.state !== is.state || expected.failures !== is.failures)
    violate(
      world,
      `breaker: ${key} is ${is.state} (${is.failures}) after ${was.state} (${was.failures}) and ${signals.join(', ') || 'nothing'}`,
    )
}

/** What a settled turn tells the breaker; a lost worker tells nothing. */
const signalOf = (
  turn: MemorySettlement,
  exchange: Exchange | undefined,
): readonly BreakerSignal[] => {
  if (turn.outcome === undefined || turn.reason === 'worker lost') return []
  return [exchange?.outcome === undefined ? 'failure' : breakerSignal(exchange.outcome)]
}

/** What clocks that differ may take away from a wait. */
const clocksMs = 2_000

/** A wait that was asked for, and an address that must not be used again, are in the tables with the turn that heard of them. */
const checkWishes = (
  world: World,
  turn: MemorySettlement,
  exchange: Exchange | undefined,
): void => {
  const { tables } = world
  const outcome = exchange?.outcome
  if (exchange === undefined || outcome === undefined || turn.outcome !== outcome.kind) return
  const name = `${turn.deliveryId}/${turn.turn}`
  // A machine that slept does not know yet how long.
  const isAwake = exchange.machine.disturbedAt() < exchange.beganAt
  if (isAwake && outcome.kind === 'retry' && outcome.afterMs !== undefined) {
    const until = (exchange.endedAt ?? exchange.beganAt) + outcome.afterMs - clocksMs
    const kept =
      outcome.scope === 'integration'
        ? tables.states.get(stateText(turn))?.pausedUntil
        : tables.recipients.get(recipientText(exchange.claim))
    if (outcome.scope !== 'message' && (kept ?? 0) < until)
      violate(world, `pause: the wait of ${name} for its ${outcome.scope} is not kept`)
  }
  const channel = world.integrations.get(turn.integrationId)?.channel
  if (
    outcome.kind === 'recipient_rejected' &&
    outcome.suppress !== undefined &&
    !tables.suppressions.has(`${turn.tenantId}/${channel}/${exchange.claim.address}`)
  )
    violate(world, `suppression: the address of ${name} is not kept`)
}
