/** What the parts of a simulated run share: time, chance, the tables, the faults of the moment, and the first thing that went wrong. */
import type { Instant } from '@carillon/domain/clock'
import type { MemoryRules } from '../memory-rules.ts'
import type { MemoryTables } from '../memory-tables.ts'
import type { Kernel } from './kernel.ts'
import type { Prng } from './prng.ts'
import type { Scenario, SimFaults, SimIntegration, SimPlan } from './scenario.ts'

export type World = {
  readonly kernel: Kernel
  readonly prng: Prng
  /** Chance for deliveries that are accepted by a process with a worker and handed to it; undefined: all are claimed. */
  readonly handOver: Prng | undefined
  /** Chance for receipts; undefined: there are none. */
  readonly receipts: Prng | undefined
  /** `delivery/step` of which a receipt said that it did not arrive. */
  readonly denied: Set<string>
  readonly scenario: Scenario
  readonly tables: MemoryTables
  readonly rules: MemoryRules
  /** By id. */
  readonly integrations: ReadonlyMap<string, SimIntegration>
  readonly plans: ReadonlyMap<string, SimPlan>
  /** The faults of the moment: none once the run has calmed down. */
  faults: SimFaults
  /** The `send_until` of each delivery: since when, and what it was from then on. */
  readonly ends: Map<string, { readonly at: Instant; readonly until: Instant }[]>
  /** When the faults ended. */
  calmSince: number | undefined
  /** Whose transaction the last event carried out; undefined: a person's. */
  caller: string | undefined
  /** The first broken promise; the run ends there. */
  violation: string | undefined
}

/** Records a broken promise; the first one counts. */
export const violate = (world: World, what: string): void => {
  world.violation ??= what
  world.kernel.note(() => `VIOLATION ${what}`)
}

/** No faults at all. */
export const calm: SimFaults = {
  failBefore: 0,
  answerLost: 0,
  latencyMs: 10,
  slow: 0,
  locked: 0,
  crash: 0,
  pause: 0,
  clockMs: 0,
  clockMoves: 0,
  wakes: 0,
  stops: 0,
  toggles: 0,
  closes: 0,
  cancels: 0,
  resends: 0,
  shortens: 0,
}
