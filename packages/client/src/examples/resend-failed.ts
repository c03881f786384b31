/** Example: everything that failed since a time, resent once. */
import type { Client } from '../client.ts'

/** Resends failed deliveries made since `since` (RFC 3339); returns the ids of the new ones. Repeating it repeats nothing. */
export const resendFailed = async (carillon: Client, since: string) => {
  const resent: string[] = []
  for await (const { id } of carillon.deliveries.listEach({ state: 'failed', since })) {
    const answer = await carillon.deliveries.resend(id, { idempotencyKey: `resend-${id}` })
    resent.push(answer.id)
  }
  return resent
}
