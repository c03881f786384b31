/** Sources of a tenant, one source's runs, and what it could not read: pages for the API. */
import type { PoolClient } from 'pg'
import { Type } from 'typebox'
import { toIso } from '@carillon/domain/clock'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { findSource, type SourceReading } from './find-source.ts'
import * as sql from './queries/views.ts'
import type {
  QuarantineListQuery,
  QuarantineView,
  RunListQuery,
  RunView,
  SourceItem,
  SourceListQuery,
} from './schema.ts'
import { sourceConnectors } from './source-connectors.ts'
import { viewItem, viewQuarantined, viewRun } from './source-view.ts'

const uuid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })
const byId = Type.Tuple([uuid])
const byTime = Type.Tuple([Type.String({ format: 'date-time' }), uuid])

/** Integrations that are sources, and schedules, oldest first. Throws `bad_cursor`. */
export const listSources = async (
  client: PoolClient,
  tenantId: TenantId,
  {
    filter,
    connectors,
  }: { readonly filter: SourceListQuery; readonly connectors: ConnectorRegistry },
): Promise<Page<SourceItem>> => {
  const limit = limitOf(filter)
  const rows = await sql.listSourceRows(client, tenantId, {
    connectors: sourceConnectors(connectors).all,
    after: decodeCursor(filter.cursor, byId)?.[0],
    limit: limit + 1,
  })
  return toPage(rows, {
    limit,
    toItem: (row) => viewItem(row, connectors[row.connector ?? '']),
    keysetOf: (row) => [row.id],
  })
}

/** A source's runs, newest first. Throws `not_found`, `bad_cursor`. */
export const listSourceRuns = async (
  client: PoolClient,
  of: { readonly tenantId: TenantId; readonly id: IntegrationId; readonly filter: RunListQuery },
  reading: SourceReading,
): Promise<Page<RunView>> => {
  const { tenantId, id, filter } = of
  await findSource(client, tenantId, id, reading)
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, byTime)
  const rows = await sql.listRunRows(client, tenantId, { id, before, limit: limit + 1 })
  return toPage(rows, {
    limit,
    toItem: viewRun,
    keysetOf: (row) => [toIso(row.started_at), row.id],
  })
}

/** What a source could not read, newest first. Throws `not_found`, `bad_cursor`. */
export const listQuarantine = async (
  client: PoolClient,
  of: {
    readonly tenantId: TenantId
    readonly id: IntegrationId
    readonly filter: QuarantineListQuery
  },
  reading: SourceReading,
): Promise<Page<QuarantineView>> => {
  const { tenantId, id, filter } = of
  await findSource(client, tenantId, id, reading)
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, byId)?.[0]
  const rows = await sql.listQuarantineRows(client, tenantId, { id, before, limit: limit + 1 })
  return toPage(rows, { limit, toItem: viewQuarantined, keysetOf: (row) => [row.id] })
}
