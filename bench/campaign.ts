/**
 * `campaign`: from the start of a campaign to the last row of its audience: how long, what the server holds meanwhile, how long
 * its statistics take at any moment of it, what another tenant's single messages feel of it, and that its sums are right when
 * the process is killed in the middle. Nothing of it is sent: one message an hour may leave.
 */
import { readFileSync } from 'node:fs'
import { withClient } from '@carillon/testkit/database-url'
import { request } from 'undici'
import { startBenchDatabase } from './rig/bench-database.ts'
import { configureWebhook, startCarillonProcess, type CarillonProcess } from './rig/carillon.ts'
import { startLoad } from './rig/load-process.ts'
import { readOptions } from './rig/options.ts'
import { startSink } from './rig/sink-process.ts'
import { publish, quantile } from './rig/table.ts'

const lookEveryMs = 100
/** The campaign's tenant; the single messages are those of `default`. */
const loud = 'loud'

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const call = async <Answer>(
  { url, headers }: CarillonProcess,
  [method, path, body]: readonly ['GET' | 'POST', string, unknown?],
): Promise<Answer> => {
  const reply = await request(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, 'carillon-tenant': loud },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await reply.body.text()
  if (reply.statusCode >= 300) throw new Error(`${path} answered ${reply.statusCode}: ${text}`)
  return JSON.parse(text) as Answer
}

/** Contacts with everything that an expansion reads: two addresses, a zone, attributes and a tag. */
const gatherContacts = async (databaseUrl: string, count: number): Promise<void> => {
  await withClient(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO tags (tenant_id, id, name) SELECT tenant_id, gen_random_uuid(), 'all' FROM tenants WHERE slug = '${loud}'`,
    )
    await client.query(
      `INSERT INTO contacts (tenant_id, id, phone, telegram_id, time_zone, attributes)
       SELECT t.tenant_id, carillon_uuid_at(1700000000000, n), '+79' || lpad(n::text, 9, '0'), CASE WHEN n % 2 = 0 THEN n::text END,
              (ARRAY['Europe/Rome', 'Asia/Tokyo', 'America/New_York'])[1 + n % 3], jsonb_build_object('name', 'N' || n)
         FROM tenants t CROSS JOIN generate_series(1, $1::int) AS n WHERE t.slug = '${loud}'`,
      [count],
    )
    await client.query(
      `INSERT INTO contact_tags (tenant_id, contact_id, tag_id)
       SELECT c.tenant_id, c.id, t.id FROM contacts c JOIN tags t USING (tenant_id)`,
    )
    await client.query('ANALYZE contacts, contact_tags, tags')
  })
}

type Statistics = {
  readonly audience: number
  readonly isExpanded: boolean
  readonly byState: Readonly<Record<string, number>>
}

const begin = async (carillon: CarillonProcess): Promise<string> => {
  const { id } = await call<{ id: string }>(carillon, [
    'POST',
    '/campaigns',
    {
      name: 'bench',
      content: { text: 'Hello {{ contact.attributes.name }}' },
      endsAt: new Date(Date.now() + 7 * 86_400_000).toISOString(),
      dailyWindow: { from: '09:00', to: '20:00' },
      filter: { tags: ['all'] },
    },
  ])
  return id
}

/** Looks at its statistics until `isDone` says so. */
const watch = async (
  carillon: CarillonProcess,
  id: string,
  { isDone, onLook }: { isDone: (found: Statistics) => boolean; onLook: (ms: number) => void },
): Promise<Statistics> => {
  for (;;) {
    const askedMs = performance.now()
    const found = await call<Statistics>(carillon, ['GET', `/campaigns/${id}/statistics`])
    onLook(performance.now() - askedMs)
    if (isDone(found)) return found
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
}

/** Starts one, and looks until everybody has a row. */
const expand = async (carillon: CarillonProcess, count: number) => {
  const before = rssMb(carillon.pid)
  const startMs = performance.now()
  const id = await begin(carillon)
  let most = before
  const statisticsMs: number[] = []
  const { audience } = await watch(carillon, id, {
    isDone: ({ isExpanded }) => isExpanded,
    onLook: (ms) => {
      statisticsMs.push(ms)
      most = Math.max(most, rssMb(carillon.pid))
    },
  })
  if (audience !== count) throw new Error(`${audience} of ${count}`)
  return { seconds: (performance.now() - startMs) / 1_000, grewMb: most - before, statisticsMs }
}

/** Single messages of another tenant, second after second, until `isOver`; milliseconds from the request to the sink. */
const listen = async (
  { url, headers }: CarillonProcess,
  {
    load,
    sink,
  }: { load: ReturnType<typeof startLoad>; sink: Awaited<ReturnType<typeof startSink>> },
  { perSecond, first, isOver }: { perSecond: number; first: number; isOver: () => boolean },
): Promise<readonly number[]> => {
  await sink.reset({ latency: true })
  let sent = 0
  do {
    const part = { requests: perSecond, first: first + sent, connections: 50, events: 1, perSecond }
    await load.run({ url: `${url}/api/v1/events`, headers, ...part })
    sent += perSecond
  } while (!isOver())
  return (await sink.received(sent)).latenciesMs
}

/** A second campaign, whose process is killed when half of it has rows: every contact has one delivery, and the sums are the rows'. */
const killInTheMiddle = async (databaseUrl: string, count: number): Promise<string> => {
  const roles = 'api,worker,scheduler'
  const first = await startCarillonProcess({ roles, databaseUrl })
  const id = await begin(first)
  const half = ({ audience }: Statistics): boolean => audience >= count / 2
  await watch(first, id, { isDone: half, onLook: () => undefined })
  process.kill(first.pid, 'SIGKILL')
  await using second = await startCarillonProcess({ roles, databaseUrl })
  const isDone = ({ isExpanded }: Statistics): boolean => isExpanded
  const found = await watch(second, id, { isDone, onLook: () => undefined })
  const rows = await withClient(databaseUrl, async (client) =>
    client.query<{ made: number; contacts: number }>(
      `SELECT count(*)::int AS made, count(DISTINCT contact)::int AS contacts FROM deliveries
        WHERE campaign = (SELECT id FROM campaigns ORDER BY id DESC LIMIT 1)`,
    ),
  )
  const sum = Object.values(found.byState).reduce((all, n) => all + n, 0)
  const said = JSON.stringify({ ...rows.rows[0], audience: found.audience, sum })
  const wanted = JSON.stringify({ made: count, contacts: count, audience: count, sum: count })
  if (said !== wanted) throw new Error(`after a kill in the middle: ${said}, not ${wanted}`)
  return 'exact'
}

/** Runs the benchmark with the command line's options. */
export const runCampaign = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const audience = options.number('audience', 100_000, 1_000_000)
  const perSecond = options.number('rate', 50, 50)
  await using database = await startBenchDatabase()
  const databaseUrl = await database.create('carillon_campaign')
  await using sink = await startSink()
  await using load = startLoad()
  const carillon = await startCarillonProcess({ roles: 'api,worker,scheduler', databaseUrl })
  await configureWebhook(carillon, sink.url)
  await carillon.post('/tenants', { slug: loud, name: loud })
  const limits = { rate: { n: 1, per: '1h' } }
  const settings = { url: 'http://127.0.0.1:9/' }
  const sms = { connector: 'http-sms', name: 'slow', settings, secrets: { token: 't' }, limits }
  await call(carillon, ['POST', '/integrations', sms])
  await gatherContacts(databaseUrl, audience)
  const peers = { load, sink }
  let seconds = 0
  const isQuietOver = (): boolean => (seconds += 1) >= 10
  const quiet = await listen(carillon, peers, { perSecond, first: 0, isOver: isQuietOver })
  let isExpanded = false
  const listening = listen(carillon, peers, {
    perSecond,
    first: 1_000_000,
    isOver: () => isExpanded,
  })
  const grown = await expand(carillon, audience)
  isExpanded = true
  const beside = await listening
  await carillon.stop()
  const sums = await killInTheMiddle(databaseUrl, audience)
  const [p99, p99Beside] = [quantile(quiet, 0.99), quantile(beside, 0.99)]
  publish(
    'campaign',
    [
      {
        what: `${audience} contacts to rows`,
        seconds: grown.seconds,
        'per second': audience / grown.seconds,
        'RSS +MB': grown.grewMb,
        'statistics p50 ms': quantile(grown.statisticsMs, 0.5),
        'statistics p99 ms': quantile(grown.statisticsMs, 0.99),
        "others' p99 ms, quiet": p99,
        'beside it': p99Beside,
        ratio: p99Beside / p99,
        'sums after kill -9': sums,
      },
    ],
    { settings: { audience, perSecond }, postgres: await database.settings() },
  )
}
