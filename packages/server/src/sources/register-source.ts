/** An integration that was made, changed or deleted, as far as it is a source: in the transaction of the change. */
import type { PoolClient } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import * as sql from './queries/views.ts'
import { waysOf } from './source-connectors.ts'

/** What runs is ended and begun anew with the settings of now; what had stopped by itself is tried again. */
export const registerSource = async (
  client: PoolClient,
  tenantId: TenantId,
  given: {
    readonly id: IntegrationId
    readonly connector: Connector
    readonly enabled: boolean
  },
): Promise<void> => {
  const ways = waysOf(given.connector)
  if (ways.length === 0) return
  const runs = ways.includes('run') || ways.includes('poll')
  await sql.registerSource(client, tenantId, { id: given.id, isRunning: runs && given.enabled })
}

/** Ends what runs. */
export const unregisterSource = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<void> => {
  await sql.unregisterSource(client, tenantId, id)
}
