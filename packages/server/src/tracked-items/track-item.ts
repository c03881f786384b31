/** Registers a remote thing to be followed, and forgets one. What it is like is found out by the first look, soon after. */
import type { PoolClient } from 'pg'
import { appError, type FieldError } from '@carillon/domain/errors'
import { asId, parseId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { notFound } from '../platform/http/path-id.ts'
import { metadataProblem, mostOpenItems } from './check-item.ts'
import { viewItem } from './item-view.ts'
import {
  countOpenItems,
  deleteItemRow,
  findItemByRemote,
  findItemRow,
  insertItemRow,
} from './queries/items.ts'
import { findTracker } from './queries/rounds.ts'
import type { ItemBody, ItemView } from './schema.ts'

export type TrackContext = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly connectors: ConnectorRegistry
  /** Who asks for it. */
  readonly by: string
}

/** Makes the item. Throws `validation_failed`, or `conflict` when the integration follows this id already. */
export const trackItem = async (
  { client, tenantId, connectors, by }: TrackContext,
  id: string,
  body: ItemBody,
): Promise<ItemView> => {
  const integrationId = parseId('integration', body.integration)
  const row =
    integrationId === undefined ? undefined : await findTracker(client, tenantId, integrationId)
  const isTracker = row !== undefined && connectors[row.connector]?.tracker !== undefined
  requireValid([
    ...integrationErrors(row !== undefined, isTracker),
    ...metadataErrors(body.metadata ?? {}),
  ])
  if (row === undefined) throw notFound()
  if ((await countOpenItems(client, tenantId)) >= mostOpenItems) {
    const detail = `This tenant follows ${mostOpenItems} items that are not done, which is the most.`
    throw appError('conflict', { detail })
  }
  const { remoteId, reference = null, metadata = {} } = body
  const item = { id, integrationId: row.id, remoteId, reference, metadata, by }
  if (!(await insertItemRow(client, tenantId, { ...item, hint: 'created' }))) {
    const known = await findItemByRemote(client, tenantId, { integrationId: row.id, remoteId })
    const name =
      known === undefined ? '' : ` as ${printId('trackedItem', asId('trackedItem', known.id))}`
    throw appError('conflict', { detail: `${remoteId} is followed already${name}.` })
  }
  const made = await findItemRow(client, tenantId, id)
  if (made === undefined) throw new Error('an item is gone in the transaction that made it')
  return viewItem(made)
}

const integrationErrors = (isThere: boolean, isTracker: boolean): readonly FieldError[] => {
  if (isTracker) return []
  const detail = isThere
    ? 'This integration follows nothing: its connector is no tracker (universign is one).'
    : 'There is no such integration in this tenant: GET /api/v1/integrations lists them.'
  return [{ pointer: '/integration', detail }]
}

const metadataErrors = (metadata: Readonly<Record<string, unknown>>): readonly FieldError[] => {
  const detail = metadataProblem(JSON.stringify(metadata))
  return detail === undefined ? [] : [{ pointer: '/metadata', detail }]
}

/** Forgets an item with its log. Throws `not_found`. */
export const forgetItem = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'trackedItem'>,
): Promise<void> => {
  if (!(await deleteItemRow(client, tenantId, id))) throw notFound()
}
