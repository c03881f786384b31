/**
 * Fetches the documents of the tracked item that an event is about, for whoever archives them. The item is looked up in the
 * event's own tenant: what an event says of another's leads nowhere.
 */
import type { Pool } from 'pg'
import type { DocumentsPort } from '@carillon/connectors/archive-ports'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { RemoteFile } from '@carillon/connectors/tracker'
import type { Clock } from '@carillon/domain/clock'
import { isRecord } from '@carillon/domain/filter-path'
import { asId, parseId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { findItemRow } from './queries/items.ts'
import { findTracker } from './queries/rounds.ts'

type DocumentServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly clock: Clock
}

export type DocumentsOf = {
  readonly tenantId: string
  /** Of the event: `item` names the tracked item. */
  readonly dataJson: string
  readonly signal: AbortSignal
}

/** The port for the documents of one event. */
export const documentsOf = (of: DocumentsOf, services: DocumentServices): DocumentsPort => ({
  fetch: async (documentId) => await fetchDocument(of, documentId, services),
})

const unusable = (reason: string): RemoteFile => ({ kind: 'unusable', reason })

const fetchDocument = async (
  { tenantId, dataJson, signal }: DocumentsOf,
  documentId: string,
  { pool, keyring, connectors, http, clock }: DocumentServices,
): Promise<RemoteFile> => {
  const data: unknown = JSON.parse(dataJson)
  const name = isRecord(data) ? data['item'] : undefined
  const itemId = typeof name === 'string' ? parseId('trackedItem', name) : undefined
  if (itemId === undefined) return unusable('the event is about no tracked item (data.item)')
  const item = await findItemRow(pool, tenantId, itemId)
  if (item === undefined) return unusable('the tracked item is not there any more')
  const row = await findTracker(pool, tenantId, item.integration_id)
  const download = row === undefined ? undefined : connectors[row.connector]?.tracker?.download
  if (row === undefined || download === undefined)
    return unusable('the integration of the item was deleted, or has no documents')
  const opened = openSecrets(keyring, {
    tenantId: asId('tenant', tenantId),
    id: asId('integration', row.id),
    sealed: row.secrets,
  })
  if (!opened.ok) return { kind: 'stop', reason: opened.reason }
  const { settings } = row
  const context = { settings, secrets: opened.secrets, http, now: clock.now(), signal }
  return await download(item.remote_id, documentId, context)
}
