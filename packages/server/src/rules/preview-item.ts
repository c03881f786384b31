/** What a rule that tracks would have followed for an event. Pure; it follows nothing. */
import type { FilterEvent } from '@carillon/domain/filter'
import { asId, printId } from '@carillon/domain/ids'
import { fillItem } from '../ingest/plan-tracked-items.ts'
import type { RouteIntegration } from '../integrations/find-route-integrations.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { TrackedBy } from './rule-set.ts'
import type { Explanation } from './schema.ts'

/** The item, by the function that accepting uses; `problem` is what the sync log would say. */
export const previewItem = (
  { tracker, action }: TrackedBy,
  event: FilterEvent,
  {
    integrations,
    renderer,
  }: {
    readonly integrations: readonly RouteIntegration[]
    readonly renderer: TemplateRenderer
  },
): NonNullable<Explanation['wouldTrack']> => {
  const item = fillItem(action, { view: event }, renderer)
  return {
    integration: printId('integration', asId('integration', tracker)),
    name: integrations.find(({ id }) => id === tracker)?.name ?? '',
    remoteId: item.remoteId,
    reference: item.reference ?? null,
    metadata: { ...item.metadata },
    problem: item.problem ?? null,
  }
}
