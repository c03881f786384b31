/** What people do with a source: run it now, stop it, start it. In the caller's transaction; the runner follows. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type IntegrationId, type TenantId } from '@carillon/domain/ids'
import type { IdGenerator } from '../platform/ids.ts'
import { findSource, type FoundSource, type SourceReading } from './find-source.ts'
import * as sql from './queries/views.ts'
import type { AskedView } from './schema.ts'
import { waysOf } from './source-connectors.ts'

type Of = { readonly tenantId: TenantId; readonly id: IntegrationId }

const runsByItself = ({ connector }: FoundSource): boolean =>
  waysOf(connector).some((way) => way !== 'hook')

/** Asks for a run, now or after the one of now. Throws `not_found`; `conflict` when it can't run, with what to do. */
export const askForRun = async (
  client: PoolClient,
  { tenantId, id, by }: Of & { readonly by: string },
  services: SourceReading & { readonly newId: IdGenerator },
): Promise<AskedView> => {
  const found = await findSource(client, tenantId, id, services)
  if (!runsByItself(found))
    throw conflict('It is fed by calls of its hook: there is nothing to run.')
  if (!found.row.enabled) throw conflict('It is switched off: switch it on first.')
  const runId = services.newId('run')
  const asked = await sql.askForRun(client, tenantId, { id, runId, by })
  if (asked === undefined)
    throw conflict(`It is stopped (${found.row.reason ?? 'by hand'}): start it first.`)
  return {
    id: printId('run', asId('run', asked)),
    state: found.row.state === 'running' ? 'queued' : 'requested',
  }
}

const conflict = (detail: string): Error => appError('conflict', { detail })

/** Stops it: from the commit on nothing is stored any more, and within a second the runner lets go. Throws `not_found`. */
export const stopSource = async (
  client: PoolClient,
  { tenantId, id, by }: Of & { readonly by: string },
  reading: SourceReading,
): Promise<void> => {
  await findSource(client, tenantId, id, reading)
  await sql.stopSource(client, tenantId, { id, reason: `stopped by ${by}` })
}

/** Starts it, where it was or from the start; one that runs begins anew. Throws `not_found`. */
export const startSource = async (
  client: PoolClient,
  { tenantId, id, fromStart }: Of & { readonly fromStart: boolean },
  reading: SourceReading,
): Promise<void> => {
  const found = await findSource(client, tenantId, id, reading)
  const isRunning = runsByItself(found) && found.row.enabled
  await sql.startSource(client, tenantId, { id, isRunning, fromStart })
}
