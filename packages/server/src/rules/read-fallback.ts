/** When the next step of a route has its turn, as rules write it ("at_once", {"noReceiptWithin": "24h"}) and as the engine reads it. Pure. */
import { formatDuration, parseDuration } from '@carillon/domain/duration'
import type { FieldError } from '@carillon/domain/errors'
import type { Plan } from '@carillon/domain/plan'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { RouteIntegration } from '../integrations/find-route-integrations.ts'
import type { SendAction } from './schema.ts'

type Fallback = Extract<SendAction, { readonly type: 'notify' }>['fallback']

/** The part of a plan that says it. */
export type ReadFallback = Pick<Plan, 'fallback' | 'receiptWithinMs'>

const shortestMs = 1_000

/** What is said, or the default. What is wrong goes to `errors`; `pointer` is where it stands in the body. */
export const readFallback = (
  fallback: Fallback,
  { pointer, errors }: { readonly pointer: string; readonly errors: FieldError[] },
): ReadFallback => {
  if (typeof fallback !== 'object') return { fallback: fallback ?? 'at_once' }
  const ms = parseDuration(fallback.noReceiptWithin)
  if (typeof ms === 'number' && ms >= shortestMs)
    return { fallback: 'at_once', receiptWithinMs: ms }
  const detail =
    typeof ms === 'number' ? 'Must be at least 1s.' : `"${fallback.noReceiptWithin}" ${ms.error}.`
  errors.push({ pointer: `${pointer}/noReceiptWithin`, detail })
  return { fallback: 'at_once' }
}

/**
 * Can the wait for a receipt come to anything? There must be a step to go on to, receipts of those before it, and time left.
 * `integrations` are those of the steps, undefined where a step has none. What can't goes to `errors`.
 */
export const checkReceipts = (
  { receiptWithinMs }: ReadFallback,
  route: {
    readonly integrations: readonly (RouteIntegration | undefined)[]
    readonly connectors: ConnectorRegistry
    readonly sendForMs: number
  },
  { pointer, errors }: { readonly pointer: string; readonly errors: FieldError[] },
): void => {
  if (receiptWithinMs === undefined) return
  const at = `${pointer}/noReceiptWithin`
  const refuse = (detail: string): void => void errors.push({ pointer: at, detail })
  const { integrations, connectors, sendForMs } = route
  if (integrations.length < 2) {
    refuse('There is only one step: name a second one, for messages of which no receipt comes.')
  }
  if (receiptWithinMs >= sendForMs) {
    const end = formatDuration(sendForMs)
    refuse(`Must be shorter than sendUntil (${end}): no time would be left for another step.`)
  }
  for (const own of integrations.slice(0, -1)) {
    if (own !== undefined && !givesReceipts(own, connectors)) {
      refuse(
        `"${own.name}" (${own.connector}) never tells whether a message has arrived: every one would go on to the next step. Use "at_once".`,
      )
    }
  }
}

/** Receipts of certified mail come as mail, whoever sent it. */
const givesReceipts = (
  { connector, channel }: RouteIntegration,
  connectors: ConnectorRegistry,
): boolean =>
  channel === 'email' ||
  Object.values(connectors).find(({ id }) => id === connector)?.receipts !== undefined
