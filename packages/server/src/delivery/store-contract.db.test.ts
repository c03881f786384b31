/** The memory store and the Postgres store do the same: what makes the simulation a statement about the real one. */
import { command } from '@carillon/testkit/store-commands'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createTwoStores } from '@carillon/testkit/two-stores'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MemoryRules } from './memory-rules.ts'
import { mutants } from './simulation/mutants.ts'

const sameInBoth = (db: TestDb, rules: Partial<MemoryRules> = {}) =>
  fc.asyncProperty(
    fc.array(command, { minLength: 30, maxLength: 70, size: 'max' }),
    async (commands) => {
      const stores = await createTwoStores(db, rules)
      for (const one of commands) {
        const answers = await stores.run(one)
        expect(answers.memory, `answer to ${one.kind}`).toEqual(answers.postgres)
        const { memory, postgres } = await stores.states()
        expect(memory, `rows after ${one.kind}`).toEqual(postgres)
      }
    },
  )

/** Found by single commands; the guards of the reaper need two processes at once, and have the simulation and T-K4. */
const planted = mutants.filter(({ name }) =>
  [
    'settle is guarded by the fence only',
    'a claim does not look at the order',
    'retries are not counted',
    'a claim does not look whether its campaign is halted',
    "a claim does not look at its campaign's end",
  ].includes(name),
)

describe('both delivery stores', () => {
  test(
    'give the same answers and have the same rows after every command',
    { timeout: 120_000 },
    async () => {
      await using db = await testDb()
      const details = await fc.check(sameInBoth(db), { numRuns: 30 })
      expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
    },
  )

  test.for(planted)('would differ if $name', { timeout: 60_000 }, async ({ rules }) => {
    await using db = await testDb()
    const { failed } = await fc.check(sameInBoth(db, rules), { numRuns: 100, endOnFailure: true })
    expect(failed).toBe(true)
  })
})
