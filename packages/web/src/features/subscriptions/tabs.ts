/** The parts of a subscription's page by their names in its address. */

/** The parts of a subscription's page, in its address as `?tab=`. */
export const subscriptionTabs = ['registrations', 'texts', 'trigger', 'settings', 'api'] as const
export type SubscriptionTab = (typeof subscriptionTabs)[number]

/** Is it one of them? */
export const isSubscriptionTab = (value: unknown): value is SubscriptionTab =>
  subscriptionTabs.some((tab) => tab === value)
