/** T-D2: workers, sweepers and people all change the same rows at once; whatever locks they take, none waits for another crosswise. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, tenantNames } from './workload.ts'

export type HuntDeadlocksScale = { readonly workers: number; readonly seconds: number }

const tenants = tenantNames(4)
/** Few and busy: what is to be fought over must be fought over. */
const eventsPerPost = 40

type People = {
  readonly api: Carillon
  readonly isOver: () => boolean
  /** Answers that nobody should see, by status. */
  readonly wrong: Map<number, number>
  readonly done: { canceled: number; resent: number; switched: number }
}

/** Runs it: the API with a scheduler, one more scheduler, and the workers, all with leases that run out under way. */
export const huntDeadlocks = async (scale: HuntDeadlocksScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 3 })
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  await fleet.sink.set('work', { delayMs: [0, 40] })
  await fleet.sink.set('fails', { status: 503, delayMs: [0, 40] })
  for (const lane of ['work', 'fails'])
    await arrangeTenants(fleet, api, tenants, {
      lane,
      eventType: lane,
      integration: { breaker: { failures: 20, openFor: '1s' } },
      action: { retry: { every: '300ms', max: 6 } },
    })
  const others = await Promise.all(
    Array.from({ length: scale.workers }, async (_, n) =>
      fleet.start({ roles: n === 0 ? 'worker,scheduler' : 'worker' }),
    ),
  )
  const endMs = performance.now() + scale.seconds * 1_000
  const people: People = {
    api,
    isOver: () => performance.now() > endMs,
    wrong: new Map(),
    done: { canceled: 0, resent: 0, switched: 0 },
  }
  await Promise.all([
    ...tenants.map(async (tenant) => await post(ledger, people, tenant)),
    ...tenants.map(async (tenant) => await cancelAndResend(people, tenant)),
    ...tenants.map(async (tenant) => await switchAndClose(people, tenant)),
  ])
  await switchAllOn(people)
  await fleet.sink.set('fails', { delayMs: [0, 40] })
  await allFinal(fleet.db, 60_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    hasResends: true,
  })
  const deadlocks = await deadlocksOf(fleet)
  const surfaced = [api, ...others].filter((one) => /40P01|40001|deadlock/.test(one.output()))
  const { canceled, resent, switched } = people.done
  return withBounds(verdict, { deadlocks, canceled, resent, switched }, [
    [deadlocks <= Math.max(1, scale.seconds / 600), 'deadlocks'],
    [surfaced.length === 0, 'a deadlock showed in a log'],
    [people.wrong.size === 0, `answers that nobody should see: ${[...people.wrong].join(' ')}`],
    [canceled + resent > 0 && switched > 0, 'the people did nothing'],
  ])
}

const post = async (
  ledger: EventLedger,
  { api, isOver }: People,
  tenant: string,
): Promise<void> => {
  for (let n = 0; !isOver(); n += 1)
    for (const type of ['work', 'fails']) {
      const ids = Array.from({ length: eventsPerPost }, (_, at) => `${type}-${n}-${at}`)
      await ledger.post({ ...api, tenant, ids, type })
    }
}

/** Conflicts come with doing everything at once, and 503 with a machine that is too small for it. */
const fine = new Set([409, 503])

/** One call; undefined where it was refused. */
const ask = async (
  { api, wrong }: People,
  tenant: string,
  [method, path, body]: readonly [string, string, unknown?],
): Promise<unknown> => {
  const answer = await api.call(method, path, body, { 'carillon-tenant': tenant })
  if (answer.status < 300) return answer.body
  if (!fine.has(answer.status)) wrong.set(answer.status, (wrong.get(answer.status) ?? 0) + 1)
  return undefined
}

type List = { readonly items: readonly { readonly id: string }[] }

const idsOf = async (people: People, tenant: string, path: string): Promise<readonly string[]> => {
  const list = (await ask(people, tenant, ['GET', path])) as List | undefined
  return (list?.items ?? []).map(({ id }) => id)
}

const cancelAndResend = async (people: People, tenant: string): Promise<void> => {
  while (!people.isOver()) {
    const waiting = await idsOf(people, tenant, '/deliveries?state=pending&limit=10')
    const canceled = waiting.map((id) => ask(people, tenant, ['POST', `/deliveries/${id}/cancel`]))
    people.done.canceled += (await Promise.all(canceled)).filter(Boolean).length
    const sent = await idsOf(people, tenant, '/deliveries?state=sent&limit=3')
    const resent = sent.map((id) => ask(people, tenant, ['POST', `/deliveries/${id}/resend`]))
    people.done.resent += (await Promise.all(resent)).filter(Boolean).length
  }
}

const switchAndClose = async (people: People, tenant: string): Promise<void> => {
  const ids = await idsOf(people, tenant, '/integrations')
  for (let isOn = false; !people.isOver(); isOn = !isOn)
    for (const id of ids) {
      if (await ask(people, tenant, ['PATCH', `/integrations/${id}`, { enabled: isOn }]))
        people.done.switched += 1
      await ask(people, tenant, ['POST', `/integrations/${id}/circuit/close`])
    }
}

const switchAllOn = async (people: People): Promise<void> => {
  for (const tenant of tenants)
    for (const id of await idsOf(people, tenant, '/integrations'))
      await ask(people, tenant, ['PATCH', `/integrations/${id}`, { enabled: true }])
}

const deadlocksOf = async ({ db }: Fleet): Promise<number> =>
  (
    await db.query<{ n: number }>(
      'SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = current_database()',
    )
  ).rows[0]?.n ?? Infinity
