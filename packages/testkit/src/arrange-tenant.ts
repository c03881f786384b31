/** A tenant with one webhook integration and one rule, made through the API of a running process. Not for single tests of that API. */
import type { Answer, Carillon } from './carillon-process.ts'

export type LaneWish = {
  readonly url: string
  /** The address. Default `endpoint`, which is a label for webhooks. */
  readonly to?: string
  /** Events of this type go there. Default: all. */
  readonly eventType?: string
  /** Merged into the integration's body: `limits`, `breaker`, `connector`, `settings` … */
  readonly integration?: Readonly<Record<string, unknown>>
  /** Merged into the rule's action: `retry`, `sendUntil` … */
  readonly action?: Readonly<Record<string, unknown>>
}

/** Makes the tenant unless it is there. */
export const arrangeTenant = async (carillon: Carillon, slug: string): Promise<void> => {
  const answer = await carillon.call('POST', '/tenants', { slug, name: slug })
  if (answer.status !== 201 && answer.status !== 409) throw new Error(shown(answer))
}

/** A webhook integration and a rule that leads to it; returns the integration's id. */
export const arrangeLane = async (
  carillon: Carillon,
  tenant: string,
  wish: LaneWish,
): Promise<string> => {
  const headers = { 'carillon-tenant': tenant }
  const make = async (path: string, body: unknown): Promise<string> => {
    const answer = await carillon.call('POST', path, body, headers)
    if (answer.status !== 201) throw new Error(shown(answer))
    return (answer.body as { readonly id: string }).id
  }
  const integration = await make('/integrations', {
    connector: 'webhook',
    name: `to ${wish.url}`,
    settings: { url: wish.url },
    secrets: {},
    ...wish.integration,
  })
  await make('/rules', {
    name: `to ${wish.url}`,
    eventType: wish.eventType ?? '*',
    filter: {},
    action: {
      type: 'notify',
      route: [{ integration, to: wish.to ?? 'endpoint' }],
      retry: { every: '100ms', max: 8 },
      ...wish.action,
    },
  })
  return integration
}

const shown = ({ status, body }: Answer): string => `${status} ${JSON.stringify(body)}`
