/** The filters of the list of deliveries, as they stand in the address and as the API takes them. Pure. */
import type { DeliveriesListQuery } from '@carillon/client/api.gen'
import { deliveryStates, type DeliveryState } from './states.ts'

export type DeliverySearch = {
  readonly state?: string
  readonly search?: string
  readonly integration?: string
  readonly rule?: string
  readonly event?: string
  readonly campaign?: string
  readonly subscription?: string
  readonly fanOut?: string
  readonly userId?: string
  readonly recipient?: string
  readonly since?: string
  readonly until?: string
}

const names = [
  'state',
  'search',
  'integration',
  'rule',
  'event',
  'campaign',
  'subscription',
  'fanOut',
  'userId',
  'recipient',
  'since',
  'until',
] as const

/** What is readable of an address's query; states that do not exist are left out. */
export const readDeliverySearch = (given: Readonly<Record<string, unknown>>): DeliverySearch => {
  const texts = names.flatMap((name) => {
    const value = given[name]
    return typeof value === 'string' || typeof value === 'number'
      ? [[name, String(value)] as const]
      : []
  })
  const { state, ...others }: DeliverySearch = Object.fromEntries(texts)
  const states = statesIn(state)
  return { ...others, ...(states.length === 0 ? {} : { state: states.join(',') }) }
}

/** The states of a filter; none: all. */
export const statesIn = (text: string | undefined): readonly DeliveryState[] => {
  const wanted = new Set(text?.split(','))
  return deliveryStates.filter((state) => wanted.has(state))
}

/** As the API takes it: a search needs two characters. */
export const toQuery = ({ search, ...others }: DeliverySearch): DeliveriesListQuery => ({
  ...others,
  ...(search === undefined || search.length < 2 ? {} : { search }),
})

type Shown = {
  readonly state: string
  readonly integration: string
  readonly rule: string | null
  readonly event: string
  readonly campaign: string | null
  readonly subscription: string | null
  readonly fanOut: string | null
  readonly userId: string | null
  readonly to: string
  readonly createdAt: string
}

/** Would a list with this filter show it? For what comes in live. */
export const fits = (delivery: Shown, filter: DeliverySearch): boolean => {
  const { state, search, since, until, recipient, ...ids } = filter
  const states = statesIn(state)
  return (
    (states.length === 0 || states.some((one) => one === delivery.state)) &&
    (search === undefined || delivery.to.toLowerCase().startsWith(search.toLowerCase())) &&
    (recipient === undefined || delivery.to === recipient) &&
    (since === undefined || delivery.createdAt >= since) &&
    (until === undefined || delivery.createdAt < until) &&
    Object.entries(ids).every(
      ([name, value]) => value === undefined || valueOf(delivery, name) === value,
    )
  )
}

const valueOf = (delivery: Shown, name: string): string | null | undefined =>
  new Map(Object.entries(delivery)).get(name)
