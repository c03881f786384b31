/** One seed from its first event to its last: set-up, chaos, calm, the end of every delivery, and a verdict. */
import { instant, type Instant } from '@carillon/domain/clock'
import { createMemoryStore } from '../delivery/memory-store.ts'
import { soundRules, type MemoryRules } from '../delivery/memory-rules.ts'
import { createMemoryTables } from '../delivery/memory-tables.ts'
import { startChaos } from './chaos.ts'
import { createExchangeChecks } from './check-exchanges.ts'
import { createLivenessChecks, endOfPatience } from './check-liveness.ts'
import { createRowChecks } from './check-rows.ts'
import { createStateChecks } from './check-states.ts'
import { createKernel } from './kernel.ts'
import { createLedger } from './ledger.ts'
import { createMachine, type Machine } from './machine.ts'
import { createPrng } from './prng.ts'
import { drawScenario } from './scenario.ts'
import { startNode, type WorkerNode } from './worker-node.ts'
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
}

/** Any time will do; this one has round numbers. */
const startAt = instant(1_700_000_000_000)

/** Runs a seed. Never throws for a broken promise: that is its result. */
export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  const world = createWorld(options)
  const { kernel, tables, scenario } = world
  const ledger = createLedger()
  const fleet = createFleet(world, ledger)
  const rows = createRowChecks({ world, ledger, machineOf: fleet.machineOf })
  const states = createStateChecks(world, ledger)
  const look = createLivenessChecks(world)
  const chaos = startChaos({ world, nodes: fleet.nodes, stopOne: fleet.stopOne })
  fleet.start()
  everySecond(world, look)
  const check = (): void => {
    rows.check()
    states.check()
    fleet.exchanges.check()
    world.caller = undefined
  }
  const isOver = (): boolean => world.violation !== undefined
  const isEmpty = (): boolean =>
    isOver() || (chaos.arrivals() === 0 && tables.queue.size === 0 && ledger.open === 0)
  const calmAt = instant(startAt + scenario.chaosMs)
  await kernel.run({ until: calmAt, done: isEmpty, check })
  world.faults = calm
  world.calmSince ??= kernel.now()
  fleet.calm()
  const until = instant(endOfPatience(world))
  await kernel.run({ until, done: isEmpty, check })
  if (!isEmpty()) violate(world, `I1: ${[...tables.queue.keys()].join(', ')} did not end in time`)
  if (!isOver()) await stopFleet(world, fleet, check)
  fleet.exchanges.checkEnd()
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

const createWorld = ({ seed, rules, trace }: SimulationOptions): World => {
  const prng = createPrng(seed)
  const scenario = drawScenario(prng)
  return {
    kernel: createKernel({ prng, startAt, ...(trace === undefined ? {} : { trace }) }),
    prng,
    scenario,
    tables: createMemoryTables(),
    rules: { ...soundRules, ...rules },
    integrations: new Map(scenario.integrations.map((one) => [one.integrationId, one])),
    plans: new Map(scenario.plans.map((plan) => [plan.id, plan])),
    faults: scenario.isCalm ? calm : scenario.faults,
    calmSince: scenario.isCalm ? startAt : undefined,
    caller: undefined,
    violation: undefined,
  }
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

type Fleet = ReturnType<typeof createFleet>

/** Workers and sweepers, each replaced by a new process some time after it is gone. */
const createFleet = (world: World, ledger: ReturnType<typeof createLedger>) => {
  const { kernel, prng, scenario } = world
  const exchanges = createExchangeChecks(world, ledger)
  const nodes = new Map<string, WorkerNode>()
  const sweepers = new Set<Machine>()
  let born = 0
  let closing = false
  const again = (start: () => void): void => {
    if (closing) return
    const restart = { done: false }
    const once = (): void => {
      if (restart.done) return
      restart.done = true
      restarts.delete(once)
      start()
    }
    restarts.add(once)
    kernel.after(prng.int(0, 5_000), once)
  }
  const restarts = new Set<() => void>()
  const startWorker = (): void => {
    if (closing) return
    born += 1
    const name = `w${born}`
    const onCrash = (): void => {
      nodes.delete(name)
      again(startWorker)
    }
    const node = startNode({ world, ledger, name, onCrash, onBegin: exchanges.onBegin })
    if (node.machine.isAlive()) nodes.set(name, node)
  }
  const startSweeper = (): void => {
    if (closing) return
    born += 1
    const machine = createMachine(world, `s${born}`, () => {
      sweepers.delete(machine)
      again(startSweeper)
    })
    sweepers.add(machine)
    sweep(world, machine)
  }
  const stopNode = (name: string, node: WorkerNode): void => {
    const deadlineMs = prng.int(0, 20_000)
    kernel.note(() => `${name} is told to stop within ${deadlineMs} ms`)
    node.machine.deliver(() => {
      node.worker.stop(deadlineMs).then(
        () => {
          kernel.note(() => `${name} has stopped`)
          checkReleased(world, node)
          node.machine.crash()
        },
        (error: unknown) => violate(world, `stop: ${name} fails to stop: ${String(error)}`),
      )
    })
  }
  return {
    exchanges,
    nodes: () => [...nodes.values()],
    machineOf: (owner: string) => nodes.get(owner)?.machine,
    start: () => {
      for (let n = 0; n < scenario.workers; n += 1) startWorker()
      for (let n = 0; n < scenario.sweepers; n += 1) startSweeper()
    },
    stopOne: () => {
      const all = [...nodes]
      const [name, node] = all[prng.int(0, all.length - 1)] ?? []
      if (name !== undefined && node !== undefined) stopNode(name, node)
    },
    /** Whoever is gone comes back, whoever stood still goes on, wrong clocks are set right. */
    calm: () => {
      for (const once of [...restarts]) once()
      for (const { machine } of nodes.values()) {
        machine.setClockRight()
        machine.resume()
      }
      for (const machine of sweepers) machine.resume()
    },
    stopAll: (): void => {
      closing = true
      for (const [name, node] of nodes) stopNode(name, node)
    },
  }
}

/** Who stops in good health leaves no lease behind. */
const checkReleased = (world: World, { machine }: WorkerNode): void => {
  const left = [...world.tables.queue.values()].filter((row) => row.leaseOwner === machine.name)
  for (const row of left)
    if (machine.disturbedAt() < (row.claimedAt ?? 0))
      violate(world, `stop: ${machine.name} leaves ${row.deliveryId} behind`)
}

const sweep = (world: World, machine: Machine): void => {
  const store = createMemoryStore({
    tables: world.tables,
    rules: world.rules,
    now: world.kernel.now,
    run: machine.call,
    isLocked: () => world.prng.chance(world.faults.locked),
  })
  const turn = async (): Promise<void> => {
    await store.reap(500)
    await store.expire(500)
  }
  const again = (): void => void machine.timers.after(1_000, run)
  const run = (): void => {
    turn().then(again, again)
  }
  run()
}

/** A fleet with nothing to do stops within the deadline, and the time to give up a call that hangs. */
const stopFleet = async (world: World, fleet: Fleet, check: () => void): Promise<void> => {
  fleet.stopAll()
  const isDone = (): boolean => fleet.nodes().length === 0 || world.violation !== undefined
  await world.kernel.run({ until: instant(world.kernel.now() + 30_000), done: isDone, check })
  if (!isDone()) violate(world, `stop: ${fleet.nodes().length} idle workers do not stop`)
}
