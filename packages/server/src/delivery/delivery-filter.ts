/** What a caller filters deliveries by, as lists, counts and replays look for it. Pure. */
import { deliveryStates, type DeliveryState } from '@carillon/domain/delivery-status'
import { parseId, type IdKind, type TenantId } from '@carillon/domain/ids'
import type { DeliveryWanted } from './queries/delivery-walk.ts'
import type { DeliveryFilter } from './schema.ts'

/** `search`: the beginning of an address; `matchDeliveries` finds out what it comes to. */
export type FilterParameters = Omit<DeliveryWanted, 'ids' | 'prefix'> & {
  readonly search: string | undefined
}

/**
 * What is looked for; undefined when nothing can fit: a malformed id, as if it were missing, or another's deliveries with
 * `ownOf`, which leaves only those made for this user, whatever the filter says.
 */
export const readDeliveryFilter = (
  tenantId: TenantId,
  filter: DeliveryFilter,
  ownOf?: string,
): FilterParameters | undefined => {
  const event = filterId('event', filter.event)
  const integration = filterId('integration', filter.integration)
  const rule = filterId('rule', filter.rule)
  const fanOut = filterId('fanOut', filter.fanOut)
  const campaign = filterId('campaign', filter.campaign)
  if (ownOf !== undefined && (filter.userId ?? ownOf) !== ownOf) return undefined
  if (
    event === undefined ||
    integration === undefined ||
    rule === undefined ||
    fanOut === undefined ||
    campaign === undefined
  )
    return undefined
  const { recipient = null, since = null, until = null, subscription = null, search } = filter
  const userId = ownOf ?? filter.userId ?? null
  const ids = { event, integration, rule, fanOut, campaign }
  const states = statesOf(filter.state)
  return { tenantId, states, ...ids, recipient, since, until, subscription, userId, search }
}

const statesOf = (text: string | undefined): readonly DeliveryState[] => {
  const wanted = new Set(text?.split(','))
  return deliveryStates.filter((state) => wanted.has(state))
}

/** null: no filter; undefined: a filter that nothing can fit. */
const filterId = (kind: IdKind, text: string | undefined): string | null | undefined =>
  text === undefined ? null : parseId(kind, text)
