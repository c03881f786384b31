/** Who gets a tenant's daily report, and when: read, checked and saved. */
import type { PoolClient } from 'pg'
import { parseMailAddress } from '@carillon/connectors/mail-address'
import { toIso, type Instant } from '@carillon/domain/clock'
import { dueReport, lastUnwantedDay } from '@carillon/domain/daily-report'
import type { FieldError } from '@carillon/domain/errors'
import { asId, parseId, printId, type TenantId } from '@carillon/domain/ids'
import { requireValid } from '../platform/http/require-valid.ts'
import * as sql from './queries.ts'
import type { SettingsBody, SettingsView } from './schema.ts'
import { findReportIntegration } from './send-report.ts'

const defaultAt = '05:30'

/** The settings as the API shows them; a tenant that never had any gets none. */
export const showSettings = async (
  client: PoolClient,
  tenantId: TenantId,
): Promise<SettingsView> => {
  const row = await sql.findSettings(client, tenantId)
  return row === undefined
    ? {
        recipients: [],
        at: defaultAt,
        integration: null,
        enabled: false,
        nextRunAt: null,
        lastDay: null,
        problem: null,
      }
    : await viewOf(client, row)
}

const viewOf = async (client: PoolClient, row: sql.SettingsRow): Promise<SettingsView> => {
  const { tenant_id: tenantId, recipients, at, enabled, integration_id: integrationId } = row
  const found = await findReportIntegration(client, tenantId, integrationId)
  return {
    recipients: [...recipients],
    at,
    integration:
      integrationId === null ? null : printId('integration', asId('integration', integrationId)),
    enabled,
    nextRunAt: row.next_run_at === null ? null : toIso(row.next_run_at),
    lastDay: row.last_day,
    problem: found === undefined ? noIntegration : null,
  }
}

const noIntegration = 'There is no integration for e-mail: make one, or say which.'

/** The addresses, in one spelling and each once. Throws `validation_failed` with pointers. */
export const readRecipients = (given: readonly string[]): readonly string[] => {
  const errors: FieldError[] = []
  const read = given.flatMap((text, at) => {
    const parsed = parseMailAddress(text)
    if (parsed.ok) return [parsed.address]
    errors.push({ pointer: `/recipients/${at}`, detail: parsed.reason })
    return []
  })
  requireValid(errors)
  return [...new Set(read)]
}

/** Saves them. Throws `validation_failed` with pointers. The next report is the next morning's; a day that is due already goes at once. */
export const saveSettings = async (
  client: PoolClient,
  tenantId: TenantId,
  { body, now }: { readonly body: SettingsBody; readonly now: Instant },
): Promise<SettingsView> => {
  const { at = defaultAt, enabled = true, integration = null } = body
  const recipients = readRecipients(body.recipients)
  const integrationId = integration === null ? null : parseId('integration', integration)
  const errors: FieldError[] = []
  if (enabled && recipients.length === 0)
    errors.push({ pointer: '/recipients', detail: 'Somebody must get it: give an address.' })
  const found =
    integrationId === undefined
      ? undefined
      : await findReportIntegration(client, tenantId, integrationId)
  if (found === undefined && (enabled || integration !== null))
    errors.push({
      pointer: '/integration',
      detail: integration === null ? noIntegration : 'There is no such integration for e-mail.',
    })
  requireValid(errors)
  const { time_zone: zone } = await sql.readTenant(client, tenantId)
  const old = await sql.findSettings(client, tenantId)
  const lastDay = old?.enabled === true ? old.last_day : lastUnwantedDay(now, zone, at)
  const { day, next } = dueReport({ at, lastDay }, now, zone)
  const saved = await sql.saveSettings(client, {
    tenant_id: tenantId,
    recipients,
    at,
    integration_id: integrationId ?? null,
    enabled,
    next_run_at: enabled ? (day === undefined ? next : now) : null,
    last_day: lastDay,
    time_zone: zone,
  })
  return await viewOf(client, saved)
}
