/** A simulated worker process: the real engine over the memory store, with the measured clock of `run-worker.ts`. */
import { policyOf } from '@carillon/domain/plan'
import { createHours } from '../delivery-hours.ts'
import { stateText } from '../fold-states.ts'
import { createMemoryStore } from '../memory-store.ts'
import type { MemoryIntegration } from '../memory-tables.ts'
import type { Prepared, Sender } from '../sender.ts'
import type { ClaimedDelivery, LaneView } from '../store.ts'
import { createWorkerClock } from '../worker-clock.ts'
import { createWorker, type DeliveryWorker } from '../worker.ts'
import type { Exchange, Ledger } from './ledger.ts'
import { createMachine, type Machine } from './machine.ts'
import { exchangeWith } from './provider.ts'
import type { World } from './world.ts'

export type WorkerNode = {
  readonly machine: Machine
  readonly worker: DeliveryWorker
  /** Wakes it as another part of its process would: once it has begun. */
  readonly wake: DeliveryWorker['wake']
  /** As the accepting part of its process: once it has begun. */
  readonly reserve: DeliveryWorker['reserve']
  /** How far its idea of the database's time is off, in ms. */
  readonly clockErrorMs: () => number
}

export type NodeOptions = {
  readonly world: World
  readonly ledger: Ledger
  readonly name: string
  readonly onCrash: () => void
  readonly onBegin: (exchange: Exchange, node: WorkerNode) => void
}

/** Starts a process; its worker begins when the database's clock was measured. */
export const startNode = (options: NodeOptions): WorkerNode => {
  const { world, name } = options
  const { scenario, kernel, prng, tables, rules } = world
  const machine = createMachine(world, name, options.onCrash)
  const store = createMemoryStore({
    tables,
    rules,
    now: kernel.now,
    run: machine.call,
    isLocked: () => prng.chance(world.faults.locked),
  })
  const note = (facts: Record<string, unknown>, message: string): void =>
    kernel.note(() => `${name} logs: ${message}${errorText(facts['err'])}`)
  const log = { error: note, warn: note }
  const clock = createWorkerClock({
    store,
    local: { now: machine.clock },
    monotonicMs: machine.monotonicMs,
    timers: machine.timers,
    log,
  })
  const worker = createWorker({
    store,
    sender: createSimSender(options, machine, (exchange) => options.onBegin(exchange, node)),
    now: clock.now,
    clockIsTrusted: clock.isTrusted,
    timers: machine.timers,
    random: prng.next,
    owner: name,
    log,
    concurrency: scenario.concurrency,
    leaseMs: scenario.leaseMs,
    pollMs: scenario.pollMs,
    onProgress: () => undefined,
  })
  let hasBegun = false
  const node: WorkerNode = {
    machine,
    worker,
    wake: (lanes) => machine.deliver(() => void (hasBegun && worker.wake(lanes))),
    reserve: (rows) => (hasBegun ? worker.reserve(rows) : undefined),
    clockErrorMs: () => Math.abs(clock.now() - kernel.now()),
  }
  const begin = (): void => {
    clock.start().then(
      () => {
        hasBegun = true
        return worker.start()
      },
      () => void machine.timers.after(500, begin),
    )
  }
  begin()
  return node
}

const errorText = (error: unknown): string => (error instanceof Error ? ` (${error.message})` : '')

/** Plays `send-delivery.ts`: what the claims need is loaded over the same connection, and cached by version. */
const createSimSender = (
  { world, ledger }: NodeOptions,
  machine: Machine,
  onBegin: (exchange: Exchange) => void,
): Sender => {
  const cache = new Map<string, MemoryIntegration>()
  const hours = createHours()
  const load = async (claims: readonly ClaimedDelivery[]): Promise<void> => {
    const stale = claims.filter(
      (claim) => cache.get(claim.integrationId)?.version !== claim.integrationVersion,
    )
    if (stale.length === 0) return
    const rows = await machine.call('load', () =>
      stale.flatMap((claim) => world.tables.integrations.get(stateText(claim)) ?? []),
    )
    for (const row of rows) cache.set(row.integrationId, row)
  }
  const prepare = (claim: ClaimedDelivery): Prepared => {
    const plan = world.plans.get(claim.planId)
    const integration = world.integrations.get(claim.integrationId)
    if (plan === undefined || integration === undefined) throw new Error('unknown plan')
    return {
      policy: policyOf(plan),
      channel: integration.channel,
      onUnknown: integration.onUnknown,
      breakerPolicy: integration.breaker,
      integrationOf: (step) => plan.steps[step]?.integrationId ?? claim.integrationId,
      recipientLimit: integration.recipientLimit,
      ...(plan.window === undefined
        ? {}
        : { opensAt: hours(plan.id, plan.window, claim.timeZone ?? 'UTC') }),
      next: nextOf(claim, cache.get(claim.integrationId)) ?? {
        kind: 'exchange',
        exchange: async (_now, signal) =>
          await exchangeWith({ world, ledger, machine, integration, claim, signal, onBegin }),
      },
    }
  }
  return {
    load,
    prepare,
    traits: ({ integrationId }: LaneView) => {
      const { concurrency, weight, rate } = world.integrations.get(integrationId) ?? {}
      return { concurrency: concurrency ?? 1, weight: weight ?? 1, rate }
    },
  }
}

const nextOf = (
  claim: ClaimedDelivery,
  integration: MemoryIntegration | undefined,
): Prepared['next'] | undefined => {
  if (integration?.enabled !== true)
    return { kind: 'gate', gate: { kind: 'integration_off', detail: 'off' } }
  if (claim.address === '')
    return { kind: 'gate', gate: { kind: 'no_address', detail: 'no address' } }
  if (claim.suppressed) return { kind: 'gate', gate: { kind: 'suppressed', detail: claim.address } }
  return undefined
}
