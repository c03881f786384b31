/** What the crash and fairness runs have in common: tenants with work in the queue, and the end of all of it. No checks. */
import { arrangeLane, arrangeTenant } from '@carillon/testkit/arrange-tenant'
import type { Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import type { EventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import type { Pool } from '@carillon/server/platform/db/pool'
import type { LaneWish } from '@carillon/testkit/arrange-tenant'

export const tenantNames = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `t${n}`)

/** These tenants, each with one lane to the sink that behaves as `lane` is set to. */
export const arrangeTenants = async (
  fleet: Pick<Fleet, 'sink'>,
  api: Carillon,
  tenants: readonly string[],
  wish: Omit<LaneWish, 'url'> & { readonly lane: string },
): Promise<void> => {
  const { lane, ...more } = wish
  for (const tenant of tenants) {
    await arrangeTenant(api, tenant)
    await arrangeLane(api, tenant, { url: fleet.sink.url(tenant, lane), ...more })
  }
}

const eventsPerRequest = 1_000

/** `count` events for each tenant, in big requests, one after the other. */
export const postMany = async (
  ledger: EventLedger,
  api: Pick<Carillon, 'url' | 'apiKey'>,
  tenants: readonly string[],
  count: number,
  type = 'test.happened',
): Promise<void> => {
  for (const tenant of tenants)
    for (let at = 0; at < count; at += eventsPerRequest) {
      const ids = Array.from(
        { length: Math.min(eventsPerRequest, count - at) },
        (_, n) => `${type}-${at + n}`,
      )
      await ledger.post({ url: api.url, apiKey: api.apiKey, tenant, ids, type })
    }
}

/** How many deliveries are open: waiting or leased. */
export const openDeliveries = async (db: Pool): Promise<number> =>
  (await db.query<{ n: number }>('SELECT count(*)::int AS n FROM delivery_queue')).rows[0]?.n ?? -1

/** Resolves when nothing is open any more; throws with what is left when that takes too long. */
export const allFinal = async (db: Pool, withinMs: number): Promise<void> =>
  await eventually(async () => {
    const open = await openDeliveries(db)
    if (open > 0) throw new Error(`${open} deliveries are still open`)
  }, withinMs)

/** Resolves when the sink has that many requests on its log. */
export const received = async (
  { sink }: Pick<Fleet, 'sink'>,
  count: number,
  withinMs = 60_000,
): Promise<void> =>
  await eventually(() => {
    const n = sink.records().length
    if (n < count) throw new Error(`${n} of ${count} requests received`)
  }, withinMs)
