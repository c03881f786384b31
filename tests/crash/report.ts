/** What a run comes to: the judge's verdict, the run's own figures, and every bound that did not hold, in words. */
import type { Verdict } from '@carillon/testkit/verify-ledgers'

export type Report = Verdict & {
  readonly figures: Readonly<Record<string, number | readonly number[]>>
}

/** Adds the words of each bound that is false to the verdict's violations. */
export const withBounds = (
  verdict: Verdict,
  figures: Report['figures'],
  bounds: readonly (readonly [holds: boolean, otherwise: string])[],
): Report => ({
  ...verdict,
  figures,
  violations: [...verdict.violations, ...bounds.flatMap(([holds, words]) => (holds ? [] : words))],
})
