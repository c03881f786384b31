/** Sets an OIDC provider, its secret sealed by the keyring. Those of the environment are not touched. */
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import { inTransaction } from '../../platform/db/transaction.ts'
import type { Keyring } from '../../platform/secrets/keyring.ts'
import { Secret } from '../../platform/secrets/secret.ts'
import { googleIssuer, providerPlace, type Provider, type ProviderId } from './find-providers.ts'
import type { ProviderSettings } from './provider-schema.ts'
import { putProviderRowAcrossTenants } from './queries.ts'

const invalid = (pointer: string, detail: string): Error =>
  appError('validation_failed', { detail, errors: [{ pointer, detail }] })

const issuerOf = (id: ProviderId, { issuer }: ProviderSettings): string => {
  if (id === 'google') {
    if (issuer === undefined || issuer === googleIssuer) return googleIssuer
    throw invalid('/issuer', `The issuer of google is ${googleIssuer}.`)
  }
  if (issuer === undefined) throw invalid('/issuer', 'Say where the provider is.')
  return issuer
}

/** Sets it; `pool` has the role engine. Throws `validation_failed`, and `conflict` for one of the environment. */
export const setProvider = async (
  pool: Pool,
  {
    id,
    settings,
    known,
    keyring,
  }: {
    readonly id: ProviderId
    readonly settings: ProviderSettings
    /** The one with this id now. */
    readonly known: Provider | undefined
    readonly keyring: Keyring
  },
): Promise<Provider> => {
  if (known?.source === 'environment') {
    throw appError('conflict', {
      detail: 'This provider is set in the environment: change it there.',
    })
  }
  const issuer = issuerOf(id, settings)
  const secret = settings.clientSecret ?? known?.clientSecret.reveal()
  if (secret === undefined) throw invalid('/clientSecret', 'Give the secret from the provider.')
  const { name = id === 'google' ? 'Google' : new URL(issuer).host, clientId } = settings
  const enabled = settings.enabled ?? true
  const row = {
    id,
    settings: { name, issuer, clientId },
    secret: keyring.seal(JSON.stringify(secret), providerPlace(id)),
    enabled,
  }
  await inTransaction(pool, async (client) => putProviderRowAcrossTenants(client, row))
  return { id, name, issuer, clientId, clientSecret: new Secret(secret), source: 'stored', enabled }
}
