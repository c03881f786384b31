/** An event that was checked and is about to be accepted. */
import type { Instant } from '@carillon/domain/clock'
import type { FilterEvent } from '@carillon/domain/filter'

export type IncomingEvent = {
  readonly tenantId: string
  /** What rules and templates see: id, source, type, subject, time (RFC 3339), data. */
  readonly view: FilterEvent
  readonly time: Instant
  /** `data` as JSON text: stored and handed on as it is. */
  readonly dataJson: string
}

/** `duplicate`: the tenant has this (source, id) already; nothing was written, `eventId` is the stored one's. */
export type AcceptedEvent = { readonly eventId: string; readonly duplicate: boolean }
