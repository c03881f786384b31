/**
 * Rounds: every few minutes an integration's oldest open items are marked to be looked at. Looks are made by whoever has
 * time (`look-at-waiting.ts`), so a round that began in a process that died goes on in another.
 */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { inTransaction } from '../platform/db/transaction.ts'
import type { LookServices } from './look-at-item.ts'
import {
  beginRound,
  endRoundsAcrossTenants,
  findRunRow,
  findTracker,
  liftPausesAcrossTenants,
  makeRoundDue,
  markRound,
  takeDueRoundAcrossTenants,
  type RunRow,
} from './queries/rounds.ts'

/** Items in one round (replaced-systems.md 3). */
const mostInRound = 50
const defaultEveryMs = 300_000

type RoundServices = Pick<LookServices, 'pool' | 'connectors' | 'newId'>

type Beginning = {
  readonly tenantId: string
  readonly integrationId: string
  readonly connector: string
  readonly settings: Record<string, unknown>
  readonly version: number
  readonly by: string | null
}

/** Begins the round that is due longest, if one is; ends those that are done. Returns how many it dealt with. */
export const runDueRound = async (services: RoundServices): Promise<number> => {
  await liftPausesAcrossTenants(services.pool)
  const ended = await endRoundsAcrossTenants(services.pool)
  const begun = await inTransaction(services.pool, async (client) => {
    const due = await takeDueRoundAcrossTenants(client)
    if (due === undefined) return 0
    const [tenantId, integrationId] = [due.tenant_id, due.integration_id]
    await begin(client, { ...due, tenantId, integrationId, by: null }, services)
    return 1
  })
  return ended + begun
}

const begin = async (
  client: PoolClient,
  { tenantId, integrationId, connector, settings, version, by }: Beginning,
  { connectors, newId }: RoundServices,
): Promise<string> => {
  const round = newId('run')
  const nextInMs = connectors[connector]?.tracker?.everyMs?.(settings) ?? defaultEveryMs
  const found = await markRound(client, tenantId, { integrationId, round, most: mostInRound })
  await beginRound(client, tenantId, { integrationId, round, version, nextInMs, found, by })
  return round
}

/** Begins a round now. Throws `not_found`, `validation_failed` (it tracks nothing), `conflict` (one is under way). */
export const runRoundNow = async (
  {
    tenantId,
    integrationId,
    by,
  }: { readonly tenantId: TenantId; readonly integrationId: IntegrationId; readonly by: string },
  services: RoundServices,
): Promise<RunRow> =>
  await inTransaction(services.pool, async (client) => {
    const row = await findTracker(client, tenantId, integrationId)
    if (row === undefined || services.connectors[row.connector]?.tracker === undefined) {
      const detail = 'There is no integration with this id that tracks items.'
      throw appError('validation_failed', { detail, errors: [{ pointer: '/integration', detail }] })
    }
    if (!row.enabled) throw appError('conflict', { detail: `"${row.name}" is switched off.` })
    if ((await makeRoundDue(client, tenantId, integrationId)) !== null)
      throw appError('conflict', { detail: 'A round is under way: look at the runs.' })
    const round = await begin(client, { ...row, tenantId, integrationId, by }, services)
    const run = await findRunRow(client, tenantId, round)
    if (run === undefined) throw new Error('a round is gone in the transaction that began it')
    return run
  })
