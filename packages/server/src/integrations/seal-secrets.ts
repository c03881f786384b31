/** The secrets of an integration between plain fields and the sealed column. Not for showing: secrets go to connectors only. */
import type { IntegrationId, TenantId } from '@carillon/domain/ids'
import { appError } from '@carillon/domain/errors'
import type { Keyring, SecretPlace } from '../platform/secrets/keyring.ts'
import type { Fields } from './check-integration.ts'

/** Where an integration's secrets belong; delivery/send-delivery.ts opens them at the same place. */
const placeOf = (tenantId: TenantId, id: IntegrationId): SecretPlace => ({
  tenantId,
  table: 'integrations',
  column: 'secrets',
  rowId: id,
})

type Sealed = { readonly secrets: Buffer | null; readonly secretNames: readonly string[] }

/** The columns `secrets` and `secret_names` for these secrets. */
export const sealSecrets = (
  keyring: Keyring,
  {
    tenantId,
    id,
    secrets,
  }: { readonly tenantId: TenantId; readonly id: IntegrationId; readonly secrets: Fields },
): Sealed => {
  const secretNames = Object.keys(secrets).sort()
  if (secretNames.length === 0) return { secrets: null, secretNames }
  return { secrets: keyring.seal(JSON.stringify(secrets), placeOf(tenantId, id)), secretNames }
}

export type OpenedSecrets =
  | { readonly ok: true; readonly secrets: Fields }
  | { readonly ok: false; readonly reason: string }

/** The secrets in the column, or the reason (without any secret) why they can't be read. */
export const openSecrets = (
  keyring: Keyring,
  {
    tenantId,
    id,
    sealed,
  }: { readonly tenantId: TenantId; readonly id: IntegrationId; readonly sealed: Buffer | null },
): OpenedSecrets => {
  if (sealed === null) return { ok: true, secrets: {} }
  const opened = keyring.open(sealed, placeOf(tenantId, id))
  if (!opened.ok) return { ok: false, reason: opened.error.message }
  const secrets: unknown = JSON.parse(opened.plaintextJson)
  if (typeof secrets !== 'object' || secrets === null)
    throw new Error('sealed secrets are no object')
  return { ok: true, secrets: { ...secrets } }
}

/** The error for secrets that are needed and can't be read. */
export const secretsUnreadable = (reason: string): Error => appError('conflict', { detail: reason })
