/** Begins a bulk replay, or says what it would be. Nothing is sent here: `run-replays.ts` does that, a chunk at a time. */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { asId, parseId, printId, type TenantId } from '@carillon/domain/ids'
import { readDeliveryFilter, type FilterParameters } from '../delivery-filter.ts'
import { viewDelivery } from '../delivery-view.ts'
import { countMatching, matchDeliveries } from '../match-deliveries.ts'
import type { DeliveryFilter } from '../schema.ts'
import { inTenant } from '../../platform/db/transaction.ts'
import type { IdGenerator } from '../../platform/ids.ts'
import { findReplay, insertReplay } from './queries.ts'
import { viewReplay } from './replay-view.ts'
import type { ReplayBody, ReplayPreview, ReplayView } from './schema.ts'

/** More at once is a mistake, or a migration: by time spans then. */
export const largestReplay = 100_000
const sampleSize = 10
const defaultPerSecond = 100
const defaultStates = 'failed,expired'

const filterOf = ({
  dryRun: _dryRun,
  id: _id,
  perSecond: _perSecond,
  ...filter
}: ReplayBody): DeliveryFilter => ({ ...filter, state: filter.state ?? defaultStates })

/** How many fit, and the newest of them. */
export const previewReplay = async (
  pool: Pool,
  tenantId: TenantId,
  { body, newId }: { readonly body: ReplayBody; readonly newId: IdGenerator },
): Promise<ReplayPreview> => {
  const id = printId('replay', newId('replay'))
  const filter = readDeliveryFilter(tenantId, filterOf(body))
  if (filter === undefined) return { id, dryRun: true, count: 0, isExact: true, sample: [] }
  return await inTenant(pool, tenantId, async (client) => {
    const asked = { filter, before: null, limit: sampleSize }
    const { rows } = await matchDeliveries(client, asked)
    const n = await countAll(client, filter)
    return {
      id,
      dryRun: true,
      count: Math.min(n, largestReplay),
      isExact: n <= largestReplay,
      sample: rows.map(viewDelivery),
    }
  })
}

const countAll = async (client: PoolClient, filter: FilterParameters): Promise<number> =>
  (await countMatching(client, { filter, limit: largestReplay + 1, whole: true })).n

/**
 * Begins it in the caller's transaction. With an id that a replay of the tenant has, that one is returned as it is, and nothing
 * more is sent. Throws `validation_failed` for an id of another form, and where more fit than a replay takes.
 */
export const startReplay = async (
  client: PoolClient,
  tenantId: TenantId,
  given: { readonly body: ReplayBody; readonly newId: IdGenerator; readonly by: string },
): Promise<ReplayView> => {
  const { body, newId, by } = given
  const id = body.id === undefined ? asId('replay', newId('replay')) : parseId('replay', body.id)
  if (id === undefined)
    throw appError('validation_failed', {
      detail: 'The id is not one of a replay.',
      errors: [{ pointer: '/id', detail: 'Must be an id that a dry run gave (rpl_…).' }],
    })
  const known = await findReplay(client, tenantId, id)
  if (known !== undefined) return viewReplay(known)
  const filter = filterOf(body)
  const parameters = readDeliveryFilter(tenantId, filter)
  const matched = parameters === undefined ? 0 : await countAll(client, parameters)
  if (matched > largestReplay)
    throw appError('validation_failed', {
      detail: `More than ${largestReplay} deliveries fit: narrow the filter, for example by since and until.`,
    })
  const rate = body.perSecond ?? defaultPerSecond
  const beforeId = newId('delivery')
  const values = { id, filter, rate, matched, beforeId, by }
  const row =
    (await insertReplay(client, tenantId, values)) ?? (await findReplay(client, tenantId, id))
  if (row === undefined) throw new Error('a replay that conflicts by its id is not there')
  return viewReplay(row)
}
