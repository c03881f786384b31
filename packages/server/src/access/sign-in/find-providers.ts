/**
 * The OIDC providers that people may sign in with: those of the environment, and those that a platform admin has set
 * (the environment wins). Not for talking to them.
 */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { Keyring, SecretPlace } from '../../platform/secrets/keyring.ts'
import { Secret } from '../../platform/secrets/secret.ts'
import { listProviderRowsAcrossTenants, type ProviderRow } from './queries.ts'

export type ProviderId = 'oidc' | 'google'

export type Provider = {
  readonly id: ProviderId
  /** For the button. */
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Secret
  readonly source: 'environment' | 'stored'
  readonly enabled: boolean
}

export const googleIssuer = 'https://accounts.google.com'

const settingsSchema = Type.Object({
  name: Type.String(),
  issuer: Type.String(),
  clientId: Type.String(),
})

/** Where the secret of a stored provider is sealed for. */
export const providerPlace = (id: string): SecretPlace => ({
  tenantId: 'platform',
  table: 'auth_providers',
  column: 'secret',
  rowId: id,
})

const toProvider = (row: ProviderRow, keyring: Keyring): Provider => {
  const opened = keyring.open(row.secret, providerPlace(row.id))
  if (!opened.ok) throw new Error(`the secret of the provider ${row.id}: ${opened.error.message}`)
  if (!Check(settingsSchema, row.settings)) {
    throw new Error(`the settings of the provider ${row.id} can not be read`)
  }
  return {
    ...row.settings,
    id: row.id,
    clientSecret: new Secret(String(JSON.parse(opened.plaintextJson))),
    source: 'stored',
    enabled: row.enabled,
  }
}

/** All of them, disabled ones too; `pool` has the role engine. Throws when a stored secret does not open. */
export const findProviders = async (
  pool: Pool,
  {
    keyring,
    fromEnvironment,
  }: { readonly keyring: Keyring; readonly fromEnvironment: readonly Provider[] },
): Promise<readonly Provider[]> => {
  const given = new Set<string>(fromEnvironment.map(({ id }) => id))
  const rows = await listProviderRowsAcrossTenants(pool)
  const stored = rows.filter(({ id }) => !given.has(id)).map((row) => toProvider(row, keyring))
  return [...fromEnvironment, ...stored]
}
