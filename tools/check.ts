/**
 * `npm run check`: format, lint, types, house rules, dead code, generated files; one line a step, and the whole output of
 * a step that failed. `--fix` repairs what can be repaired without thinking. Not for tests.
 */
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ProgramResult, runProgram } from './run-program.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = process.execPath
const bin = (name: string): string => join(root, 'node_modules', name)

type Step = {
  readonly name: string
  /** Arguments for Node. */
  readonly args: readonly string[]
  /** Where the program says how many files it saw: one that saw too few must not be content. */
  readonly filesSeen?: RegExp
}

/** Far below what we have, far above nothing. */
const leastFilesSeen = 300

const oxlint = [
  bin('oxlint/bin/oxlint'),
  '--type-aware',
  '--deny-warnings',
  '--report-unused-disable-directives',
]

/** The slowest first: they fill the cores while the others take turns. */
const checks: readonly Step[] = [
  { name: 'types', args: [bin('typescript/bin/tsc'), '--noEmit', '-p', '.'] },
  { name: 'types of the UI', args: [bin('typescript/bin/tsc'), '--noEmit', '-p', 'packages/web'] },
  { name: 'lint', args: oxlint, filesSeen: /on (\d+) files/ },
  {
    name: 'dead code',
    args: [bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'],
  },
  { name: 'generated', args: ['tools/gen.ts', '--check'] },
  { name: 'house rules', args: ['tools/tidy.ts'], filesSeen: /tidy: (\d+) source files/ },
  { name: 'format', args: [bin('oxfmt/bin/oxfmt'), '--check', '.'], filesSeen: /on (\d+) files/ },
]

/** In this order: what the linter and the generator write is formatted at the end. */
const fixes: readonly Step[] = [
  { name: 'lint', args: [...oxlint, '--fix'] },
  { name: 'generated', args: ['tools/gen.ts'] },
  { name: 'format', args: [bin('oxfmt/bin/oxfmt'), '.'] },
]

const sawTooFew = (step: Step, output: string): boolean =>
  step.filesSeen !== undefined && Number(step.filesSeen.exec(output)?.[1] ?? 0) < leastFilesSeen

type Outcome = { readonly step: Step; readonly result: ProgramResult; readonly isFine: boolean }

const runStep = async (step: Step, needsCount: boolean): Promise<Outcome> => {
  const result = await runProgram(node, step.args, { cwd: root, output: 'collect' })
  const tooFew = needsCount && result.code === 0 && sawTooFew(step, result.output)
  const isFine = result.code === 0 && !tooFew
  const remark = tooFew ? ` (saw fewer than ${leastFilesSeen} files)` : ''
  console.log(
    `${isFine ? 'ok    ' : 'FAILED'}  ${step.name}  ${(result.ms / 1000).toFixed(1)} s${remark}`,
  )
  return { step, result, isFine }
}

/** Runs the steps on `lanes` lanes: each lane takes the next step that nobody has taken. */
const runAll = async (
  steps: readonly Step[],
  lanes: number,
  needsCount: boolean,
): Promise<readonly Outcome[]> => {
  const waiting = steps.values()
  const outcomes: Outcome[] = []
  const lane = async (): Promise<void> => {
    for (const step of waiting) outcomes.push(await runStep(step, needsCount))
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return outcomes
}

const main = async (args: readonly string[]): Promise<void> => {
  const isFix = args.includes('--fix')
  const lanes = isFix ? 1 : Math.min(4, Math.max(2, availableParallelism()))
  const outcomes = await runAll(isFix ? fixes : checks, lanes, !isFix)
  const failed = outcomes.filter((outcome) => !outcome.isFine)
  for (const { step, result } of failed)
    console.log(`\n---- ${step.name}\n${result.output.trimEnd()}`)
  if (failed.length > 0) console.log(`\n${failed.length} of ${outcomes.length} failed`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

await main(process.argv.slice(2))
