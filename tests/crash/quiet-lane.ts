/** A quiet lane beside whatever a run does: events one by one at their times, and how long each waited for its first byte. */
import type { Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventSource, type EventLedger } from '@carillon/testkit/event-ledger'

/** `perSecond` events for so many seconds, at their times: late ones are not left out. */
export const trickle = async (
  ledger: EventLedger,
  { url, apiKey }: Carillon,
  wish: {
    readonly tenant: string
    readonly perSecond: number
    readonly seconds: number
    readonly type?: string
  },
): Promise<void> => {
  const startMs = performance.now()
  const { tenant, perSecond, seconds, ...type } = wish
  const posts = Array.from({ length: perSecond * seconds }, async (_, n) => {
    const dueMs = startMs + (n * 1_000) / perSecond
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
    await ledger.post({ url, apiKey, tenant, ids: [`quiet-${n}`], ...type })
  })
  await Promise.all(posts)
}

/** From being accepted to the first byte at the sink, of one lane of one tenant: p50, p90, p99 and the longest, in whole ms. */
export const delayShape = async (
  { db, sink }: Fleet,
  tenant: string,
  lane: string,
): Promise<readonly number[]> => {
  const { rows } = await db.query<{ ref: string; at: number }>(
    `SELECT e.source || '/' || e.source_id AS ref, d.created_at AS at
       FROM events e JOIN tenants t ON t.tenant_id = e.tenant_id
       JOIN deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id
      WHERE t.slug = $1 AND e.source = $2`,
    [tenant, eventSource],
  )
  const created = new Map(rows.map(({ ref, at }) => [ref, at]))
  const delays = sink
    .records()
    .filter((record) => record.tenant === tenant && record.lane === lane)
    .map(({ ref, first }) => first - (created.get(ref) ?? Number.NaN))
    .sort((a, b) => a - b)
  return [0.5, 0.9, 0.99, 1].map((part) =>
    Math.round(delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? Infinity),
  )
}
