/**
 * `npm run sim -- --seed 17`: replays one seed of the engine's simulation with its trace. `--seeds 1..100000` runs a range
 * and names the seeds that fail. Not for tests: `simulation.test.ts` runs the ones that every change must pass.
 */
import { parseArgs } from 'node:util'
import { toIso } from '@carillon/domain/clock'
import { mutants } from '@carillon/server/delivery/simulation/mutants'
import { simulate } from '@carillon/server/delivery/simulation/simulate'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
  },
})

const replay = async (seed: number): Promise<void> => {
  const trace = (at: Parameters<typeof toIso>[0], text: string): void =>
    console.log(`${toIso(at).slice(14, 23)} ${text}`)
  const result = await simulate({ seed, ...(values.quiet ? {} : { trace }) })
  console.log(JSON.stringify(result))
  if (result.violation !== undefined) process.exitCode = 1
}

const runRange = async (range: string): Promise<void> => {
  const [from = 1, to = from] = range.split('..').map(Number)
  const startedMs = performance.now()
  const sums = { seeds: 0, failed: 0, events: 0, simulatedMs: 0, exchanges: 0 }
  for (let seed = from; seed <= to; seed += 1) {
    const result = await simulate({ seed })
    sums.seeds += 1
    sums.events += result.events
    sums.simulatedMs += result.simulatedMs
    sums.exchanges += result.exchanges
    if (result.violation !== undefined) {
      sums.failed += 1
      process.exitCode = 1
      console.log(`seed ${seed}: ${result.violation}`)
    }
  }
  const seconds = (performance.now() - startedMs) / 1_000
  console.log(
    `${sums.seeds} seeds, ${sums.failed} failed, ${sums.events} events, ${sums.exchanges} exchanges, ` +
      `${Math.round(sums.simulatedMs / 1_000)} simulated s in ${seconds.toFixed(1)} s ` +
      `(${(sums.seeds / seconds).toFixed(0)} seeds/s)`,
  )
}

/** The first seed that notices each planted bug. */
const runMutants = async (): Promise<void> => {
  for (const { name, rules } of mutants) {
    let seed = 1
    let result = await simulate({ seed, rules })
    while (result.violation === undefined && seed < 1_000) {
      seed += 1
      result = await simulate({ seed, rules })
    }
    console.log(`${name}: ${result.violation ?? 'NOT NOTICED'} (seed ${seed})`)
  }
}

if (values.mutants) await runMutants()
else if (values.seed !== undefined) await replay(Number(values.seed))
else await runRange(values.seeds ?? '1..2000')
