/** The states of a delivery and how they look. The words are in texts/…/deliveries.ts. */
import type { Tone } from '../../components/state-badge.tsx'

export const deliveryStates = [
  'pending',
  'sending',
  'sent',
  'delivered',
  'bounced',
  'failed',
  'expired',
  'suppressed',
  'canceled',
  'skipped',
] as const
export type DeliveryState = (typeof deliveryStates)[number]

export const toneOf: Readonly<Record<DeliveryState, Tone>> = {
  pending: 'waiting',
  sending: 'busy',
  sent: 'good',
  delivered: 'good',
  bounced: 'bad',
  failed: 'bad',
  expired: 'bad',
  suppressed: 'warning',
  canceled: 'neutral',
  skipped: 'neutral',
}

/** Has it ended? Only then it can be sent again. */
export const isFinal = (state: string): boolean => state !== 'pending' && state !== 'sending'
