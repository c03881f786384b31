/** An integration as a source, with its connector. */
import type { PoolClient } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import { appError } from '@carillon/domain/errors'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { notFound } from '../platform/http/path-id.ts'
import { findSourceRow, type SourceRow } from './queries/views.ts'
import { waysOf } from './source-connectors.ts'

export type SourceReading = { readonly connectors: ConnectorRegistry }

export type FoundSource = { readonly row: SourceRow; readonly connector: Connector }

/** The source. Throws `not_found`, and `conflict` for an integration that is no source. */
export const findSource = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
  { connectors }: SourceReading,
): Promise<FoundSource> => {
  const row = await findSourceRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  const connector = connectors[row.connector]
  if (connector === undefined || waysOf(connector).length === 0)
    throw appError('conflict', {
      detail: `"${row.connector}" is no source: no events come from it. GET /api/v1/sources lists what is one.`,
    })
  return { row, connector }
}
