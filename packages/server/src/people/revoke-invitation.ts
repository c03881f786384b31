/** Revokes an invitation: its link is dead at once. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { Id, TenantId } from '@carillon/domain/ids'
import { findInvitation } from './list-invitations.ts'
import { revokeInvitationRow } from './queries/invitations.ts'

/** Throws `not_found`, and `conflict` when it was accepted. One that is revoked stays so. */
export const revokeInvitation = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'invitation'>,
): Promise<void> => {
  await findInvitation(client, tenantId, id)
  if (await revokeInvitationRow(client, tenantId, id)) return
  throw appError('conflict', {
    detail: 'The invitation was accepted: remove the member instead.',
  })
}
