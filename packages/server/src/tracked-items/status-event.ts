/** The event of a change of state: what rules see, and make the actions of. Pure. */
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { LocalState } from '@carillon/domain/sync-status'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { viewParticipant } from './item-view.ts'
import type { ItemRow } from './queries/items.ts'

/** Nobody outside may post events of this source. */
const trackedSource = 'carillon/tracked-items'
export const statusChangedType = 'status.changed'

/** `item` as it is after the change, whose `transitions` numbers it. The same change is the same event, whoever sees it. */
export const statusEvent = (
  item: ItemRow,
  { from, to }: { readonly from: LocalState; readonly to: LocalState },
  now: Instant,
): IncomingEvent => {
  const id = printId('trackedItem', asId('trackedItem', item.id))
  const data = {
    item: id,
    integration: printId('integration', asId('integration', item.integration_id)),
    reference: item.reference,
    remoteId: item.remote_id,
    remoteState: item.remote_state,
    name: item.name,
    before: from,
    after: to,
    refusal: item.refusal,
    participants: item.participants.map(viewParticipant),
    documents: item.documents,
    metadata: item.metadata,
  }
  return {
    tenantId: item.tenant_id,
    view: {
      id: `${id}/${item.transitions}`,
      source: trackedSource,
      type: statusChangedType,
      subject: item.reference ?? item.remote_id,
      time: toIso(now),
      data,
    },
    time: now,
    dataJson: JSON.stringify(data),
  }
}
