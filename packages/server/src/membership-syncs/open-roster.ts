/** The roster of an integration, with all that asking it takes. Secrets are opened here and go to the connector only. */
import type { Pool } from 'pg'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { Roster, RosterContext } from '@carillon/connectors/roster'
import type { Clock } from '@carillon/domain/clock'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { findSide } from './queries/syncs.ts'

export type RosterServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly clock: Clock
}

type Fields = Readonly<Record<string, unknown>>

export type OpenRoster =
  | {
      readonly ok: true
      readonly roster: Roster<Fields, Fields>
      readonly context: RosterContext<Fields, Fields>
    }
  | { readonly ok: false; readonly reason: string }

/** The roster, or the sentence why there is none to be asked now. */
export const openRoster = async (
  { tenantId, id }: { readonly tenantId: TenantId; readonly id: IntegrationId },
  { pool, keyring, connectors, http, clock }: RosterServices,
  signal: AbortSignal,
): Promise<OpenRoster> => {
  const row = await findSide(pool, tenantId, id)
  if (row === undefined) return { ok: false, reason: 'The integration was deleted.' }
  if (!row.enabled) return { ok: false, reason: 'The integration is switched off.' }
  const roster = Object.values(connectors).find((one) => one.id === row.connector)?.roster
  if (roster === undefined) {
    return { ok: false, reason: `The connector "${row.connector}" has no members in this version.` }
  }
  const opened = openSecrets(keyring, { tenantId, id, sealed: row.secrets })
  if (!opened.ok) return opened
  const { settings } = row
  const context = { settings, secrets: opened.secrets, http, now: clock.now(), signal }
  return { ok: true, roster, context }
}
