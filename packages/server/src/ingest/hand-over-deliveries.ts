/**
 * Deliveries of a batch that go straight to this process's worker: which may, and as what it is handed them. How many and of
 * which lanes is the worker's to say (delivery/hand-over.ts).
 */
import { instant } from '@carillon/domain/clock'
import { freshProgress } from '@carillon/domain/route-progress'
import { addressKey } from '@carillon/domain/suppression'
import type { Reservation, ReserveRows } from '../delivery/hand-over.ts'
import type { ClaimedDelivery } from '../delivery/store.ts'
import type { IncomingEvent } from './incoming-event.ts'
import type { PlannedDelivery } from './plan-deliveries.ts'

type Row = { readonly event: IncomingEvent; readonly delivery: PlannedDelivery }

/** Asks the worker for places; undefined: all of these are to be claimed. */
export const reserveRows = (
  rows: readonly Row[],
  reserve: ReserveRows,
): Reservation | undefined => {
  const able = rows.filter(({ delivery }) => isAble(delivery))
  if (able.length === 0) return undefined
  return reserve(
    able.map(({ event, delivery }) => ({
      tenantId: event.tenantId,
      integrationId: delivery.integrationId,
      priority: delivery.priority,
      deliveryId: delivery.id,
    })),
  )
}

/** One in an order may have to wait, and of an address written otherwise than in the suppression list the claim asks once more. */
const isAble = ({ orderingKey, addresses: [address = ''] }: PlannedDelivery): boolean =>
  orderingKey === undefined &&
  channelsWithSpellings.every((one) => addressKey(one, address) === address)

const channelsWithSpellings = ['email', 'sms', 'telegram']

/** What the statement says was stored leased, as the claims that the worker would have made. `text` is JSON or null. */
export const claimsOf = (rows: readonly Row[], text: string | null): readonly ClaimedDelivery[] => {
  if (text === null) return []
  const byId = new Map(rows.map((row) => [row.delivery.id, row]))
  const handed: unknown = JSON.parse(text)
  if (!Array.isArray(handed)) return []
  return handed.flatMap((one: unknown) => {
    const parts: readonly unknown[] = Array.isArray(one) ? one : []
    const [id, ...facts] = parts
    const row = byId.get(String(id))
    return row === undefined ? [] : [claimOf(row, facts.map(Number))]
  })
}

const claimOf = (
  { event, delivery }: Row,
  // As `accept_handing_events` (queries.ts) gives them; times in ms since 1970.
  [atMs = NaN, sendUntilMs = NaN, integrationVersion = NaN]: readonly number[],
): ClaimedDelivery => {
  const at = instant(atMs)
  const { id, source, type, subject } = event.view
  return {
    tenantId: event.tenantId,
    integrationId: delivery.integrationId,
    priority: delivery.priority,
    deliveryId: delivery.id,
    fence: 1,
    attemptCount: 0,
    progress: freshProgress,
    address: delivery.addresses[0] ?? '',
    whenOpen: delivery.whenOpen,
    dueAt: at,
    sendUntil: instant(sendUntilMs),
    createdAt: at,
    claimedAt: at,
    planId: delivery.planId,
    suppressed: false,
    stoppedBy: undefined,
    subscription: undefined,
    campaign: undefined,
    contactJson: undefined,
    timeZone: undefined,
    integrationVersion,
    event: { id, source, type, subject, time: event.time, dataJson: event.dataJson },
  }
}
