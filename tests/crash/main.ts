/**
 * The runs one after the other, each with its report on standard output: `main.ts [--long] [name …]`. Short is what CI
 * runs as tests; long takes about an hour. Exit code 1 when an invariant did not hold, 2 for a name that there is not. No checks
 * of its own.
 */
import type { Report } from './report.ts'
import { runs } from './runs.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** True when the run held all its bounds. */
const carryOut = async (name: string, run: () => Promise<Report>): Promise<boolean> => {
  const startedMs = performance.now()
  try {
    const report = await run()
    const holds = report.violations.length === 0
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
    say(`${holds ? 'ok    ' : 'FAILED'}  ${name}  ${seconds} s`)
    say(`        ${JSON.stringify(report)}`)
    return holds
  } catch (error) {
    // A run that breaks down has failed; the next one starts from nothing.
    say(`FAILED  ${name}: ${error instanceof Error ? error.stack : String(error)}`)
    return false
  }
}

const usage = `npm run crash -- [--long] [name …]

Runs the crash tests one after the other, all of them or those that are named, and prints a report of each.
  --long  at full scale, about an hour for all of them; without it as CI does, some minutes

Names: ${Object.keys(runs).join(', ')}`

const main = async (args: readonly string[]): Promise<void> => {
  const names = args.filter((arg) => !arg.startsWith('--'))
  const unknown = [
    ...names.filter((name) => !Object.hasOwn(runs, name)),
    ...args.filter((arg) => arg.startsWith('--') && arg !== '--long' && arg !== '--help'),
  ]
  if (unknown.length > 0 || args.includes('--help')) {
    for (const arg of unknown) say(`There is no "${arg}".`)
    say(usage)
    process.exitCode = unknown.length > 0 ? 2 : 0
    return
  }
  const chosen = Object.entries(runs).filter(([name]) => names.length === 0 || names.includes(name))
  const held: boolean[] = []
  for (const [name, { short, long }] of chosen)
    held.push(await carryOut(name, args.includes('--long') ? long : short))
  say(`${held.filter(Boolean).length} held, ${held.filter((one) => !one).length} failed`)
  process.exitCode = held.length > 0 && held.every(Boolean) ? 0 : 1
}

await main(process.argv.slice(2))
