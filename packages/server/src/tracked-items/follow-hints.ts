/**
 * Takes the hints of hooks: an item that is followed is to be looked at again, and a refusal is noted, because the item
 * itself will not show it. A hint about something that nobody follows is refused, with a line in the log. Nothing is asked
 * of the other side here.
 */
import type { PoolClient } from 'pg'
import type { JsonObject } from '@carillon/connectors/json-object'
import { toIso, type Instant } from '@carillon/domain/clock'
import { isRecord } from '@carillon/domain/filter-path'
import { inTransaction } from '../platform/db/transaction.ts'
import type { Log } from '../platform/log.ts'
import { markHintsApplied, takeHints, type TakenHint } from '../sources/take-hints.ts'
import type { LookServices } from './look-at-item.ts'
import { hintItem, insertItemRow, type RefusalRow } from './queries/items.ts'
import { insertLogRow } from './queries/log.ts'
import { findHintedAcrossTenants, type HintedRow } from './queries/rounds.ts'

type HintServices = Pick<LookServices, 'pool' | 'connectors' | 'newId'> & { readonly log: Log }

/** Hints of one integration in one transaction. */
const hintsAtOnce = 100

/** The connectors whose items can be followed. */
export const trackersOf = ({ connectors }: Pick<HintServices, 'connectors'>): string[] =>
  Object.values(connectors).flatMap(({ id, tracker }) => (tracker === undefined ? [] : [id]))

/** Follows what came. Returns how many hints. */
export const followHints = async (services: HintServices): Promise<number> => {
  let followed = 0
  for (const row of await findHintedAcrossTenants(services.pool, trackersOf(services))) {
    // oxlint-disable-next-line no-await-in-loop -- one transaction an integration, one after the other
    followed += await followOf(row, services)
  }
  return followed
}

/** One integration's hints that can't be read must not hold up the others'. */
const followOf = async (row: HintedRow, services: HintServices): Promise<number> => {
  try {
    return await inTransaction(services.pool, (client) => followSome(client, row, services), {
      retry: true,
    })
  } catch (error) {
    const integration = row.integration_id
    services.log.error({ err: error, integration }, 'hints could not be followed: tried again')
    return 0
  }
}

const followSome = async (
  client: PoolClient,
  row: HintedRow,
  services: HintServices,
): Promise<number> => {
  const of = { tenantId: row.tenant_id, integrationId: row.integration_id }
  const hints = await takeHints(client, { ...of, limit: hintsAtOnce })
  // Rows of items are taken in the order of their keys, so that two of us never wait for each other.
  for (const hint of hints.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    // oxlint-disable-next-line no-await-in-loop -- statements of one transaction
    await followOne(client, row, hint, services)
  }
  await markHintsApplied(client, { ...of, hintIds: hints.map(({ hintId }) => hintId) })
  return hints.length
}

const followOne = async (
  client: PoolClient,
  row: HintedRow,
  hint: TakenHint,
  { connectors, newId }: HintServices,
): Promise<void> => {
  const [tenantId, integrationId] = [row.tenant_id, row.integration_id]
  const type = `webhook:${hint.type}`
  const given = {
    integrationId,
    remoteId: hint.key,
    type,
    refusal: refusalIn(hint.data, hint.receivedAt),
  }
  if ((await hintItem(client, tenantId, given)) !== undefined) return
  const takesUnknown = connectors[row.connector]?.tracker?.takesUnknown?.(row.settings) === true
  if (takesUnknown) {
    const by = `integration:${integrationId}`
    const id = newId('trackedItem')
    const item = { id, integrationId, remoteId: hint.key, reference: null, metadata: {}, by }
    await insertItemRow(client, tenantId, { ...item, hint: type })
    // Once more for the refusal, which a new item does not have yet.
    await hintItem(client, tenantId, given)
    return
  }
  await insertLogRow(client, tenantId, {
    id: newId('run'),
    integration_id: integrationId,
    item_id: null,
    remote_id: hint.key,
    type,
    is_forced: false,
    success: false,
    before: null,
    after: null,
    changes: [],
    note: null,
    error: 'Nobody follows this id: register it with POST /api/v1/tracked-items.',
    duration_ms: 0,
    event_id: null,
  })
}

const refusalIn = (data: JsonObject | null, receivedAt: Instant): RefusalRow | undefined => {
  const refusal = data?.['refusal']
  if (!isRecord(refusal)) return undefined
  const { reason, participant, at } = refusal
  if (typeof reason !== 'string') return undefined
  return {
    reason,
    ...(typeof participant === 'string' ? { participant } : {}),
    at: typeof at === 'string' ? at : toIso(receivedAt),
  }
}
