/**
 * The id of a mail's operation at Azure, which the client may choose: it is the delivery's own UUID. So the same mail asks
 * for the same operation at every attempt, and a notice about an operation names its delivery even when no answer ever
 * came.
 */
import { addMs, type Instant } from '@carillon/domain/clock'
import { asId, isUuid, parseId, printId } from '@carillon/domain/ids'

/** `dlv_…` -> UUID. Undefined for what is no delivery's id. */
export const operationIdOf = (deliveryId: string): string | undefined =>
  parseId('delivery', deliveryId)

/** UUID (in any case) -> `dlv_…`; undefined for what is no UUID. Whether there is such a delivery is the caller's to find out. */
export const deliveryOfOperation = (operationId: string): string | undefined => {
  const uuid = operationId.toLowerCase()
  return isUuid(uuid) ? printId('delivery', asId('delivery', uuid)) : undefined
}

/** How old a version 7 UUID (RFC 9562 5.7) is, in ms; undefined for others and for those from the future. */
export const operationAgeMs = (operationId: string, now: Instant): number | undefined => {
  if (!/^[\da-f]{8}-[\da-f]{4}-7/i.test(operationId)) return undefined
  const madeMs = Number.parseInt(operationId.slice(0, 13).replace('-', ''), 16)
  const ageMs = addMs(now, -madeMs)
  return ageMs >= 0 ? ageMs : undefined
}
