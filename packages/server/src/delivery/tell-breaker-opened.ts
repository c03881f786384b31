/** When a breaker opens the tenant is told by an event, accepted in the same transaction: rules can notify somebody on another way. */
import { instant, toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { AcceptEvents } from '../ingest/accept-events.ts'
import { systemClock } from '../platform/clock.ts'
import type { OnBreakerOpened } from './settle-turns.ts'

/** The event's type; its data has `integration`, `reason`, `openUntil`. */
export const breakerOpenedType = 'carillon.integration.opened'
/** Its source. */
export const breakerSource = 'carillon'

/** Makes the hook for the store. */
export const tellBreakerOpened =
  (acceptEvents: AcceptEvents): OnBreakerOpened =>
  async (client, { tenantId, integrationId, reason, openUntil }) => {
    const integration = printId('integration', asId('integration', integrationId))
    const until = toIso(instant(openUntil))
    const now = systemClock.now()
    const data = { integration, reason, openUntil: until }
    await acceptEvents(client, [
      {
        tenantId,
        view: {
          id: `${integration}/${until}`,
          source: breakerSource,
          type: breakerOpenedType,
          subject: integration,
          time: toIso(now),
          data,
        },
        time: now,
        dataJson: JSON.stringify(data),
      },
    ])
  }
