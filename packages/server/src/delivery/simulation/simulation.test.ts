import { describe, expect, test } from 'vitest'
import { mutants } from './mutants.ts'
import { regressionSeeds } from './regression-seeds.ts'
import { simulate, type SimulationResult } from './simulate.ts'

const seeds = 2_000
/** A planted bug must be noticed within so many. */
const mutantSeeds = 500

const failures = async (
  from: number,
  to: number,
  options: { readonly handsOver?: boolean } = {},
): Promise<readonly string[]> => {
  const failed: string[] = []
  for (let seed = from; seed <= to; seed += 1) {
    const { violation } = await simulate({ seed, ...options })
    if (violation !== undefined) failed.push(`npm run sim -- --seed ${seed}: ${violation}`)
  }
  return failed
}

describe('the engine under simulated faults', () => {
  test(`keeps every promise in ${seeds} seeds`, { timeout: 240_000 }, async () => {
    expect(await failures(1, seeds)).toEqual([])
  })

  test.for(Object.entries(regressionSeeds))(
    'keeps every promise in seed %s, where once %s',
    async ([seed]) => {
      expect(await failures(Number(seed), Number(seed), { handsOver: false })).toEqual([])
    },
  )

  test('runs a seed the same way twice', { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= seeds / 100; seed += 1) {
      const [first, second] = [await simulate({ seed }), await simulate({ seed })]
      expect(second).toEqual(first)
    }
  })

  test('does something: deliveries end in every state, and exchanges are many', async () => {
    const results: SimulationResult[] = []
    for (let seed = 1; seed <= 200; seed += 1) results.push(await simulate({ seed }))
    const ends = new Set(results.flatMap(({ finals }) => Object.keys(finals)))
    expect([...ends].sort()).toEqual([
      'canceled',
      'delivered',
      'expired',
      'failed',
      'sent',
      'skipped',
      'suppressed',
    ])
    expect(results.reduce((sum, { exchanges }) => sum + exchanges, 0)).toBeGreaterThan(1_000)
  })
})

describe('the simulation', () => {
  test.for(mutants)('notices soon that $name', { timeout: 120_000 }, async ({ rules }) => {
    let seed = 0
    let violation: string | undefined
    while (violation === undefined && seed < mutantSeeds) {
      seed += 1
      for (const handsOver of [false, true])
        violation ??= (await simulate({ seed, rules, handsOver })).violation
    }
    expect(violation, `no violation in ${seed} seeds`).toBeDefined()
  })
})
