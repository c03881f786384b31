/** Counts what vitest reports, and decides what a left-out test means. Runs nothing. */

/** The parts of vitest's JSON report that are read here (the shape is Jest's). */
export type TestReport = {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

export type Circumstances = {
  /** vitest's own exit code: it also knows errors that belong to no test. */
  readonly exitCode: number
  /** CI=true: nothing may be left out. */
  readonly isCi: boolean
  /** The folder beside the repository with design documents and samples, which a clone alone does not have. */
  readonly hasShared: boolean
}

export type Summary = {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Sentences for people: what was left out, and what is wrong beyond single tests. */
  readonly remarks: readonly string[]
}

/** The counts for the closing line. Nothing ran, or something broke outside of tests: that is a failure too. */
export const summarize = (report: TestReport, circumstances: Circumstances): Summary => {
  const files = report.testResults
  const tests = files.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failedTests = tests.filter((test) => test.status === 'failed').length
  const brokenFiles = files.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  )
  const leftOut = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  const refused = leftOut.filter((test) => !mayBeLeftOut(test.fullName, circumstances))
  const failed = failedTests + brokenFiles.length + refused.length
  const extra = failed > 0 ? [] : outside(passed, circumstances.exitCode)
  return {
    passed,
    failed: failed + extra.length,
    skipped: leftOut.length - refused.length,
    remarks: [
      ...brokenFiles.map((file) => `failed as a whole: ${file.name}`),
      ...leftOut.map(
        (test) => `left out${refused.includes(test) ? ' although CI=true' : ''}: ${test.fullName}`,
      ),
      ...extra,
    ],
  }
}

/** In CI only what needs a folder that is not there may be left out, and its name must say so. */
const mayBeLeftOut = (name: string, { isCi, hasShared }: Circumstances): boolean =>
  !isCi || (/\.\.\/shared\b|\bshared\//.test(name) && !hasShared)

const outside = (passed: number, exitCode: number): readonly string[] => {
  if (passed === 0) return ['no test ran']
  return exitCode === 0
    ? []
    : [`vitest ended with code ${exitCode}, although no test failed: see above`]
}

/** The closing line that scripts read. */
export const closingLine = ({ passed, failed, skipped }: Summary): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
