/** Hostile providers: one exchange, its effect outside and what the connector makes of it. Not for whether it was allowed to begin. */
import type { Outcome } from '@carillon/domain/outcome'
import type { ClaimedDelivery } from '../store.ts'
import type { Exchange, Ledger } from './ledger.ts'
import type { Machine } from './machine.ts'
import type { Prng } from './prng.ts'
import type { Behaviour, SimIntegration } from './scenario.ts'
import type { World } from './world.ts'

export type ProviderOptions = {
  readonly world: World
  readonly ledger: Ledger
  readonly machine: Machine
  readonly integration: SimIntegration
  readonly claim: ClaimedDelivery
  readonly signal: AbortSignal
  readonly onBegin: (exchange: Exchange) => void
}

/** When the provider takes it (if it does), when the connector knows, and what. */
type Course = {
  readonly acceptedMs?: number
  readonly endMs: number
  readonly outcome: Outcome | 'throws'
}

/** Makes one exchange. The provider's side goes on when the process is gone. */
export const exchangeWith = async (options: ProviderOptions): Promise<Outcome> => {
  const { world, ledger, machine, integration, claim, signal, onBegin } = options
  const { kernel, prng } = world
  const behaviour = world.calmSince === undefined ? drawBehaviour(prng, integration) : 'ok'
  const course = courseOf(behaviour, prng, integration)
  const exchange: Exchange = {
    claim,
    machine,
    beganAt: kernel.now(),
    acceptedAt: undefined,
    endedAt: undefined,
    outcome: undefined,
  }
  kernel.note(
    () =>
      `${machine.name} sends ${claim.deliveryId}/${claim.fence} via ${claim.integrationId}: ${behaviour}`,
  )
  onBegin(exchange)
  ledger.begin(exchange)
  ledger.open += 1
  if (course.acceptedMs !== undefined)
    kernel.after(course.acceptedMs, () => {
      if (exchange.endedAt === undefined) exchange.acceptedAt = kernel.now()
    })
  return await new Promise<Outcome>((resolve, reject) => {
    const end = (outcome: Course['outcome']): void => {
      if (exchange.endedAt !== undefined) return
      exchange.endedAt = kernel.now()
      ledger.open -= 1
      kernel.note(
        () =>
          `${claim.deliveryId}/${claim.fence} ended: ${outcome === 'throws' ? outcome : outcome.kind}`,
      )
      machine.deliver(() => {
        if (outcome === 'throws') reject(new Error('a bug in the connector'))
        else {
          exchange.outcome = outcome
          resolve(outcome)
        }
      })
    }
    kernel.after(course.endMs, () => end(course.outcome))
    const aborted = (): void =>
      end({ kind: 'unknown', reason: `aborted: ${String(signal.reason)}` })
    if (signal.aborted) aborted()
    else signal.addEventListener('abort', aborted, { once: true })
  })
}

const drawBehaviour = (prng: Prng, { habits }: SimIntegration): Behaviour => {
  let left = prng.next() * habits.reduce((sum, { weight }) => sum + weight, 0)
  for (const { behaviour, weight } of habits) {
    left -= weight
    if (left < 0) return behaviour
  }
  return 'ok'
}

const accepted = (ids: readonly string[]): Outcome => ({ kind: 'accepted', ids })

const courseOf = (behaviour: Behaviour, prng: Prng, { timeoutMs }: SimIntegration): Course => {
  const quick = prng.int(1, 400)
  switch (behaviour) {
    case 'ok':
      return { acceptedMs: quick, endMs: quick + 1, outcome: accepted(['x']) }
    case 'slow_ok': {
      const slow = prng.int(500, timeoutMs - 1)
      return { acceptedMs: prng.int(1, slow), endMs: slow + 1, outcome: accepted([]) }
    }
    case 'accepted_then_timeout':
      return {
        acceptedMs: quick,
        endMs: timeoutMs,
        outcome: { kind: 'unknown', reason: 'no answer' },
      }
    case 'hang':
      return { endMs: timeoutMs, outcome: { kind: 'unknown', reason: 'no answer' } }
    case 'throws':
      return {
        ...(prng.chance(0.5) ? { acceptedMs: quick } : {}),
        endMs: quick + 1,
        outcome: 'throws',
      }
    case 'server_error':
    case 'reset':
    case 'retry_after_message':
    case 'retry_after_recipient':
    case 'retry_after_integration':
    case 'defer':
    case 'recipient_rejected':
    case 'recipient_suppressed':
    case 'message_rejected':
    case 'integration_rejected':
    case 'moved':
      return { endMs: quick, outcome: refusal(behaviour, prng) }
  }
}

type Refusal = Exclude<Behaviour, 'ok' | 'slow_ok' | 'accepted_then_timeout' | 'hang' | 'throws'>

const refusal = (behaviour: Refusal, prng: Prng): Outcome => {
  const reason = behaviour
  switch (behaviour) {
    case 'server_error':
    case 'reset':
      return { kind: 'retry', reason, scope: 'message' }
    case 'retry_after_message':
      return { kind: 'retry', reason, scope: 'message', afterMs: prng.int(0, 8_000) }
    case 'retry_after_recipient':
      return { kind: 'retry', reason, scope: 'recipient', afterMs: prng.int(0, 8_000) }
    case 'retry_after_integration':
      return { kind: 'retry', reason, scope: 'integration', afterMs: prng.int(0, 8_000) }
    case 'defer':
      return { kind: 'defer', reason, afterMs: prng.int(0, 8_000) }
    case 'recipient_rejected':
      return { kind: 'recipient_rejected', reason }
    case 'recipient_suppressed':
      return { kind: 'recipient_rejected', reason, suppress: 'gone' }
    case 'message_rejected':
      return { kind: 'message_rejected', reason }
    case 'integration_rejected':
      return { kind: 'integration_rejected', reason }
    case 'moved':
      return { kind: 'moved', reason, address: `b${prng.int(1, 3)}` }
  }
}
