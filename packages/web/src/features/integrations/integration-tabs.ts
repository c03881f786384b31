/** The parts of an integration's page, in its address as `?tab=`. */

export const integrationTabs = ['state', 'settings', 'try', 'source', 'api'] as const
export type IntegrationTab = (typeof integrationTabs)[number]

/** Is it the name of a part? */
export const isIntegrationTab = (value: unknown): value is IntegrationTab =>
  integrationTabs.some((tab) => tab === value)
