/**
 * A provider calls an integration's hook: the connector checks the signature and reads the receipts, they are kept, and
 * only then answered. What follows from them comes after the answer.
 */
import type { Pool } from 'pg'
import type { HookReply, HookRequest } from '@carillon/connectors/receipts'
import type { Clock } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { asId, parseId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import { query } from '../platform/db/statement.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { keepReceipts } from './keep-receipts.ts'
import * as sql from './queries.ts'

export type HookServices = {
  /** Of role engine: the caller is known only when its signature was checked. */
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly clock: Clock
}

export type HookRow = {
  readonly tenant_id: string
  readonly id: string
  readonly connector: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
}

export type HookResult = {
  readonly integrationId: string
  /** How many receipts were new. */
  readonly kept: number
  /** What the provider wants to hear; undefined: 202 will do. */
  readonly reply: HookReply | undefined
}

/**
 * Reads and keeps what came. Throws `not_found` (no such integration, or its connector takes no calls), `unauthenticated`
 * (no valid signature; nothing is stored), `validation_failed` (authentic and unreadable).
 */
export const receiveHook = async (
  integration: string,
  request: HookRequest,
  { pool, keyring, connectors, clock }: HookServices,
): Promise<HookResult> => {
  const id = parseId('integration', integration)
  const [row] = id === undefined ? [] : await query<HookRow>(pool, sql.findHookAcrossTenants, [id])
  const parse = row === undefined ? undefined : connectors[row.connector]?.receipts?.parse
  if (row === undefined || parse === undefined) throw notFound()
  const tenantId = asId('tenant', row.tenant_id)
  const opened = openSecrets(keyring, {
    tenantId,
    id: asId('integration', row.id),
    sealed: row.secrets,
  })
  if (!opened.ok) throw appError('unavailable', { detail: opened.reason, retryAfterSeconds: 60 })
  const { settings } = row
  const answer = parse(request, { settings, secrets: opened.secrets, now: clock.now() })
  if (!answer.ok) {
    const { detail } = answer
    if (answer.reason === 'unavailable')
      throw appError('unavailable', { detail, retryAfterSeconds: 60 })
    throw answer.reason === 'unauthenticated'
      ? appError('unauthenticated', { detail })
      : appError('validation_failed', { detail, errors: [{ pointer: '', detail }] })
  }
  const kept = await keepReceipts(pool, { tenantId, integrationId: row.id }, answer.receipts)
  return { integrationId: row.id, kept, reply: answer.reply }
}
