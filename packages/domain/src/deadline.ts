/** The last moment: how long before `send_until` an exchange may still begin. Pure; the engine asks with the database's time. */
import type { Instant } from './clock.ts'

/** Time kept free for one exchange, so that it does not have to be cut off half-way (reliability.md T-T0). */
export const sendBudgetMs = 10_000

/**
 * May an exchange begin at `now`? Needs the budget before `sendUntil`; a delivery with a short life keeps a quarter of
 * that life instead, else a `sendUntil` of ten seconds could never be sent at all. Never at `sendUntil` or later, also
 * where that lies at or before the creation (a campaign whose end was moved).
 */
export const mayBegin = ({
  now,
  createdAt,
  sendUntil,
}: {
  readonly now: Instant
  readonly createdAt: Instant
  readonly sendUntil: Instant
}): boolean =>
  now < sendUntil && sendUntil - now >= Math.min(sendBudgetMs, (sendUntil - createdAt) / 4)
