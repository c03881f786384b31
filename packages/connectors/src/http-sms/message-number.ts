/** The integer by which an `http-sms` gateway knows a message. Not an id of ours: nothing is looked up by it. */
import { createHash } from 'node:crypto'

/**
 * The delivery's number: a positive int64 in decimal digits, the same for the same delivery on every node and at every
 * attempt, so that the gateway can recognise a repeated message. It is the first 63 bits of the id's SHA-256: among a
 * million deliveries two share one with a chance of 1 in 18 million. The time in the id would be no help, because campaigns
 * make thousands of ids in the same millisecond.
 * Text and not a number: JavaScript's numbers are exact up to 53 bits only.
 */
export const messageNumber = (deliveryId: string): string => {
  const bits = createHash('sha256').update(deliveryId).digest().readBigUInt64BE() >> 1n
  // Zero would be the one number that gateways take for "no id".
  return String(bits === 0n ? 1n : bits)
}
