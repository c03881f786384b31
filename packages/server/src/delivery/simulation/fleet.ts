/** Workers and sweepers: processes that are replaced by new ones some time after they are gone, and told to stop now and then. */
import { createMemoryStore } from '../memory-store.ts'
import type { ExchangeChecks } from './check-exchanges.ts'
import type { Ledger } from './ledger.ts'
import { startCampaignRunner } from './campaign-runner.ts'
import { createMachine, type Machine } from './machine.ts'
import { startNode, type WorkerNode } from './worker-node.ts'
import { violate, type World } from './world.ts'

export type Fleet = {
  readonly nodes: () => readonly WorkerNode[]
  readonly machineOf: (owner: string) => Machine | undefined
  readonly start: () => void
  readonly stopOne: () => void
  /** Whoever is gone comes back, whoever stood still goes on, wrong clocks are set right. */
  readonly calm: () => void
  /** Stops all; nobody comes back. */
  readonly stopAll: () => void
}

type State = {
  readonly world: World
  readonly ledger: Ledger
  readonly onBegin: ExchangeChecks['onBegin']
  readonly nodes: Map<string, WorkerNode>
  readonly sweepers: Set<Machine>
  /** Starts that are yet to come. */
  readonly restarts: Set<() => void>
  born: number
  isClosing: boolean
}

/** Makes a fleet that has not started. */
export const createFleet = (
  world: World,
  ledger: Ledger,
  onBegin: ExchangeChecks['onBegin'],
): Fleet => {
  const state: State = {
    world,
    ledger,
    onBegin,
    nodes: new Map(),
    sweepers: new Set(),
    restarts: new Set(),
    born: 0,
    isClosing: false,
  }
  const { nodes } = state
  return {
    nodes: () => [...nodes.values()],
    machineOf: (owner) => nodes.get(owner)?.machine,
    start: () => {
      for (let n = 0; n < world.scenario.workers; n += 1) startWorker(state)
      for (let n = 0; n < world.scenario.sweepers; n += 1) startSweeper(state)
      for (let n = 0; n < world.scenario.runners; n += 1) startRunner(state)
    },
    stopOne: () => {
      const all = [...nodes.values()]
      const node = all[world.prng.int(0, all.length - 1)]
      if (node !== undefined) stopNode(world, node)
    },
    calm: () => {
      for (const start of new Set(state.restarts)) start()
      for (const { machine } of nodes.values()) {
        machine.setClockRight()
        machine.resume()
      }
      for (const machine of state.sweepers) machine.resume()
    },
    stopAll: () => {
      state.isClosing = true
      for (const node of nodes.values()) stopNode(world, node)
    },
  }
}

const startLater = (state: State, start: (state: State) => void): void => {
  const once = (): void => {
    if (state.restarts.delete(once) && !state.isClosing) start(state)
  }
  state.restarts.add(once)
  state.world.kernel.after(state.world.prng.int(0, 5_000), once)
}

const startWorker = (state: State): void => {
  state.born += 1
  const name = `w${state.born}`
  const { world, ledger, onBegin, nodes } = state
  const onCrash = (): void => {
    nodes.delete(name)
    startLater(state, startWorker)
  }
  const node = startNode({ world, ledger, name, onCrash, onBegin })
  if (node.machine.isAlive()) nodes.set(name, node)
}

const startSweeper = (state: State): void => startHelper(state, 's', sweep, startSweeper)
const startRunner = (state: State): void =>
  startHelper(state, 'c', startCampaignRunner, startRunner)

const startHelper = (
  state: State,
  letter: string,
  work: (world: World, machine: Machine) => void,
  again: (state: State) => void,
): void => {
  state.born += 1
  const machine = createMachine(state.world, `${letter}${state.born}`, () => {
    state.sweepers.delete(machine)
    startLater(state, again)
  })
  state.sweepers.add(machine)
  work(state.world, machine)
}

/** As `jobs.ts`: every second. */
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

const stopNode = (world: World, { machine, worker }: WorkerNode): void => {
  const deadlineMs = world.prng.int(0, 20_000)
  world.kernel.note(() => `${machine.name} is told to stop within ${deadlineMs} ms`)
  const stop = async (): Promise<void> => {
    try {
      await worker.stop(deadlineMs)
      world.kernel.note(() => `${machine.name} has stopped`)
      checkReleased(world, machine)
      machine.crash()
    } catch (error) {
      violate(world, `stop: ${machine.name} fails to stop: ${String(error)}`)
    }
  }
  machine.deliver(() => void stop())
}

/** Who stops in good health leaves no lease behind. */
const checkReleased = (world: World, machine: Machine): void => {
  for (const row of world.tables.queue.values())
    if (row.leaseOwner === machine.name && machine.disturbedAt() < (row.claimedAt ?? 0))
      violate(world, `stop: ${machine.name} leaves ${row.deliveryId} behind`)
}
