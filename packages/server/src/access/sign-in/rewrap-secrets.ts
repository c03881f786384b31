/** Key rotation for what signing in keeps sealed: its own secret, and those of OIDC providers. A handful of rows. */
import type { PoolClient } from 'pg'
import type { Keyring, SecretPlace } from '../../platform/secrets/keyring.ts'
import { providerPlace } from './find-providers.ts'
import { signInSecretPlace } from './load-secret.ts'
import {
  findSecretAcrossTenants,
  listProviderRowsAcrossTenants,
  putProviderRowAcrossTenants,
  replaceSecretAcrossTenants,
} from './queries.ts'

export type Rewrapped = {
  readonly rewrapped: number
  readonly current: number
  /** Which can't be opened, and the remedy. */
  readonly unopened: readonly { readonly name: string; readonly message: string }[]
}

type Sealed = {
  readonly name: string
  readonly sealed: Buffer
  readonly place: SecretPlace
  readonly keep: (sealed: Buffer) => Promise<void>
}

const findAll = async (client: PoolClient): Promise<readonly Sealed[]> => {
  const own = await findSecretAcrossTenants(client)
  const providers = await listProviderRowsAcrossTenants(client)
  return [
    ...(own === undefined
      ? []
      : [
          {
            name: 'the secret of sign-in',
            sealed: own,
            place: signInSecretPlace,
            keep: async (sealed: Buffer) => replaceSecretAcrossTenants(client, sealed),
          },
        ]),
    ...providers.map((row) => ({
      name: `the provider ${row.id}`,
      sealed: row.secret,
      place: providerPlace(row.id),
      keep: async (secret: Buffer) => putProviderRowAcrossTenants(client, { ...row, secret }),
    })),
  ]
}

/** Puts them under the active key in the caller's transaction (role engine); `dryRun`: only counts. */
export const rewrapSignInSecrets = async (
  client: PoolClient,
  { keyring, dryRun }: { readonly keyring: Keyring; readonly dryRun: boolean },
): Promise<Rewrapped> => {
  const all = await findAll(client)
  const results = all.map((each) => ({ ...each, result: keyring.rewrap(each.sealed, each.place) }))
  const unopened = results.flatMap(({ name, result }) =>
    result.ok ? [] : [{ name, message: result.error.message }],
  )
  const changed = results.flatMap(({ keep, result }) =>
    result.ok && result.changed ? [{ keep, sealed: result.sealed }] : [],
  )
  // oxlint-disable-next-line no-await-in-loop -- one connection
  if (!dryRun) for (const { keep, sealed } of changed) await keep(sealed)
  const rewrapped = changed.length
  return { rewrapped, current: all.length - rewrapped - unopened.length, unopened }
}
