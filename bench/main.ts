/** `npm run bench -- <name>`: runs one benchmark, prints its table and writes bench/out/<name>.json. Not for CI: that is `guard.test.ts`. */
import { runBacklog } from './backlog.ts'
import { runCampaign } from './campaign.ts'
import { runDrain } from './drain.ts'
import { runFanOut } from './fan-out.ts'
import { runImport } from './import.ts'
import { runIngest } from './ingest.ts'
import { runLatency } from './latency.ts'
import { runLists } from './lists.ts'
import { runMemory } from './memory.ts'
import { runStartup } from './startup.ts'

type Benchmark = {
  readonly summary: string
  readonly run: (args: readonly string[]) => Promise<void>
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  drain: {
    summary:
      'durable deliveries/s to a loopback sink  [--deliveries= --rounds= --workers=1,2,4 --no-peers --profile --statements]',
    run: runDrain,
  },
  ingest: {
    summary:
      'durable events/s over HTTP  [--requests= --rounds= --connections=64 --profile --statements]',
    run: runIngest,
  },
  latency: {
    summary: 'from a request to the sink at 500/s  [--rate= --seconds= --profile]',
    run: runLatency,
  },
  backlog: {
    summary: 'what a claim costs with 10 k to 10 M open rows  [--largest= --churned= --rounds=]',
    run: runBacklog,
  },
  'fan-out': {
    summary: 'a trigger to 200,000 beside another tenant  [--audience= --rate=100]',
    run: runFanOut,
  },
  campaign: {
    summary:
      'a campaign to 1,000,000 contacts: time to rows, memory, neighbours, kill -9  [--audience= --rate=50]',
    run: runCampaign,
  },
  import: {
    summary: 'a CSV file of 1,000,000 contacts: rows/s, memory  [--rows=]',
    run: runImport,
  },
  lists: {
    summary:
      'pages of lists with 10,000,000 deliveries: every filter  [--rows= --others= --rounds= --only=]',
    run: runLists,
  },
  memory: {
    summary: 'memory and CPU of an idle server  [--settle=s --watch=s]',
    run: runMemory,
  },
  startup: { summary: 'time until a server is ready  [--rounds=]', run: runStartup },
}

const help = (): string =>
  [
    'Usage: npm run bench -- <name> [--quick] [options]',
    '',
    ...Object.entries(benchmarks).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`),
  ].join('\n')

const [name = '--help', ...args] = process.argv.slice(2)
const benchmark = benchmarks[name]
if (benchmark === undefined) {
  console.log(help())
  process.exitCode = name === '--help' || name === '-h' ? 0 : 2
} else await benchmark.run(args)
