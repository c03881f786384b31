/** Reads what happens in one tenant, a few bounded ranges of indexes a turn. */
import type { Pool, PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { findDeliveryViews } from '../delivery/find-delivery-views.ts'
import { inTenant } from '../platform/db/transaction.ts'
import type { LiveMessage } from './messages.ts'
import * as sql from './queries.ts'
import type { TenantFeed } from './stream-hub.ts'

/** Rows become visible this much later than their ids say, at most: transactions that make many take a while. */
const overlapMs = 3_000
/** A turn shows no more: beyond that nobody reads along, and the pulse says how many there are. */
const mostNew = 100
const mostChanges = 1_000
const mostViews = 200
const pulseEveryMs = 2_000
/** Ids that were told of lately, so that the overlap tells them once. */
const remembered = 2_000

/** Makes the feed; what is there before its first turn is not told. */
export const createTenantFeed = (
  pool: Pool,
  tenantId: TenantId,
  nowMs: () => number,
): TenantFeed => {
  const memory: Memory = { told: new Set(), seq: undefined, pulse: undefined, pulseMs: 0 }
  return {
    turn: async () =>
      await inTenant(pool, tenantId, async (client) => {
        const news = await readNews(client, tenantId, memory)
        const isDue = nowMs() - memory.pulseMs >= pulseEveryMs
        if (isDue) memory.pulseMs = nowMs()
        return [...news, ...(isDue ? await readBeat(client, tenantId, memory) : [])]
      }),
  }
}

type Memory = {
  readonly told: Set<string>
  /** Of the last change that was told. */
  seq: number | undefined
  pulse: sql.Pulse | undefined
  pulseMs: number
}

const readNews = async (
  client: PoolClient,
  tenantId: TenantId,
  memory: Memory,
): Promise<readonly LiveMessage[]> => {
  const isFirst = memory.seq === undefined
  const after = memory.seq ?? (await sql.readNewest(client, tenantId))
  const changes = await sql.readChanges(client, tenantId, { after, limit: mostChanges })
  memory.seq = changes.at(-1)?.seq ?? after
  const recent = { ms: overlapMs, limit: mostNew }
  const made = fresh(memory.told, await sql.readNewDeliveries(client, tenantId, recent))
  const accepted = await sql.readNewEvents(client, tenantId, recent)
  const ids = accepted.map(({ id }) => id)
  const newEvents = new Set(fresh(memory.told, ids))
  forget(memory.told)
  if (isFirst) return []
  const events = accepted.filter(({ id }) => newEvents.has(id)).toReversed()
  const moved = [...new Set([...changes.map((row) => row.delivery_id), ...made])].slice(-mostViews)
  const views = moved.length === 0 ? [] : await findDeliveryViews(client, tenantId, moved)
  return [
    ...events.map(viewNewEvent),
    ...views.map((data): LiveMessage => ({ kind: 'delivery', data })),
  ]
}

/** The rates since the last beat; none at the first. */
const readBeat = async (
  client: PoolClient,
  tenantId: TenantId,
  memory: Memory,
): Promise<readonly LiveMessage[]> => {
  const before = memory.pulse
  const pulse = await sql.readPulse(client, tenantId)
  memory.pulse = pulse
  if (pulse === undefined || before === undefined) return []
  const seconds = Math.max(0.001, (pulse.now - before.now) / 1_000)
  const rate = (count: number): number => Math.max(0, Math.round((count / seconds) * 10) / 10)
  return [
    {
      kind: 'pulse',
      data: {
        at: toIso(pulse.now),
        createdPerSecond: rate(pulse.created - before.created),
        attemptsPerSecond: rate(pulse.attempts - before.attempts),
      },
    },
  ]
}

/** Those that were not told of yet; now they are. */
const fresh = (told: Set<string>, ids: readonly string[]): readonly string[] => {
  const some = ids.filter((id) => !told.has(id))
  for (const id of some) told.add(id)
  return some
}

const forget = (told: Set<string>): void => {
  for (const id of told) {
    if (told.size <= remembered) return
    told.delete(id)
  }
}

const viewNewEvent = (row: sql.NewEventRow): LiveMessage => ({
  kind: 'event',
  data: {
    id: printId('event', asId('event', row.id)),
    type: row.type,
    source: row.source,
    subject: row.subject,
    acceptedAt: toIso(row.accepted_at),
  },
})
