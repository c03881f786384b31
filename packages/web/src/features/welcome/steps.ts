/** The steps of the first run, in their order. */

export const welcomeSteps = ['tenant', 'integration', 'test'] as const
export type WelcomeStep = (typeof welcomeSteps)[number]

/** The step of that name, or undefined. */
export const readStep = (text: unknown): WelcomeStep | undefined =>
  welcomeSteps.find((step) => step === text)
