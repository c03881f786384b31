/**
 * The other side calls an integration's hook: the connector checks the signature and reads the call, what it brought is
 * stored, and only then answered. What follows from receipts and hints comes after the answer.
 */
import type { HttpPort } from '@carillon/connectors/http-port'
import type { HookAnswer, HookReply, HookRequest } from '@carillon/connectors/receipts'
import type { RenderText } from '@carillon/connectors/source'
import { appError } from '@carillon/domain/errors'
import { asId, parseId, printId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { Accepted } from '../ingest/accept-events.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import { query } from '../platform/db/statement.ts'
import { notFound } from '../platform/http/path-id.ts'
import { limitHook } from '../platform/rate-limit/request-limits.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import type { PublicKeys } from '../sources/public-keys.ts'
import { renderWithin } from '../sources/render-within.ts'
import { requireHookOpen } from '../sources/require-hook-open.ts'
import { storeHookCall, type HookStoreServices } from '../sources/store-hook-call.ts'
import * as sql from './queries.ts'

/** The pool is of role engine: the caller is known only when its signature was checked. */
export type HookServices = HookStoreServices & {
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly render: RenderText
  readonly publicKeys: PublicKeys
}

export type HookRow = {
  readonly tenant_id: string
  readonly id: string
  readonly connector: string
  readonly name: string
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
}

export type HookResult = {
  readonly tenantId: string
  readonly integrationId: string
  /** How many receipts were new. */
  readonly kept: number
  /** How many hints were new. */
  readonly hints: number
  /** What was accepted; undefined: no event. */
  readonly accepted: Accepted | undefined
  /** What the provider wants to hear; undefined: 202 will do. */
  readonly reply: HookReply | undefined
}

/** No key of another side is waited for longer than this. */
const readWithinMs = 8_000

/**
 * Reads and stores what came. Throws `not_found` (no such integration, or its connector takes no calls), `unauthenticated`
 * (no valid signature; nothing is stored), `validation_failed` (authentic and unreadable), `rate_limited` (too many that
 * are authentic), `unavailable` (it can't be told now, or the source is switched off): to be called again.
 */
export const receiveHook = async (
  integration: string,
  request: HookRequest,
  services: HookServices,
): Promise<HookResult> => {
  const { pool, keyring } = services
  const id = parseId('integration', integration)
  const [row] = id === undefined ? [] : await query<HookRow>(pool, sql.findHookAcrossTenants, [id])
  if (row === undefined || !takesCalls(row, services)) throw notFound()
  const tenantId = asId('tenant', row.tenant_id)
  const opened = openSecrets(keyring, {
    tenantId,
    id: asId('integration', row.id),
    sealed: row.secrets,
  })
  if (!opened.ok) throw appError('unavailable', { detail: opened.reason, retryAfterSeconds: 60 })
  const answer = await read(row, request, { secrets: opened.secrets, services })
  const of = { tenantId, integrationId: row.id }
  if (answer.ok || answer.reason === 'malformed') await limitHook(pool, of)
  if (!answer.ok) throw refusal(answer)
  // Only whoever has signed the call is told how the source stands.
  if (services.connectors[row.connector]?.source?.webhook !== undefined)
    await requireHookOpen(pool, of)
  const { receipts: kept, hints, accepted } = await storeHookCall(of, answer, services)
  return { ...of, kept, hints, accepted, reply: answer.reply }
}

const takesCalls = ({ connector: name }: HookRow, { connectors }: HookServices): boolean => {
  const connector = connectors[name]
  return connector?.source?.webhook !== undefined || connector?.receipts?.parse !== undefined
}

/** A connector that is a source and gives receipts, too, reads its calls as a source. */
const read = async (
  row: HookRow,
  request: HookRequest,
  given: { readonly secrets: Record<string, unknown>; readonly services: HookServices },
): Promise<HookAnswer> => {
  const { secrets, services } = given
  const connector = services.connectors[row.connector]
  const { settings } = row
  const now = services.clock.now()
  const hook = connector?.source?.webhook
  if (hook !== undefined)
    return await hook.parse(request, {
      settings,
      secrets,
      now,
      http: services.http,
      render: renderWithin(services.render, services.clock.now),
      publicKeys: services.publicKeys,
      signal: AbortSignal.timeout(readWithinMs),
      integration: { id: printId('integration', asId('integration', row.id)), name: row.name },
    })
  const parse = connector?.receipts?.parse
  if (parse === undefined) throw notFound()
  return parse(request, { settings, secrets, now })
}

const refusal = ({ reason, detail }: Extract<HookAnswer, { readonly ok: false }>): Error => {
  switch (reason) {
    case 'unauthenticated':
      return appError('unauthenticated', { detail })
    case 'unavailable':
      return appError('unavailable', { detail, retryAfterSeconds: 60 })
    case 'malformed':
      return appError('validation_failed', { detail, errors: [{ pointer: '', detail }] })
  }
}
