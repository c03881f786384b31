/** Revokes an API key: within a second no process lets it in any more. The row stays, so that one sees what there was. */
import type { Pool, PoolClient } from 'pg'
import type { ApiKeyId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import { revokeKeyOf, type KeyOwner } from './queries/keys.ts'

/** Revokes the owner's key; a key that is revoked already stays as it is. Throws `not_found`. */
export const revokeApiKey = async (
  on: Pool | PoolClient,
  owner: KeyOwner,
  id: ApiKeyId,
): Promise<void> => {
  if (!(await revokeKeyOf(on, { owner, id }))) throw notFound()
}
