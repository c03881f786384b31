/** The parts of a campaign's page by their names in its address. */

/** The parts of a campaign's page, in its address as `?tab=`. */
export const campaignTabs = ['progress', 'ledger', 'content', 'api'] as const
export type CampaignTab = (typeof campaignTabs)[number]

/** Is it one of them? */
export const isCampaignTab = (value: unknown): value is CampaignTab =>
  campaignTabs.some((tab) => tab === value)
