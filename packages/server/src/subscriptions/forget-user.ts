/** Who leaves the tenant is told nothing more: the registrations go too. Not for unsubscribing, which somebody does for one subscription. */
import type { PoolClient } from 'pg'
import { deleteRegistrationsOfUser } from './queries/registrations.ts'

/** Deletes the registrations of `usr_…` in the caller's transaction; returns how many. */
export const forgetUser = async (
  client: PoolClient,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
): Promise<number> => deleteRegistrationsOfUser(client, tenantId, userId)
