/** The states of campaigns and of their deliveries: in which order they are shown, and how they look. No words (texts/). */
import type { BarTone } from '../../components/stacked-bar.tsx'
import type { Tone } from '../../components/state-badge.tsx'

export const campaignStates = [
  'scheduled',
  'running',
  'paused',
  'finished',
  'canceled',
  'failed',
] as const
export type CampaignState = (typeof campaignStates)[number]

/** Is it one of these words? */
export const isCampaignState = (value: unknown): value is CampaignState =>
  campaignStates.some((state) => state === value)

export const campaignTones: Readonly<Record<CampaignState, Tone>> = {
  scheduled: 'waiting',
  running: 'busy',
  paused: 'warning',
  finished: 'good',
  canceled: 'neutral',
  failed: 'bad',
}

/** As they stand in the bar: what has arrived first, what is open last. */
export const deliveryStates = [
  'delivered',
  'sent',
  'bounced',
  'failed',
  'suppressed',
  'expired',
  'skipped',
  'canceled',
  'sending',
  'pending',
] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** Is it one of these words? */
export const isDeliveryState = (value: unknown): value is DeliveryState =>
  deliveryStates.some((state) => state === value)

export const barTones: Readonly<Record<DeliveryState, BarTone>> = {
  delivered: 'better',
  sent: 'good',
  bounced: 'worse',
  failed: 'bad',
  suppressed: 'warning',
  expired: 'warning',
  skipped: 'neutral',
  canceled: 'neutral',
  sending: 'busy',
  pending: 'waiting',
}

export const deliveryTones: Readonly<Record<DeliveryState, Tone>> = {
  delivered: 'good',
  sent: 'good',
  bounced: 'bad',
  failed: 'bad',
  suppressed: 'warning',
  expired: 'warning',
  skipped: 'neutral',
  canceled: 'neutral',
  sending: 'busy',
  pending: 'waiting',
}
