/** The parts that the recorded exchanges of all mail APIs have in common. Material for the conformance suite, no logic. */

export const mailSettings = {
  from: { name: 'Shop "24"', address: 'shop@example.org' },
  replyTo: { address: 'help@example.org' },
} as const

export const mailMessage = {
  to: 'anna@example.net',
  content: { subject: 'Order <42>', title: 'Order paid', text: '12 < 13', html: '<p>Paid</p>' },
} as const

export const mailDeliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'

/** A JSON answer of an API. */
export const jsonReply = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
} => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
