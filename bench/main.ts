/** `npm run bench -- <name>`: runs one benchmark, prints its table and writes bench/out/<name>.json. Not for CI: that is `guard.test.ts`. */
import { runDrain } from './drain.ts'

type Benchmark = {
  readonly summary: string
  readonly run: (args: readonly string[]) => Promise<void>
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  drain: {
    summary:
      'durable deliveries/s to a loopback sink  [--deliveries=100000 --rounds=3 --workers=1,2,4 --profile]',
    run: runDrain,
  },
}

const help = (): string =>
  [
    'Usage: npm run bench -- <name> [options]',
    '',
    ...Object.entries(benchmarks).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
  ].join('\n')

const [name = '--help', ...args] = process.argv.slice(2)
const benchmark = benchmarks[name]
if (benchmark === undefined) {
  console.log(help())
  process.exitCode = name === '--help' || name === '-h' ? 0 : 2
} else await benchmark.run(args)
