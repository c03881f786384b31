/** Reading events back: a page of them, or one with the deliveries it led to. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { toIso } from '@carillon/domain/clock'
import { asId, printId, type EventId, type TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { listEvents as readEvents, type EventRow } from './event-list-queries.ts'
import * as sql from './queries.ts'
import type { EventListQuery, EventView } from './schema.ts'

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

/**
 * A page of the tenant's events, newest first. One that is not full after a tenth of a second is answered as it is: it may have
 * fewer items than asked for, or none, and yet a next one.
 */
export const listEvents = async (
  pool: Pool,
  tenantId: TenantId,
  filter: EventListQuery,
): Promise<Page<EventView>> => {
  const limit = limitOf(filter)
  const { type, source, since, until } = filter
  const prefix = type?.endsWith('*') === true ? type.slice(0, -1) : undefined
  const wanted = {
    type: prefix === undefined ? type : undefined,
    prefix: prefix === '' ? undefined : prefix,
    source,
    since,
    until,
    before: decodeCursor(filter.cursor, keyset)?.[0] ?? null,
    limit: limit + 1,
  }
  const { rows, scanEnd } = await inTenant(pool, tenantId, (client) =>
    readEvents(client, tenantId, wanted),
  )
  return toPage(rows, { limit, toItem: viewEvent, keysetOf: (row) => [row.id], scanEnd })
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
