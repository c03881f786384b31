/**
 * `npm test`: runs every test that this machine can run, names what was left out, and ends with `N passed, N failed`.
 * Arguments go to vitest (`npm test -- --project unit`, a path, `-t name`). The test Postgres is the testkit's business.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './run-program.ts'
import { type TestReport, closingLine, summarize } from './test-summary.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const main = async (args: readonly string[]): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-test-report-'))
  try {
    const file = join(folder, 'report.json')
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const result = await runProgram(process.execPath, [vitest, 'run', ...reporters, ...args], {
      cwd: root,
      output: 'inherit',
    })
    finish(existsSync(file) ? readFileSync(file, 'utf8') : undefined, result.code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const finish = (text: string | undefined, exitCode: number): void => {
  const report: TestReport = text === undefined ? { testResults: [] } : readReport(text)
  const summary = summarize(report, {
    exitCode,
    isCi: process.env['CI'] === 'true',
    hasShared: existsSync(join(root, '../shared')),
  })
  for (const remark of summary.remarks) console.log(remark)
  console.log(closingLine(summary))
  process.exitCode = summary.failed > 0 ? 1 : 0
}

const readReport = (text: string): TestReport => {
  const report = JSON.parse(text) as TestReport
  if (!Array.isArray(report.testResults)) throw new Error("vitest's report has no testResults")
  return report
}

await main(process.argv.slice(2))
