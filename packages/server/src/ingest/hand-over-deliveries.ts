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

/** A delivery that was stored leased: its id, when, until when it may be sent (ms since 1970), its integration's version. */
type Handed = readonly [id: string, atMs: number, sendUntilMs: number, version: number]

/** What the statement says was stored leased, as the claims that the worker would have made. `text` is JSON or null. */
export const claimsOf = (rows: readonly Row[], text: string | null): readonly ClaimedDelivery[] => {
  if (text === null) return []
  // Our own statement made it (queries.ts, accept_handing_events).
  const handed: readonly Handed[] = JSON.parse(text)
  const byId = new Map(rows.map((row) => [row.delivery.id, row]))
  return handed.flatMap((one) => {
    const row = byId.get(one[0])
    return row === undefined ? [] : [claimOf(row, one)]
  })
}

const claimOf = (
  { event, delivery }: Row,
  [deliveryId, atMs, sendUntilMs, integrationVersion]: Handed,
): ClaimedDelivery => {
  const at = instant(atMs)
  const { id, source, type, subject } = event.view
  return {
    tenantId: event.tenantId,
    integrationId: delivery.integrationId,
    priority: delivery.priority,
    deliveryId,
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
