/** Makes an integration: checked, its secrets sealed, the default of its channel when it is the first one. */
import type { PoolClient } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import type { FieldError } from '@carillon/domain/errors'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { registerSource } from '../sources/register-source.ts'
import type { Fields, IntegrationCheck } from './check-integration.ts'
import type { HookUrlOf } from './hook-url.ts'
import { viewChanged } from './integration-view.ts'
import { completeSecrets, mergeSecrets } from './merge-fields.ts'
import * as sql from './queries.ts'
import type { ChangedIntegration, CreateBody } from './schema.ts'
import { sealSecrets } from './seal-secrets.ts'
import { readBreaker, readLimits } from './stored-policies.ts'

/** What the use cases that write integrations need beside the transaction. */
export type IntegrationServices = {
  readonly check: IntegrationCheck
  readonly keyring: Keyring
  readonly newId: IdGenerator
  readonly randomBytes: (n: number) => Uint8Array
  readonly hookUrlOf: HookUrlOf
}

/** The secrets of a connector's schema. */
export const secretNamesOf = (connector: Connector): readonly string[] =>
  Object.keys(connector.secrets.properties)

/** What the connector makes of secrets that are missing; undefined when it makes none. */
export const generatorOf = (
  connector: Connector,
  { randomBytes }: Pick<IntegrationServices, 'randomBytes'>,
): (() => Fields) | undefined => {
  const { generateSecrets } = connector
  return generateSecrets === undefined ? undefined : () => ({ ...generateSecrets(randomBytes) })
}

/** A new integration that was looked at and not yet written. */
export type CheckedIntegration = {
  readonly connector: Connector
  readonly secrets: Fields
  readonly generated: Readonly<Record<string, string>>
  readonly errors: readonly FieldError[]
}

/** Completes the secrets and finds all that is wrong. Throws `validation_failed` for a connector that there isn't. */
export const checkNew = (
  body: Pick<CreateBody, 'connector' | 'settings' | 'secrets'>,
  services: IntegrationServices,
): CheckedIntegration => {
  const connector = services.check.connectorOf(body.connector, '/connector')
  const given = mergeSecrets({}, body.secrets ?? {}, secretNamesOf(connector))
  const { secrets, generated } = completeSecrets(given, generatorOf(connector, services))
  const errors = services.check.errorsOf(connector, { settings: body.settings ?? {}, secrets })
  return { connector, secrets, generated, errors }
}

/**
 * Makes the integration in the caller's transaction. The answer holds generated secrets, this once. Throws
 * `validation_failed` with a pointer for everything that is wrong.
 */
export const createIntegration = async (
  client: PoolClient,
  tenantId: TenantId,
  body: CreateBody,
  services: IntegrationServices,
): Promise<ChangedIntegration> => {
  const checked = checkNew(body, services)
  const [limits, breaker] = [readLimits(body.limits), readBreaker(body.breaker)]
  requireValid([
    ...checked.errors,
    ...limits.errors,
    ...breaker.errors,
    ...defaultErrors(checked.connector.channel ?? null, body.isDefault),
  ])
  const id = services.newId('integration')
  const channel = checked.connector.channel ?? null
  await sql.lockIntegrations(client, tenantId)
  const isDefault =
    channel !== null && (body.isDefault ?? (await sql.isChannelEmpty(client, tenantId, channel)))
  if (isDefault) await sql.clearDefault(client, tenantId, { channel, id })
  await sql.insertIntegration(client, tenantId, id, {
    connector: checked.connector.id,
    channel,
    name: body.name,
    settings: body.settings ?? {},
    ...sealSecrets(services.keyring, { tenantId, id, secrets: checked.secrets }),
    enabled: body.enabled ?? true,
    isDefault,
    limits: limits.value,
    breaker: breaker.value,
    onUnknown: body.onUnknown ?? 'resend',
  })
  const { connector } = checked
  await registerSource(client, tenantId, { id, connector, enabled: body.enabled ?? true })
  return viewChanged(await rowOf(client, tenantId, id), checked.generated, services.hookUrlOf)
}

/** What has no channel can't be the default of one. */
export const defaultErrors = (
  channel: string | null,
  isDefault: boolean | undefined,
): readonly FieldError[] =>
  channel === null && isDefault === true
    ? [{ pointer: '/isDefault', detail: 'It sends nothing, so it is the default of no channel.' }]
    : []

/** The row that was just written. */
export const rowOf = async (
  client: PoolClient,
  tenantId: TenantId,
  id: IntegrationId,
): Promise<sql.IntegrationRow> => {
  const row = await sql.findIntegration(client, tenantId, id)
  if (row === undefined) throw new Error('the integration is gone while its tenant is locked')
  return row
}
