/** Changes an integration: PUT replaces it, PATCH merges. Secrets that are not named stay in both. */
import type { PoolClient } from 'pg'
import type { FieldError } from '@carillon/domain/errors'
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { registerSource } from '../sources/register-source.ts'
import type { Fields } from './check-integration.ts'
import {
  defaultErrors,
  generatorOf,
  rowOf,
  secretNamesOf,
  type IntegrationServices,
} from './create-integration.ts'
import { viewChanged } from './integration-view.ts'
import { completeSecrets, mergeSecrets, mergeSettings } from './merge-fields.ts'
import * as sql from './queries.ts'
import type { ChangedIntegration, PatchBody, ReplaceBody } from './schema.ts'
import { retargetErrors } from './retarget-errors.ts'
import { openSecrets, sealSecrets, secretsUnreadable } from './seal-secrets.ts'
import {
  readBreaker,
  readLimits,
  type Read,
  type StoredBreaker,
  type StoredLimits,
} from './stored-policies.ts'

export type IntegrationChange = {
  readonly tenantId: TenantId
  readonly id: IntegrationId
} & (
  | { readonly kind: 'replace'; readonly body: ReplaceBody }
  | { readonly kind: 'patch'; readonly body: PatchBody }
)

/** The fields that a change decides, whichever kind it is. `settings` undefined: they stay. */
type Wanted = {
  readonly name: string
  readonly settings: Fields | undefined
  readonly limits: Read<StoredLimits | null>
  readonly breaker: Read<StoredBreaker | null>
  readonly enabled: boolean
  readonly onUnknown: 'resend' | 'hold'
}

/**
 * Writes the change in the caller's transaction and adds one to the version. A secret that was removed and that the
 * connector makes is made anew, and is in the answer this once. Throws `not_found`; `validation_failed` with pointers;
 * `conflict` when the stored secrets are needed and can't be read.
 */
export const updateIntegration = async (
  client: PoolClient,
  change: IntegrationChange,
  services: IntegrationServices,
): Promise<ChangedIntegration> => {
  const { tenantId, id, body } = change
  await sql.lockIntegrations(client, tenantId)
  const row = await sql.findIntegration(client, tenantId, id)
  if (row === undefined) throw notFound()
  const wanted = wantedOf(change, row)
  const configured = configure(change, { row, wanted, services })
  requireValid([
    ...connectorErrors(body.connector, row),
    ...configured.errors,
    ...wanted.limits.errors,
    ...wanted.breaker.errors,
    ...defaultErrors(row.channel, body.isDefault),
  ])
  const isDefault = body.isDefault ?? row.is_default
  if (isDefault && !row.is_default && row.channel !== null) {
    await sql.clearDefault(client, tenantId, { channel: row.channel, id })
  }
  await sql.updateIntegration(client, tenantId, id, {
    name: wanted.name,
    settings: wanted.settings ?? row.settings,
    ...configured.sealed,
    enabled: wanted.enabled,
    isDefault,
    limits: wanted.limits.value,
    breaker: wanted.breaker.value,
    onUnknown: wanted.onUnknown,
  })
  await followSource(client, change, { row, wanted, services })
  const changed = await rowOf(client, tenantId, id)
  return viewChanged(changed, configured.generated, services.hookUrlOf)
}

/** A source begins anew with other settings or secrets, and ends or begins when it is switched; another name changes nothing. */
const followSource = async (
  client: PoolClient,
  { tenantId, id, body }: IntegrationChange,
  { row, wanted, services }: Context,
): Promise<void> => {
  const isSame =
    wanted.settings === undefined && body.secrets === undefined && wanted.enabled === row.enabled
  if (isSame) return
  const connector = services.check.connectorOf(row.connector, '/connector')
  await registerSource(client, tenantId, { id, connector, enabled: wanted.enabled })
}

const wantedOf = (change: IntegrationChange, row: sql.IntegrationRow): Wanted => {
  const { body } = change
  if (change.kind === 'replace') {
    return {
      name: change.body.name,
      settings: body.settings ?? {},
      limits: readLimits(body.limits),
      breaker: readBreaker(body.breaker),
      enabled: body.enabled ?? true,
      onUnknown: body.onUnknown ?? 'resend',
    }
  }
  const kept = <T>(value: T): Read<T> => ({ value, errors: [] })
  return {
    name: body.name ?? row.name,
    settings: body.settings === undefined ? undefined : mergeSettings(row.settings, body.settings),
    limits: body.limits === undefined ? kept(row.limits) : readLimits(body.limits),
    breaker: body.breaker === undefined ? kept(row.breaker) : readBreaker(body.breaker),
    enabled: body.enabled ?? row.enabled,
    onUnknown: body.onUnknown ?? row.on_unknown,
  }
}

const connectorErrors = (
  connector: string | undefined,
  row: sql.IntegrationRow,
): readonly FieldError[] =>
  connector === undefined || connector === row.connector
    ? []
    : [
        {
          pointer: '/connector',
          detail: `Is "${row.connector}" and can't be changed: make another integration.`,
        },
      ]

type Configured = {
  readonly sealed: { readonly secrets: Buffer | null; readonly secretNames: readonly string[] }
  readonly generated: Readonly<Record<string, string>>
  readonly errors: readonly FieldError[]
}

type Context = {
  readonly row: sql.IntegrationRow
  readonly wanted: Wanted
  readonly services: IntegrationServices
}

/** Settings and secrets together. Where neither is touched nothing is opened: switching off works without the key. */
const configure = ({ tenantId, id, body }: IntegrationChange, context: Context): Configured => {
  const { row, wanted, services } = context
  if (wanted.settings === undefined && body.secrets === undefined) {
    const sealed = { secrets: row.secrets, secretNames: row.secret_names }
    return { sealed, generated: {}, errors: [] }
  }
  const connector = services.check.connectorOf(row.connector, '/connector')
  const opened = openSecrets(services.keyring, { tenantId, id, sealed: row.secrets })
  // Secrets that can't be read may still be entered again.
  if (!opened.ok && body.secrets === undefined) throw secretsUnreadable(opened.reason)
  const old = opened.ok ? opened.secrets : {}
  const merged = mergeSecrets(old, body.secrets ?? {}, secretNamesOf(connector))
  const { secrets, generated } = completeSecrets(merged, generatorOf(connector, services))
  const settings = wanted.settings ?? row.settings
  const errors = [
    ...services.check.errorsOf(connector, { settings, secrets }),
    ...retargetErrors({
      old: row.settings,
      settings,
      kept: Object.keys(old).filter((name) => !Object.hasOwn(body.secrets ?? {}, name)),
      generated: Object.keys(generatorOf(connector, services)?.() ?? {}),
    }),
  ]
  return { sealed: sealSecrets(services.keyring, { tenantId, id, secrets }), generated, errors }
}
