/** What a live stream says, and how it is written as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). Pure. */
import type { findDeliveryViews } from '../delivery/find-delivery-views.ts'

export type DeliveryView = Awaited<ReturnType<typeof findDeliveryViews>>[number]

export type LiveMessage =
  | { readonly kind: 'delivery'; readonly data: DeliveryView }
  | {
      readonly kind: 'event'
      readonly data: {
        readonly id: string
        readonly type: string
        readonly source: string
        readonly subject: string | null
        readonly acceptedAt: string
      }
    }
  | {
      readonly kind: 'pulse'
      readonly data: {
        readonly at: string
        readonly createdPerSecond: number
        readonly attemptsPerSecond: number
      }
    }
  /** Something was missed: read anew what is on the screen. */
  | { readonly kind: 'reset'; readonly data: Record<string, never> }

/** One message with its id as text of the stream. */
export const printMessage = ({ kind, data }: LiveMessage, id: string): string =>
  `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`

/** A line that readers pass over: it keeps proxies from closing a silent connection. */
export const heartbeat = ': alive\n\n'

/** May this caller see it? A member sees only what was made for it, and how busy the others are is not its business. */
export const isFor = (
  message: LiveMessage,
  { ownOf, seesEvents }: { readonly ownOf: string | undefined; readonly seesEvents: boolean },
): boolean => {
  if (message.kind === 'reset') return true
  if (message.kind === 'event' && !seesEvents) return false
  if (ownOf === undefined) return true
  return message.kind === 'delivery' && message.data.userId === ownOf
}
