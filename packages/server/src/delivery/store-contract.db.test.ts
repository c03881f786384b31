/** The memory store and the Postgres store do the same: what makes the simulation a statement about the real one. */
import { command, receiptStory, type Command } from '@carillon/testkit/store-commands'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createTwoStores } from '@carillon/testkit/two-stores'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MemoryRules } from './memory-rules.ts'
import { mutants } from './simulation/mutants.ts'

const anyStory = fc.array(command, { minLength: 30, maxLength: 70, size: 'max' })

const sameInBoth = (
  db: TestDb,
  stories: fc.Arbitrary<readonly Command[]>,
  rules: Partial<MemoryRules> = {},
) =>
  fc.asyncProperty(stories, async (commands) => {
    const stores = await createTwoStores(db, rules)
    for (const one of commands) {
      const answers = await stores.run(one)
      expect(answers.memory, `answer to ${one.kind}`).toEqual(answers.postgres)
      const { memory, postgres } = await stores.states()
      expect(memory, `rows after ${one.kind}`).toEqual(postgres)
    }
  })

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
      const details = await fc.check(sameInBoth(db, anyStory), { numRuns: 30 })
      expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
    },
  )

  test('do the same with receipts', { timeout: 120_000 }, async () => {
    await using db = await testDb()
    const details = await fc.check(sameInBoth(db, receiptStory), { numRuns: 60 })
    expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
  })

  test('would differ if it was forgotten that a step accepted', { timeout: 60_000 }, async () => {
    await using db = await testDb()
    const broken = sameInBoth(db, receiptStory, { acceptedAfter: () => 0 })
    const { failed } = await fc.check(broken, { numRuns: 60, endOnFailure: true })
    expect(failed).toBe(true)
  })

  test.for(planted)('would differ if $name', { timeout: 60_000 }, async ({ rules }) => {
    await using db = await testDb()
    const broken = sameInBoth(db, anyStory, rules)
    const { failed } = await fc.check(broken, { numRuns: 100, endOnFailure: true })
    expect(failed).toBe(true)
  })
})
