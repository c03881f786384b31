/** How a campaign sends: its route as integrations, and the plan of its deliveries. Pure; it looks nothing up. */
import type { Language } from '@carillon/domain/content'
import type { FieldError } from '@carillon/domain/errors'
import { parseId } from '@carillon/domain/ids'
import { nearestName } from '@carillon/domain/nearest-name'
import type { Plan, PlanContent } from '@carillon/domain/plan'
import { campaignRetry } from '@carillon/domain/retry'
import { readRetry } from '../rules/read-retry.ts'
import type { CampaignRow, RouteIntegration } from './queries/campaigns.ts'
import type { CampaignContent, RouteStep } from './schema.ts'

/** Where nothing is said: what a contact can be reached by, the cheapest first. */
const defaultRoute: readonly string[] = ['email', 'sms', 'telegram']
/** Channels that a contact has an address for. */
const contactChannels: readonly string[] = ['email', 'sms', 'whatsapp', 'telegram']

/** An integration that a step names: it sends. */
export type StepIntegration = RouteIntegration & { readonly channel: string }

export type ResolvedRoute =
  | { readonly ok: true; readonly steps: readonly StepIntegration[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** The integrations of the route, in its order. Of the default route those that there are, and at least one. */
export const resolveRoute = (
  route: readonly RouteStep[] | null,
  integrations: readonly RouteIntegration[],
): ResolvedRoute => {
  const defaultOf = (channel: string): StepIntegration | undefined => {
    const found = integrations.find((one) => one.is_default && one.channel === channel)
    return found === undefined ? undefined : { ...found, channel }
  }
  if (route === null) {
    const steps = defaultRoute.flatMap((channel) => defaultOf(channel) ?? [])
    const detail = `There is no default integration for ${defaultRoute.join(', ')}: make one, or give a route.`
    return steps.length > 0
      ? { ok: true, steps }
      : { ok: false, errors: [{ pointer: '/route', detail }] }
  }
  const found = route.map((step, at) => resolveStep(step, `/route/${at}`, integrations, defaultOf))
  const errors = found.flatMap((one) => ('detail' in one ? [one] : []))
  const steps = found.flatMap((one) => ('detail' in one ? [] : [one]))
  return errors.length === 0 ? { ok: true, steps } : { ok: false, errors }
}

const resolveStep = (
  { channel, integration }: RouteStep,
  pointer: string,
  integrations: readonly RouteIntegration[],
  defaultOf: (channel: string) => StepIntegration | undefined,
): StepIntegration | FieldError => {
  if ((channel === undefined) === (integration === undefined))
    return { pointer, detail: 'Give either a channel or an integration.' }
  const found =
    channel === undefined
      ? integrations.find(({ id }) => id === parseId('integration', integration ?? ''))
      : defaultOf(channel)
  if (found === undefined) return noWay(channel, pointer, integrations)
  if (found.channel === null)
    return { pointer: `${pointer}/integration`, detail: `"${found.name}" does not send.` }
  return contactChannels.includes(found.channel)
    ? { ...found, channel: found.channel }
    : {
        pointer,
        detail: `Contacts have no address for the channel "${found.channel}": only for ${contactChannels.join(', ')}.`,
      }
}

const noWay = (
  channel: string | undefined,
  pointer: string,
  integrations: readonly RouteIntegration[],
): FieldError => {
  if (channel === undefined)
    return { pointer: `${pointer}/integration`, detail: 'There is no such integration.' }
  const nearest = nearestName(channel, [
    ...new Set(integrations.flatMap((one) => one.channel ?? [])),
  ])
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  const detail = `There is no default integration for the channel "${channel.slice(0, 60)}".${hint}`
  return { pointer: `${pointer}/channel`, detail }
}

/** A contact's address on a channel; empty: it has none. As `queries/expansion.ts` has it in SQL. */
export const addressOf = (
  contact: {
    readonly email: string | null
    readonly phone: string | null
    readonly telegram_id: string | null
  },
  channel: string,
): string => {
  switch (channel) {
    case 'email':
      return contact.email ?? ''
    case 'sms':
    case 'whatsapp':
      return contact.phone ?? ''
    case 'telegram':
      return contact.telegram_id ?? ''
    default:
      return ''
  }
}

/** What a plan says of the words. */
const wordsOf = ({ subject, text, html }: CampaignContent): PlanContent => ({
  ...(subject === undefined ? {} : { subject }),
  text,
  ...(html === undefined ? {} : { html }),
})

/** The words for a channel: its own, else those for all. */
export const contentFor = (content: CampaignContent, channel: string): PlanContent => {
  const { channels = {} } = content
  const own = Object.hasOwn(channels, channel) ? channels[channel] : undefined
  return wordsOf(own ?? content)
}

/** The plan of the deliveries of a campaign. `steps`: its route as integrations with their channels. */
export const planOfCampaign = (
  campaign: Pick<CampaignRow, 'content' | 'retry' | 'daily_window' | 'starts_at' | 'ends_at'>,
  steps: readonly { readonly id: string; readonly channel: string }[],
  language: Language,
): Plan => {
  const { content, retry, daily_window: window, starts_at: startsAt, ends_at: endsAt } = campaign
  const read = retry === null ? undefined : readRetry(retry, '/retry')
  return {
    steps: steps.map(({ id, channel }) => ({
      integrationId: id,
      to: '',
      ...(Object.hasOwn(content.channels ?? {}, channel)
        ? { content: contentFor(content, channel) }
        : {}),
    })),
    content: wordsOf(content),
    retry: read?.ok === true ? read.policy : campaignRetry,
    fallback: 'at_once',
    whenOpen: steps.length > 1 ? 'fallback' : 'hold',
    sendForMs: endsAt - startsAt,
    priority: 1,
    language,
    ...(window === null ? {} : { window }),
  }
}
