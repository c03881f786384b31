/** The JSON body `{type, timestamp, data}` of the Standard Webhooks specification, for connectors that speak to software. */
import type { EventView } from '@carillon/domain/content'

/**
 * Builds the body without parsing `dataJson`: the bytes of `data` stay as the producer sent them, and the body is the same
 * at every attempt because its timestamp is the event's own time.
 * Source: standard-webhooks spec 1.0.0, "Payload structure".
 */
export const standardBody = (event: EventView): string =>
  `{"type":${JSON.stringify(event.type)},"timestamp":${JSON.stringify(event.time)},"data":${event.dataJson || 'null'}}`
