/** Reading events back: a page of them, or one with the deliveries it led to. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId, type EventId, type TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries.ts'
import type { EventListQuery, EventView } from './schema.ts'

type EventRow = {
  readonly id: string
  readonly source: string
  readonly source_id: string
  readonly type: string
  readonly subject: string | null
  readonly time: Instant
  readonly accepted_at: Instant
  readonly data: string
}

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])
/** Deliveries shown with an event; all of them are in `GET /deliveries?event=`. */
const deliveriesShown = 200

const viewEvent = (row: EventRow): EventView => ({
  id: printId('event', asId('event', row.id)),
  source: row.source,
  sourceId: row.source_id,
  type: row.type,
  subject: row.subject,
  time: toIso(row.time),
  acceptedAt: toIso(row.accepted_at),
  data: JSON.parse(row.data),
})

/** A page of the tenant's events, newest first. */
export const listEvents = async (
  pool: Pool,
  tenantId: TenantId,
  filter: EventListQuery,
): Promise<Page<EventView>> => {
  const limit = limitOf(filter)
  const isPrefix = filter.type?.endsWith('*') === true
  const values = [
    tenantId,
    isPrefix ? null : (filter.type ?? null),
    isPrefix ? (filter.type ?? '').slice(0, -1) : null,
    filter.source ?? null,
    filter.since ?? null,
    filter.until ?? null,
    decodeCursor(filter.cursor, keyset)?.[0] ?? null,
    limit + 1,
  ]
  const rows = await inTenant(
    pool,
    tenantId,
    async (client) => (await client.query<EventRow>(sql.listEvents, values)).rows,
  )
  return toPage(rows, { limit, toItem: viewEvent, keysetOf: (row) => [row.id] })
}

export type EventDetail = EventView & {
  readonly deliveries: {
    readonly id: string
    readonly state: string
    readonly rule: string | null
  }[]
}

/** The event with its first 200 deliveries, or `not_found`. */
export const findEvent = async (
  pool: Pool,
  tenantId: TenantId,
  id: EventId,
): Promise<EventDetail> =>
  await inTenant(pool, tenantId, async (client) => {
    const [row] = await query<EventRow>(client, sql.findEvent, [tenantId, id])
    if (row === undefined) throw notFound()
    const deliveries = await query<{ id: string; rule_id: string | null; state: string }>(
      client,
      sql.findEventDeliveries,
      [tenantId, id, deliveriesShown],
    )
    return {
      ...viewEvent(row),
      deliveries: deliveries.map((delivery) => ({
        id: printId('delivery', asId('delivery', delivery.id)),
        state: delivery.state,
        rule: delivery.rule_id === null ? null : printId('rule', asId('rule', delivery.rule_id)),
      })),
    }
  })
