/**
 * When a source stops for good the tenant is told by an event, and by another one when it works again, in the transaction
 * that notes it: rules can notify somebody. As `delivery/tell-breaker-opened.ts` for integrations that send.
 */
import type { PoolClient } from 'pg'
import { toIso, type Clock } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'

/** The events' types; their data has `integration`, `name`, `connector`, and of the first one `reason`. */
export const sourceStoppedType = 'carillon.source.stopped'
export const sourceRecoveredType = 'carillon.source.recovered'

export type ToldSource = {
  readonly tenantId: string
  readonly integrationId: string
  readonly connector: string
  readonly name: string
  readonly runId: string
}

/** Accepts the event in the caller's transaction. `reason`: it stopped; without: it works again. */
export const tellSource = async (
  client: PoolClient,
  source: ToldSource,
  {
    reason,
    acceptEvents,
    clock,
  }: {
    readonly reason?: string
    readonly acceptEvents: AcceptEvents
    readonly clock: Clock
  },
): Promise<Accepted> => {
  const integration = printId('integration', asId('integration', source.integrationId))
  const run = printId('run', asId('run', source.runId))
  const type = reason === undefined ? sourceRecoveredType : sourceStoppedType
  const now = clock.now()
  const data = {
    integration,
    name: source.name,
    connector: source.connector,
    run,
    ...(reason === undefined ? {} : { reason }),
  }
  const view = {
    id: `${type}/${run}`,
    source: 'carillon',
    type,
    subject: integration,
    time: toIso(now),
    data,
  }
  const event = { tenantId: source.tenantId, view, time: now, dataJson: JSON.stringify(data) }
  return await acceptEvents(client, [event])
}
