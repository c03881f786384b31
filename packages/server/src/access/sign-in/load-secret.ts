/**
 * The secret that signs cookies and encrypts second factors: made once, sealed by the keyring, in the database, so that
 * all processes have the same and a rotation of keys does not sign everybody out.
 */
import { randomBytes } from 'node:crypto'
import type { Pool } from 'pg'
import type { Keyring, SecretPlace } from '../../platform/secrets/keyring.ts'
import { findSecretAcrossTenants, keepSecretAcrossTenants } from './queries.ts'

/** Where it is sealed for. */
export const signInSecretPlace: SecretPlace = {
  tenantId: 'platform',
  table: 'auth_secrets',
  column: 'secret',
  rowId: 'sign-in',
}

/** The secret, made when there is none; `pool` has the role engine. Throws with a remedy when it does not open. */
export const loadSignInSecret = async (pool: Pool, keyring: Keyring): Promise<string> => {
  const known = await findSecretAcrossTenants(pool)
  if (known === undefined) {
    const made = JSON.stringify(randomBytes(32).toString('base64url'))
    await keepSecretAcrossTenants(pool, keyring.seal(made, signInSecretPlace))
  }
  const sealed = known ?? (await findSecretAcrossTenants(pool))
  if (sealed === undefined) throw new Error('the secret of sign-in is not there after it was made')
  const opened = keyring.open(sealed, signInSecretPlace)
  if (!opened.ok) throw new Error(`the secret of sign-in can't be opened: ${opened.error.message}`)
  return String(JSON.parse(opened.plaintextJson))
}
