/** One seed from its first event to its last: set-up, chaos, calm, the end of every delivery, and a verdict. */
import { instant, type Instant } from '@carillon/domain/clock'
import { soundRules, type MemoryRules } from '../memory-rules.ts'
import { createMemoryTables } from '../memory-tables.ts'
import { startChaos } from './chaos.ts'
import { createCampaignChecks } from './check-campaigns.ts'
import { createExchangeChecks } from './check-exchanges.ts'
import { createLivenessChecks, endOfPatience } from './check-liveness.ts'
import { createRowChecks } from './check-rows.ts'
import { createStateChecks } from './check-states.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { createKernel } from './kernel.ts'
import { createLedger } from './ledger.ts'
import { createPrng, type Prng } from './prng.ts'
import { receiptsOf } from './receipt-scenario.ts'
import { drawScenario } from './scenario.ts'
import { calm, violate, type World } from './world.ts'

export type SimulationResult = {
  readonly seed: number
  /** The first broken promise; undefined: all were kept. */
  readonly violation: string | undefined
  readonly events: number
  /** Simulated time, in ms. */
  readonly simulatedMs: number
  readonly exchanges: number
  readonly finals: Readonly<Record<string, number>>
  /** The same seed gives the same hash. */
  readonly hash: number
}

export type SimulationOptions = {
  readonly seed: number
  /** Breaks the store's rules on purpose, to see that it is noticed. */
  readonly rules?: Partial<MemoryRules>
  readonly trace?: (at: Instant, text: string) => void
  /** Deliveries may be handed to the worker of the process that accepts them. Default: in every second seed. */
  readonly handsOver?: boolean
}

/** Runs a seed. Never throws for a broken promise: that is its result. */
export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  const world = createWorld(options)
  const { kernel, tables, scenario } = world
  const { startAt } = scenario
  const ledger = createLedger()
  const exchanges = createExchangeChecks(world, ledger)
  const campaigns = createCampaignChecks(world)
  const fleet = createFleet(world, ledger, (exchange, node) => {
    exchanges.onBegin(exchange, node)
    campaigns.onBegin(exchange)
  })
  const rows = createRowChecks({ world, ledger, machineOf: fleet.machineOf })
  const states = createStateChecks(world, ledger)
  const look = createLivenessChecks(world, fleet.machineOf)
  const chaos = startChaos({ world, nodes: fleet.nodes, stopOne: fleet.stopOne })
  fleet.start()
  everySecond(world, look)
  const check = (): void => {
    campaigns.check()
    rows.check()
    states.check()
    exchanges.check()
    world.caller = undefined
  }
  const isOver = (): boolean => world.violation !== undefined
  const isEmpty = (): boolean =>
    isOver() ||
    (chaos.arrivals() === 0 &&
      tables.queue.size === 0 &&
      ledger.open === 0 &&
      [...tables.campaigns.values()].every(({ finishedAt }) => finishedAt !== undefined))
  const calmAt = instant(startAt + scenario.chaosMs)
  await kernel.run({ until: calmAt, done: isEmpty, check })
  world.faults = calm
  world.calmSince ??= kernel.now()
  fleet.calm()
  const until = instant(endOfPatience(world))
  await kernel.run({ until, done: isEmpty, check })
  if (!isEmpty()) violate(world, `I1: ${[...tables.queue.keys()].join(', ')} did not end in time`)
  if (!isOver()) await stopFleet(world, fleet, check)
  exchanges.checkEnd()
  return {
    seed: options.seed,
    violation: world.violation,
    events: kernel.events(),
    simulatedMs: kernel.now() - startAt,
    exchanges: ledger.exchanges.length,
    finals: finalsOf(world),
    hash: kernel.hash(),
  }
}

const createWorld = ({ seed, rules, trace, handsOver }: SimulationOptions): World => {
  const prng = createPrng(seed)
  const scenario = drawScenario(prng, seed)
  return {
    kernel: createKernel({
      prng,
      startAt: scenario.startAt,
      ...(trace === undefined ? {} : { trace }),
    }),
    prng,
    handOver: handOverOf(seed, handsOver),
    receipts: receiptsOf(seed),
    denied: new Set(),
    scenario,
    tables: createMemoryTables(),
    rules: { ...soundRules, ...rules },
    integrations: new Map(scenario.integrations.map((one) => [one.integrationId, one])),
    plans: new Map(
      [...scenario.plans, ...scenario.campaigns.map(({ plan }) => plan)].map((plan) => [
        plan.id,
        plan,
      ]),
    ),
    faults: scenario.isCalm ? calm : scenario.faults,
    ends: new Map(),
    calmSince: scenario.isCalm ? scenario.startAt : undefined,
    caller: undefined,
    violation: undefined,
  }
}

/** Chance of its own: seeds in which nothing is handed over draw what they drew before there was such a thing. */
const handOverOf = (seed: number, handsOver: boolean | undefined): Prng | undefined => {
  const prng = createPrng(~seed)
  return (handsOver ?? prng.chance(0.5)) ? prng : undefined
}

const finalsOf = ({ tables }: World): Record<string, number> => {
  const finals: Record<string, number> = {}
  for (const { state } of tables.settlements)
    if (state !== 'pending') finals[state] = (finals[state] ?? 0) + 1
  return finals
}

const everySecond = (world: World, look: () => void): void => {
  world.kernel.after(1_000, () => {
    look()
    everySecond(world, look)
  })
}

/** A fleet with nothing to do stops within the deadline, and the time to give up a call that hangs. */
const stopFleet = async (world: World, fleet: Fleet, check: () => void): Promise<void> => {
  fleet.stopAll()
  const isDone = (): boolean => fleet.nodes().length === 0 || world.violation !== undefined
  await world.kernel.run({ until: instant(world.kernel.now() + 30_000), done: isDone, check })
  if (!isDone()) violate(world, `stop: ${fleet.nodes().length} idle workers do not stop`)
}
