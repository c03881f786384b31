/**
 * `campaign`: from the start of a campaign to the last row of its audience: how long, what the server holds meanwhile, and how
 * long its statistics take at any moment of it. Nothing of it is sent: one message an hour may leave.
 */
import { readFileSync } from 'node:fs'
import { withClient } from '@carillon/testkit/database-url'
import { request } from 'undici'
import { startBenchDatabase } from './rig/bench-database.ts'
import { startCarillonProcess, type CarillonProcess } from './rig/carillon.ts'
import { readOptions } from './rig/options.ts'
import { publish, quantile } from './rig/table.ts'

const lookEveryMs = 100

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const call = async <Answer>(
  { url, headers }: CarillonProcess,
  [method, path, body]: readonly ['GET' | 'POST', string, unknown?],
): Promise<Answer> => {
  const reply = await request(`${url}/api/v1${path}`, {
    method,
    headers,
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
      `INSERT INTO tags (tenant_id, id, name) SELECT tenant_id, gen_random_uuid(), 'all' FROM tenants WHERE slug = 'default'`,
    )
    await client.query(
      `INSERT INTO contacts (tenant_id, id, phone, telegram_id, time_zone, attributes)
       SELECT t.tenant_id, carillon_uuid_at(1700000000000, n), '+79' || lpad(n::text, 9, '0'), CASE WHEN n % 2 = 0 THEN n::text END,
              (ARRAY['Europe/Rome', 'Asia/Tokyo', 'America/New_York'])[1 + n % 3], jsonb_build_object('name', 'N' || n)
         FROM tenants t CROSS JOIN generate_series(1, $1::int) AS n WHERE t.slug = 'default'`,
      [count],
    )
    await client.query(
      `INSERT INTO contact_tags (tenant_id, contact_id, tag_id)
       SELECT c.tenant_id, c.id, t.id FROM contacts c JOIN tags t USING (tenant_id)`,
    )
    await client.query('ANALYZE contacts, contact_tags, tags')
  })
}

type Statistics = { readonly audience: number; readonly isExpanded: boolean }

/** Starts it, and looks until everybody has a row. */
const expand = async (carillon: CarillonProcess, count: number) => {
  const before = rssMb(carillon.pid)
  const startMs = performance.now()
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
  let most = before
  const statisticsMs: number[] = []
  for (;;) {
    const askedMs = performance.now()
    const found = await call<Statistics>(carillon, ['GET', `/campaigns/${id}/statistics`])
    statisticsMs.push(performance.now() - askedMs)
    most = Math.max(most, rssMb(carillon.pid))
    if (found.isExpanded) {
      if (found.audience !== count) throw new Error(`${found.audience} of ${count}`)
      break
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  return { seconds: (performance.now() - startMs) / 1_000, grewMb: most - before, statisticsMs }
}

/** Runs the benchmark with the command line's options. */
export const runCampaign = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const audience = options.number('audience', 100_000, 1_000_000)
  await using database = await startBenchDatabase()
  const databaseUrl = await database.create('carillon_campaign')
  await using carillon = await startCarillonProcess({ roles: 'api,worker,scheduler', databaseUrl })
  const limits = { rate: { n: 1, per: '1h' } }
  const settings = { url: 'http://127.0.0.1:9/' }
  const sms = { connector: 'http-sms', name: 'slow', settings, secrets: { token: 't' }, limits }
  await call(carillon, ['POST', '/integrations', sms])
  await gatherContacts(databaseUrl, audience)
  const { seconds, grewMb, statisticsMs } = await expand(carillon, audience)
  publish(
    'campaign',
    [
      {
        what: `${audience} contacts to rows`,
        seconds,
        'per second': audience / seconds,
        'RSS +MB': grewMb,
        'statistics p50 ms': quantile(statisticsMs, 0.5),
        'statistics p99 ms': quantile(statisticsMs, 0.99),
      },
    ],
    { settings: { audience }, postgres: await database.settings() },
  )
}
