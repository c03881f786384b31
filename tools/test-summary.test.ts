/** The closing line tells the truth about what ran. */
import { describe, expect, test } from 'vitest'
import { type TestReport, closingLine, summarize } from './test-summary.ts'

type File = TestReport['testResults'][number]

const file = (...statuses: readonly string[]): File => ({
  name: 'x.test.ts',
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status, index) => ({ fullName: `test ${index}`, status })),
})
const report = (...testResults: readonly File[]): TestReport => ({ testResults })
const atHome = { exitCode: 0, isCi: false, hasShared: true }

const needsShared = report({
  name: 'x.test.ts',
  status: 'passed',
  assertionResults: [
    { fullName: 'reads samples (needs ../shared)', status: 'skipped' },
    { fullName: 'fits the document (LEFT OUT: shared/openapi is missing)', status: 'skipped' },
    { fullName: 'adds', status: 'passed' },
  ],
})

describe('the closing line', () => {
  test('counts tests over all files', () => {
    const summary = summarize(report(file('passed', 'passed'), file('passed', 'failed')), {
      ...atHome,
      exitCode: 1,
    })
    expect(closingLine(summary)).toBe('3 passed, 1 failed')
  })

  test('names what was left out', () => {
    const summary = summarize(report(file('passed', 'skipped', 'todo')), atHome)
    expect(closingLine(summary)).toBe('1 passed, 0 failed, 2 skipped')
    expect(summary.remarks).toEqual(['left out: test 1', 'left out: test 2'])
  })

  test('in CI leaving out is a failure', () => {
    const summary = summarize(report(file('passed', 'skipped')), { ...atHome, isCi: true })
    expect(closingLine(summary)).toBe('1 passed, 1 failed')
    expect(summary.remarks).toEqual(['left out although CI=true: test 1'])
  })

  test('in CI a test may lack ../shared only where that folder is missing', () => {
    const ci = { ...atHome, isCi: true }
    expect(closingLine(summarize(needsShared, { ...ci, hasShared: false }))).toBe(
      '1 passed, 0 failed, 2 skipped',
    )
    expect(closingLine(summarize(needsShared, ci))).toBe('1 passed, 2 failed')
  })

  test('a file that can not be loaded is one failure', () => {
    const broken = {
      name: 'y.test.ts',
      status: 'failed',
      message: 'no such module',
      assertionResults: [],
    }
    const summary = summarize(report(file('passed'), broken), { ...atHome, exitCode: 1 })
    expect(closingLine(summary)).toBe('1 passed, 1 failed')
    expect(summary.remarks).toEqual(['failed as a whole: y.test.ts'])
  })

  test('an error outside of every test is a failure', () => {
    expect(closingLine(summarize(report(file('passed')), { ...atHome, exitCode: 1 }))).toBe(
      '1 passed, 1 failed',
    )
  })

  test('no tests at all are a failure', () => {
    expect(closingLine(summarize(report(), atHome))).toBe('0 passed, 1 failed')
    expect(summarize(report(), atHome).remarks).toEqual(['no test ran'])
  })
})
