/** Takes an entry off the list. The audit log says who did; nothing is sent because of it. */
import type { PoolClient } from 'pg'
import type { Id } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries.ts'
import type { LiftAnswer } from './schema.ts'
import { viewSuppression } from './suppression-view.ts'

/** Lifts it and says what still stops messages to the address. Throws `not_found`. */
export const liftSuppression = async (
  client: PoolClient,
  tenantId: string,
  id: Id<'suppression'>,
): Promise<LiftAnswer> => {
  const row = await sql.deleteSuppressionRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  const { channel, address } = row
  const rest = await sql.findOfAddresses(client, tenantId, { channel, keys: [address] })
  const detail =
    'Nothing is sent again by itself: deliveries that ended as suppressed stay so, resend those that are wanted.'
  return { lifted: viewSuppression(row), remaining: rest.map(viewSuppression), detail }
}
