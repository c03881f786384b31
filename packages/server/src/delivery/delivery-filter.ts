/** What a caller filters deliveries by, as parameters of the SQL of lists, counts and replays. Pure. */
import { deliveryStates, type DeliveryState } from '@carillon/domain/delivery-status'
import { parseId, type IdKind, type TenantId } from '@carillon/domain/ids'
import type { DeliveryFilter } from './schema.ts'

export type FilterParameters = {
  /** None: all. */
  readonly states: readonly DeliveryState[]
  /** No index leads to what is wanted: whoever reads must bound how far back it looks. */
  readonly isScan: boolean
  /** The beginning of an address; `findSearched` turns it into `searched`. */
  readonly search: string | undefined
  /** $1 to $16 of `queries/deliveries.ts`. */
  readonly values: (page: {
    readonly before: string | null
    readonly limit: number
    readonly notBefore: string | null
    readonly searched: Searched
  }) => unknown[]
}

/** What a search came to: these deliveries; or so many that they are found by walking. Both null: nothing was searched for. */
export type Searched = { readonly ids: readonly string[] | null; readonly prefix: string | null }

/**
 * The parameters; undefined when nothing can fit: a malformed id, as if it were missing, or another's deliveries with `ownOf`,
 * which leaves only those made for this user, whatever the filter says.
 */
export const readDeliveryFilter = (
  tenantId: TenantId,
  filter: DeliveryFilter,
  ownOf?: string,
): FilterParameters | undefined => {
  const ids = {
    event: filterId('event', filter.event),
    integration: filterId('integration', filter.integration),
    rule: filterId('rule', filter.rule),
    fanOut: filterId('fanOut', filter.fanOut),
    campaign: filterId('campaign', filter.campaign),
  }
  if (ownOf !== undefined && (filter.userId ?? ownOf) !== ownOf) return undefined
  if (Object.values(ids).includes(undefined)) return undefined
  const { recipient = null, since = null, until = null, subscription = null, search } = filter
  const userId = ownOf ?? filter.userId ?? null
  const narrow = [ids.event, ids.fanOut, ids.campaign, recipient, subscription, userId]
  return {
    states: statesOf(filter.state),
    isScan:
      (ids.rule !== null || ids.integration !== null) && narrow.every((value) => value === null),
    search,
    values: ({ before, limit, notBefore, searched }) => [
      tenantId,
      ids.event,
      recipient,
      ids.integration,
      since,
      until,
      before,
      limit,
      ids.rule,
      subscription,
      userId,
      ids.fanOut,
      ids.campaign,
      notBefore,
      searched.ids,
      searched.prefix,
    ],
  }
}

const statesOf = (text: string | undefined): readonly DeliveryState[] => {
  const wanted = new Set(text?.split(','))
  return deliveryStates.filter((state) => wanted.has(state))
}

/** null: no filter; undefined: a filter that nothing can fit. */
const filterId = (kind: IdKind, text: string | undefined): string | null | undefined =>
  text === undefined ? null : parseId(kind, text)
