/** Workload W of all contenders: the event, the POST of about 400 bytes that it becomes, and its headers. */

const note =
  'A note of the length that makes the body of the request some four hundred bytes. '.repeat(2)

/** The data of event number `n`. */
export const eventData = (n: number): Readonly<Record<string, unknown>> => ({
  order: `order-${n}`,
  total: '1250.00',
  currency: 'EUR',
  customer: { name: 'Rosa Bianchi', email: 'rosa@example.org' },
  note,
})

export const eventType = 'bench.order.paid'

/** CloudEvent number `n` of a run. */
export const eventOf = (n: number, more: Readonly<Record<string, unknown>> = {}) => ({
  id: `bench-${n}`,
  source: 'bench',
  type: eventType,
  data: { ...eventData(n), ...more },
})

/** The body that a contender sends for this data: what Carillon's webhook connector makes of it. */
export const bodyOfData = (data: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ type: eventType, timestamp: '2026-11-22T10:00:00.000Z', data })

/** The same for event `n`. */
export const webhookBody = (n: number): string => bodyOfData(eventData(n))

/** As many and as long as those of Carillon's webhooks. */
export const webhookHeaders = {
  'content-type': 'application/json',
  'user-agent': 'Carillon-Webhooks/1.0',
  'webhook-id': 'dlv_01jz0000000000000000000000',
  'webhook-timestamp': '1760000000',
  'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
}
