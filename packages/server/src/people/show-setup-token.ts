/** The set-up token, as long as it is of use: for who starts the server. */
import type { Pool } from 'pg'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { hasUsersAcrossTenants } from './queries/users.ts'
import { setupTokenOf } from './setup-token.ts'

/** Undefined when there is a person. `pool` has the role engine. */
export const showSetupToken = async (pool: Pool, keyring: Keyring): Promise<string | undefined> =>
  (await hasUsersAcrossTenants(pool)) ? undefined : setupTokenOf(keyring)
