/** "Test credentials": one harmless exchange of the connector with the other side. Nothing is delivered, nothing is stored. */
import type { Pool } from 'pg'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { ImapPort } from '@carillon/connectors/imap-port'
import type { SmtpPort } from '@carillon/connectors/smtp-port'
import type { Clock } from '@carillon/domain/clock'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import * as sql from './queries.ts'
import type { VerificationView } from './schema.ts'
import { openSecrets } from './seal-secrets.ts'

export type VerifyServices = {
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly smtp: SmtpPort
  readonly imap?: ImapPort
  readonly clock: Clock
  /** Where others reach us; undefined: nowhere. */
  readonly publicUrl?: string | undefined
}

/** What was found; also a failure is an answer. Throws `not_found`. `signal` ends the exchange. */
export const verifyIntegration = async (
  {
    tenantId,
    id,
    signal,
  }: { readonly tenantId: TenantId; readonly id: IntegrationId; readonly signal: AbortSignal },
  services: VerifyServices,
): Promise<VerificationView> => {
  const { pool, keyring, http, smtp, clock } = services
  const row = await inTenant(pool, tenantId, (client) => sql.findIntegration(client, tenantId, id))
  if (row === undefined) throw notFound()
  const connector = Object.values(services.connectors).find(({ id: own }) => own === row.connector)
  if (connector === undefined) {
    return { ok: false, error: `There is no connector "${row.connector}" in this version.` }
  }
  if (connector.verify === undefined) {
    return { ok: false, error: "It can't be tested without sending: use send-test." }
  }
  const opened = openSecrets(keyring, { tenantId, id, sealed: row.secrets })
  if (!opened.ok) return { ok: false, error: opened.reason }
  const { settings } = row
  const found = await connector.verify({
    settings,
    secrets: opened.secrets,
    http,
    smtp,
    ...(services.imap === undefined ? {} : { imap: services.imap }),
    now: clock.now(),
    signal,
  })
  const warnings = connector.channel === 'email' ? mailWarnings(services.publicUrl) : []
  return warnings.length === 0 ? found : { ...found, warnings }
}

/** The large mailbox providers want one-click unsubscribing in mail to many, and it wants https (RFC 8058). */
const mailWarnings = (publicUrl: string | undefined): string[] => {
  if (publicUrl === undefined)
    return [
      'Mails of subscriptions and campaigns have no List-Unsubscribe header: set CARILLON_PUBLIC_URL to the https address under which recipients reach this server.',
    ]
  return publicUrl.startsWith('https://')
    ? []
    : [
        'Mail programs offer no one-click unsubscribing (RFC 8058): CARILLON_PUBLIC_URL is not an https address.',
      ]
}
