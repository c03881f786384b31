/** Fan-outs by real processes that are killed in the middle: everybody gets one delivery, nobody two, and the sums are right. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { expect, test } from 'vitest'

type Row = { readonly state: string; readonly made: number; readonly fence: number }

const rowOf = async ({ db }: Fleet): Promise<Row> => {
  const { rows } = await db.query<Row>('SELECT state, made, fence FROM fan_outs')
  const [row] = rows
  if (row === undefined) throw new Error('there is no fan-out')
  return row
}

/** Made, for how many people, with a queue row or an end, and counted. */
const ledger = async ({ db }: Fleet) => {
  const { rows } = await db.query<Readonly<Record<string, number>>>(
    `SELECT (SELECT count(*) FROM deliveries)::int AS made, (SELECT count(DISTINCT registration) FROM deliveries)::int AS people,
            (SELECT count(*) FROM deliveries d WHERE EXISTS (SELECT FROM delivery_queue q WHERE q.delivery_id = d.id)
                OR EXISTS (SELECT FROM settlements s WHERE s.delivery_id = d.id))::int AS known,
            (SELECT sum(created) FROM delivery_counters)::int AS counted,
            (SELECT made FROM fan_outs)::int AS told, (SELECT audience FROM fan_outs)::int AS audience`,
  )
  return rows[0]
}

const sums = (n: number) => ({ made: n, people: n, known: n, counted: n, told: n, audience: n })

const post = async (carillon: Carillon, path: string, body: unknown): Promise<void> => {
  const { status, body: answer } = await carillon.call('POST', path, body)
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
}

/** Nobody listens there: what is made stays to be counted. */
const nowhere = 'http://127.0.0.1:9/'

/** A webhook for everybody, and a subscription with registrations. */
const arrange = async (
  fleet: Fleet,
  api: Carillon,
  { count, content }: { readonly count: number; readonly content?: object },
): Promise<void> => {
  const settings = { url: nowhere }
  await post(api, '/integrations', { connector: 'webhook', name: 'all', settings, secrets: {} })
  await post(api, '/subscriptions', { subscriptionId: 'News', ...(content && { content }) })
  const { rows } = await fleet.db.query<{ tenant_id: string; id: string }>(
    'SELECT tenant_id, id FROM subscriptions',
  )
  const [row] = rows
  if (row === undefined) throw new Error('there is no subscription')
  await given(fleet.db).registrations(row.tenant_id, row.id, { count, channel: 'webhook' })
}

/** Kills worker after worker, each as soon as so many are made and a chunk is under way, and lets the last one finish. */
const killAt = async (
  fleet: Fleet,
  thresholds: readonly number[],
  start: () => Promise<Carillon>,
): Promise<void> => {
  let worker = await start()
  for (const threshold of thresholds) {
    await eventually(async () => {
      const { made, fence } = await rowOf(fleet)
      if (made < threshold || fence === 0) throw new Error(`only ${made} are made`)
    }, 60_000)
    await worker.kill()
    worker = await start()
  }
  await eventually(async () => {
    const { state, made } = await rowOf(fleet)
    if (state === 'open') throw new Error(`${made} are made`)
  }, 60_000)
}

test('a worker is killed four times while it expands 20,000 by templates', async () => {
  await using fleet = await startFleet({ leaseSeconds: 3 })
  const api = await fleet.start({ roles: 'api,scheduler' })
  await arrange(fleet, api, { count: 20_000, content: { default: { text: 'Hello' } } })
  const answer = await api.call('POST', '/trigger/News', {})
  expect(answer).toMatchObject({ status: 200, body: { success: true, pending: 20_000 } })
  await killAt(fleet, [0, 5_000, 5_001, 15_000], () => fleet.start({ roles: 'worker' }))
  expect(await rowOf(fleet)).toMatchObject({ state: 'done', made: 20_000 })
  expect(await ledger(fleet)).toEqual(sums(20_000))
})

const source = `export const execute = async ({ registrations, messaging }) => {
  for (const registration of registrations)
    await messaging.send({ registration, message: \`Hello \${registration.userId}\` })
  return { success: true, messagesSent: registrations.length }
}
`

test('a worker is killed twice while a function writes to 5,000', async () => {
  const functions = await mkdtemp(join(tmpdir(), 'carillon-functions-'))
  await writeFile(join(functions, 'News.ts'), source)
  await using fleet = await startFleet({
    leaseSeconds: 3,
    env: { CARILLON_FUNCTIONS_DIR: functions },
  })
  const api = await fleet.start({ roles: 'api,scheduler' })
  await arrange(fleet, api, { count: 5_000 })
  await post(api, '/trigger/News', {})
  await killAt(fleet, [1_000, 2_000], () => fleet.start({ roles: 'worker' }))
  await rm(functions, { recursive: true })
  expect(await rowOf(fleet)).toMatchObject({ state: 'done', made: 5_000 })
  expect(await ledger(fleet)).toEqual(sums(5_000))
  const { rows } = await fleet.db.query(
    `SELECT count(*)::int AS n FROM deliveries d JOIN plans p ON p.id = d.plan_id WHERE p.body->'content'->>'text' = 'Hello ' || d.user_id`,
  )
  expect(rows).toEqual([{ n: 5_000 }])
})
