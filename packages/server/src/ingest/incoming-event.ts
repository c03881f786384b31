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
  /** It goes to this subscription's registrations, whatever rules say: a trigger, or a schedule. */
  readonly publish?: PublishedEvent
}

export type PublishedEvent = {
  /** UUID of the fan-out to be made; a duplicate of an event makes none. */
  readonly fanOutId: string
  /** UUID. */
  readonly subscription: string
  readonly origin: 'trigger' | 'schedule'
  /** The background expansion leaves it alone so long, for whoever expands it by itself. */
  readonly holdMs: number
}

/** `duplicate`: the tenant has this (source, id) already; nothing was written, `eventId` is the stored one's. */
export type AcceptedEvent = { readonly eventId: string; readonly duplicate: boolean }
