/** The SQL of invitations: managed in a tenant on the app's pool, accepted across tenants on the engine's. */
import type { Pool, PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { Role } from './members.ts'

export type InvitationState = 'open' | 'accepted' | 'revoked' | 'expired'

export type InvitationRow = {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly state: InvitationState
  readonly mailed: boolean
  readonly invited_by: string
  readonly created_at: Instant
  readonly expires_at: Instant
}

const columns = `id, email, role, mailed, invited_by, created_at, expires_at,
  CASE WHEN accepted_at IS NOT NULL THEN 'accepted' WHEN revoked_at IS NOT NULL THEN 'revoked'
       WHEN expires_at <= now() THEN 'expired' ELSE 'open' END AS state`

const listStatement: Statement = {
  name: 'list_invitations',
  text: `
SELECT * FROM (SELECT ${columns} FROM invitations WHERE tenant_id = $1) AS own
 WHERE ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR email = lower($4))
 ORDER BY id DESC LIMIT $5`,
}

/** A tenant's invitations, newest first, from below id `before`. */
export const listInvitationRows = async (
  client: PoolClient,
  tenantId: string,
  filter: {
    readonly before: string | undefined
    readonly state: string | undefined
    readonly email: string | undefined
    readonly limit: number
  },
): Promise<readonly InvitationRow[]> =>
  query<InvitationRow>(client, listStatement, [
    tenantId,
    filter.before ?? null,
    filter.state ?? null,
    filter.email ?? null,
    filter.limit,
  ])

const findStatement: Statement = {
  name: 'find_invitation',
  text: `SELECT ${columns} FROM invitations WHERE tenant_id = $1 AND id = $2`,
}

/** One invitation. */
export const findInvitationRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<InvitationRow | undefined> =>
  (await query<InvitationRow>(client, findStatement, [tenantId, id]))[0]

const addStatement: Statement = {
  name: 'add_invitation',
  text: `
WITH replaced AS (
  UPDATE invitations SET revoked_at = now()
   WHERE tenant_id = $1 AND email = lower($3) AND accepted_at IS NULL AND revoked_at IS NULL
)
INSERT INTO invitations (tenant_id, id, email, role, token_hash, invited_by, mailed, expires_at)
VALUES ($1, $2, lower($3), $4, $5, $6, $7, now() + $8::float8 * interval '1 millisecond') RETURNING ${columns}`,
}

export type InvitationToAdd = {
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly tokenHash: Buffer
  readonly invitedBy: string
  readonly mailed: boolean
  readonly validForMs: number
}

/** Adds one; earlier ones to the same address that are still open are revoked. */
export const addInvitationRow = async (
  client: PoolClient,
  tenantId: string,
  invitation: InvitationToAdd,
): Promise<InvitationRow> => {
  const { id, email, role, tokenHash, invitedBy, mailed, validForMs } = invitation
  const values = [tenantId, id, email, role, tokenHash, invitedBy, mailed, validForMs]
  const [row] = await query<InvitationRow>(client, addStatement, values)
  if (row === undefined) throw new Error('an INSERT gave no row back')
  return row
}

const renewStatement: Statement = {
  name: 'renew_invitation',
  text: `
UPDATE invitations SET token_hash = $3, mailed = $4, expires_at = now() + $5::float8 * interval '1 millisecond'
 WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING ${columns}`,
}

/** Another token and a new term; undefined when it was accepted or revoked, or is not there. */
export const renewInvitationRow = async (
  client: PoolClient,
  tenantId: string,
  renewed: Pick<InvitationToAdd, 'id' | 'tokenHash' | 'mailed' | 'validForMs'>,
): Promise<InvitationRow | undefined> => {
  const { id, tokenHash, mailed, validForMs } = renewed
  return (
    await query<InvitationRow>(client, renewStatement, [
      tenantId,
      id,
      tokenHash,
      mailed,
      validForMs,
    ])
  )[0]
}

const revokeStatement: Statement = {
  name: 'revoke_invitation',
  text: `
UPDATE invitations SET revoked_at = coalesce(revoked_at, now()) WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL
RETURNING 1 AS revoked`,
}

/** False when it was accepted or is not there; one that is revoked stays so. */
export const revokeInvitationRow = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<boolean> => (await query(client, revokeStatement, [tenantId, id])).length === 1

const tenantStatement: Statement = {
  name: 'tenant_of_invitation',
  text: 'SELECT name, language FROM tenants WHERE tenant_id = $1',
}

/** Name and language of the tenant, for the letter. */
export const findInvitingTenant = async (
  client: PoolClient,
  tenantId: string,
): Promise<{ readonly name: string; readonly language: string } | undefined> =>
  (
    await query<{ readonly name: string; readonly language: string }>(client, tenantStatement, [
      tenantId,
    ])
  )[0]

export type OpenInvitation = {
  readonly tenant_id: string
  readonly tenant_name: string
  readonly tenant_slug: string
  readonly id: string
  readonly email: string
  readonly role: Role
  readonly mailed: boolean
  readonly language: 'en' | 'it'
}

const findOpenText = `
SELECT i.tenant_id, t.name AS tenant_name, t.slug AS tenant_slug, i.id, i.email, i.role, i.mailed, t.language
  FROM invitations i JOIN tenants t ON t.tenant_id = i.tenant_id
 WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > clock_timestamp()`
const findOpenStatement: Statement = { name: 'find_open_invitation', text: findOpenText }
const lockOpenStatement: Statement = {
  name: 'lock_open_invitation',
  text: `${findOpenText} FOR UPDATE OF i`,
}

/** The invitation with this token, if it can still be accepted. Across tenants: the token says which one it is. */
export const findOpenInvitationAcrossTenants = async (
  on: Pool | PoolClient,
  tokenHash: Buffer,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<OpenInvitation | undefined> =>
  (await query<OpenInvitation>(on, lock ? lockOpenStatement : findOpenStatement, [tokenHash]))[0]

const acceptStatement: Statement = {
  name: 'accept_invitation',
  text: 'UPDATE invitations SET accepted_at = now() WHERE tenant_id = $1 AND id = $2',
}

/** It can't be accepted again. */
export const markAccepted = async (
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<void> => {
  await query(client, acceptStatement, [tenantId, id])
}
