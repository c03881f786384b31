/** Reading a tenant's invitations. Their links can't be read: only hashes are kept. */
import type { PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { asId, printId, type Id, type TenantId } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { idKeyset } from './list-users.ts'
import { findInvitationRow, listInvitationRows, type InvitationRow } from './queries/invitations.ts'
import type { InvitationListQuery, InvitationView } from './schema.ts'

/** A row as the API shows it. */
export const viewInvitation = (row: InvitationRow): InvitationView => ({
  id: printId('invitation', asId('invitation', row.id)),
  email: row.email,
  role: row.role,
  state: row.state,
  mailed: row.mailed,
  invitedBy: row.invited_by,
  createdAt: toIso(row.created_at),
  expiresAt: toIso(row.expires_at),
})

/** A page of them, newest first. Throws `bad_cursor`. */
export const listInvitations = async (
  client: PoolClient,
  tenantId: TenantId,
  filter: InvitationListQuery,
): Promise<Page<InvitationView>> => {
  const limit = limitOf(filter)
  const rows = await listInvitationRows(client, tenantId, {
    before: decodeCursor(filter.cursor, idKeyset)?.[0],
    state: filter.state,
    email: filter.email,
    limit: limit + 1,
  })
  return toPage(rows, { limit, toItem: viewInvitation, keysetOf: (row) => [row.id] })
}

/** The invitation, or `not_found`. */
export const findInvitation = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'invitation'>,
): Promise<InvitationView> => {
  const row = await findInvitationRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return viewInvitation(row)
}
