/**
 * `fan-out`: a trigger to a large audience of one tenant, while another one's events come steadily: how soon it is answered,
 * how fast it is expanded, what the server holds meanwhile, and what the other tenant feels of it.
 */
import { readFileSync } from 'node:fs'
import { withClient } from '@carillon/testkit/database-url'
import { request } from 'undici'
import { startBenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess, type CarillonProcess } from './rig/carillon.ts'
import { startLoad } from './rig/load-process.ts'
import { readOptions } from './rig/options.ts'
import { startSink } from './rig/sink-process.ts'
import { publish, quantile, type Row } from './rig/table.ts'

const crowd = 'crowd'
const lookEveryMs = 100

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const call = async <Answer>(
  { url, headers }: CarillonProcess,
  [method, path, body]: readonly ['GET' | 'POST', string, unknown?],
): Promise<Answer> => {
  const reply = await request(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, 'carillon-tenant': crowd },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await reply.body.text()
  if (reply.statusCode >= 300) throw new Error(`${path} answered ${reply.statusCode}: ${text}`)
  return JSON.parse(text) as Answer
}

/** A tenant whose messages wait (one an hour may leave), and a subscription with so many registrations. */
const gatherCrowd = async (
  carillon: CarillonProcess,
  databaseUrl: string,
  count: number,
): Promise<void> => {
  await carillon.post('/tenants', { slug: crowd, name: crowd })
  const limits = { rate: { n: 1, per: '1h' } }
  const settings = { url: 'http://127.0.0.1:9/' }
  const integration = { connector: 'webhook', name: 'slow', settings, secrets: {}, limits }
  await call(carillon, ['POST', '/integrations', integration])
  const content = { default: { text: 'Hello {{ data.name }}' } }
  await call(carillon, ['POST', '/subscriptions', { subscriptionId: 'News', content }])
  await withClient(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address)
       SELECT s.tenant_id, carillon_uuid_at((extract(epoch FROM clock_timestamp()) * 1000)::bigint, n), s.id, 'u' || n, 'webhook', 'u' || n
         FROM subscriptions s CROSS JOIN generate_series(1, $1::int) AS n`,
      [count],
    )
    await client.query('ANALYZE registrations')
  })
}

type FanOut = { readonly state: string; readonly reached: number }
type Expansion = {
  readonly answerMs: number
  readonly perSecond: number
  readonly grewMb: number
  readonly seconds: number
}

/** Triggers, and looks until all is made. */
const expand = async (carillon: CarillonProcess, count: number): Promise<Expansion> => {
  const before = rssMb(carillon.pid)
  const startMs = performance.now()
  const { fanOut } = await call<{ fanOut: string }>(carillon, ['POST', '/trigger/News', {}])
  const answerMs = performance.now() - startMs
  let most = before
  for (;;) {
    const row = await call<FanOut>(carillon, ['GET', `/fan-outs/${fanOut}`])
    most = Math.max(most, rssMb(carillon.pid))
    if (row.state === 'done' && row.reached === count) break
    if (row.state !== 'open') throw new Error(`${row.state} with ${row.reached} of ${count}`)
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  const seconds = (performance.now() - startMs) / 1000
  return { answerMs, perSecond: count / seconds, grewMb: most - before, seconds }
}

const latencyRow = (what: string, timesMs: readonly number[]): Row => ({
  what,
  'p50 ms': quantile(timesMs, 0.5),
  'p99 ms': quantile(timesMs, 0.99),
  'max ms': quantile(timesMs, 1),
})

/** Runs the benchmark with the command line's options. */
export const runFanOut = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const audience = options.number('audience', 50_000, 200_000)
  const perSecond = options.number('rate', 100, 100)
  await using database = await startBenchDatabase()
  const databaseUrl = await database.create('carillon_fan_out')
  await using sink = await startSink()
  await using carillon = await startCarillonProcess({ roles: 'api,worker,scheduler', databaseUrl })
  await configureWebhook(carillon, sink.url)
  await gatherCrowd(carillon, databaseUrl, audience)
  await using load = startLoad()
  const url = `${carillon.url}/api/v1/events`
  const question = { url, headers: carillon.headers, connections: 64, events: 1, perSecond }
  const requests = perSecond * 8
  await load.run({ ...question, requests, first: 0 })
  await sink.received(requests)
  const measure = async (first: number) => {
    await sink.reset({ latency: true })
    const { latenciesMs: accepted } = await load.run({ ...question, requests, first })
    const { latenciesMs: sent } = await sink.received(requests)
    return { accepted, sent }
  }
  const quiet = await measure(requests)
  const alone = await expand(carillon, audience)
  const measuring = measure(requests * 2)
  const beside = await expand(carillon, audience)
  const busy = await measuring
  publish(
    'fan-out',
    [
      latencyRow('quiet: request to its 202', quiet.accepted),
      latencyRow('beside a fan-out: request to its 202', busy.accepted),
      latencyRow('quiet: request to the sink', quiet.sent),
      latencyRow('beside a fan-out: request to the sink', busy.sent),
    ],
    { settings: { audience, perSecond }, alone, beside, postgres: await database.settings() },
  )
  for (const [name, one] of Object.entries({ alone, beside }))
    console.log(
      `${name}: answered in ${one.answerMs.toFixed(0)} ms, ${one.perSecond.toFixed(0)} registrations/s for ${one.seconds.toFixed(1)} s, RSS +${one.grewMb.toFixed(0)} MB`,
    )
}
