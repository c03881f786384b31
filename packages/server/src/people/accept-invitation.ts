/**
 * Accepting an invitation: somebody new gets an account and a password, somebody known comes signed in. Works once.
 */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type UserId } from '@carillon/domain/ids'
import { asActor } from '../platform/actor.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { createUser } from './create-user.ts'
import { hashToken } from './invite-person.ts'
import {
  findOpenInvitationAcrossTenants,
  markAccepted,
  type OpenInvitation,
} from './queries/invitations.ts'
import { addMemberRow } from './queries/members.ts'
import {
  addPasswordAcrossTenants,
  changeUserAcrossTenants,
  emptyAccountAcrossTenants,
  findUserAcrossTenants,
  findUserByEmailAcrossTenants,
  type UserRow,
} from './queries/users.ts'
import type { Acceptance, Accepted } from './schema.ts'

/** The same for a wrong token, and for one that is used, revoked or too old. */
const noSuchInvitation = (): Error =>
  appError('not_found', {
    detail:
      'There is no such invitation: it was used or revoked, or it has run out. Ask for another.',
  })

const alreadyKnown = (): Error =>
  appError('conflict', {
    detail: 'Somebody has this e-mail address already: sign in, then accept the invitation.',
  })

type LookedUp = {
  readonly tenant: { readonly slug: string; readonly name: string }
  readonly email: string
  readonly role: 'admin' | 'member'
  readonly isKnown: boolean
}

const tenantOf = (invitation: OpenInvitation): LookedUp['tenant'] => ({
  slug: invitation.tenant_slug,
  name: invitation.tenant_name,
})

/** What the token invites to; `pool` has the role engine. Throws `not_found`. */
export const lookUpInvitation = async (pool: Pool, token: string): Promise<LookedUp> => {
  const invitation = await findOpenInvitationAcrossTenants(pool, hashToken(token))
  if (invitation === undefined) throw noSuchInvitation()
  const { email, role } = invitation
  const known = await findUserByEmailAcrossTenants(pool, email)
  return { tenant: tenantOf(invitation), email, role, isKnown: isInOtherHands(invitation, known) }
}

/**
 * Is the address somebody's already? An account whose address was never proven is not in the way of who has just proven to
 * receive mail there: whoever made it may have done so to wait for the owner.
 */
const isInOtherHands = ({ mailed }: OpenInvitation, known: UserRow | undefined): boolean => {
  if (known === undefined) return false
  const isUnproven = !known.email_verified && !known.platform_admin && known.disabled_at === null
  return !(mailed && isUnproven)
}

/** Takes over the account that was made for the address without a proof; undefined: there is none. */
const takeOver = async (
  client: PoolClient,
  person: { readonly email: string; readonly name: string; readonly passwordHash: string },
  newId: IdGenerator,
): Promise<UserId | undefined> => {
  const known = await findUserByEmailAcrossTenants(client, person.email)
  if (known === undefined) return undefined
  if (!(await emptyAccountAcrossTenants(client, { id: known.id, name: person.name }))) {
    throw alreadyKnown()
  }
  const account = { id: newId('request'), userId: known.id, hash: person.passwordHash }
  await addPasswordAcrossTenants(client, account)
  return asId('user', known.id)
}

const join = async (
  client: PoolClient,
  { invitation, userId }: { readonly invitation: OpenInvitation; readonly userId: UserId },
  newId: IdGenerator,
): Promise<Accepted> => {
  const { tenant_id: tenantId, id, role } = invitation
  await addMemberRow(client, tenantId, { id: newId('member'), userId, role })
  await markAccepted(client, tenantId, id)
  return { userId: printId('user', userId), tenant: tenantOf(invitation), role }
}

type AsNew = Acceptance & { readonly hashPassword: (password: string) => Promise<string> }

/**
 * Makes the account and the membership; `pool` has the role engine. Throws `not_found` for a token that does not work,
 * and `conflict` when somebody has the address.
 */
export const acceptAsNew = async (
  pool: Pool,
  { token, name, password, hashPassword }: AsNew,
  newId: IdGenerator,
): Promise<Accepted> => {
  // Looked up before hashing, which costs tens of milliseconds and 19 MiB: not for everybody who guesses tokens.
  if ((await lookUpInvitation(pool, token)).isKnown) throw alreadyKnown()
  const passwordHash = await hashPassword(password)
  const id = newId('user')
  const accept = async (client: PoolClient): Promise<Accepted> => {
    const hash = hashToken(token)
    const invitation = await findOpenInvitationAcrossTenants(client, hash, { lock: true })
    if (invitation === undefined) throw noSuchInvitation()
    const { email, language, mailed: emailVerified } = invitation
    const values = { id, email, name, language, emailVerified, platformAdmin: false, passwordHash }
    const taken = emailVerified ? await takeOver(client, values, newId) : undefined
    if (taken === undefined) await createUser(client, values, newId)
    return await join(client, { invitation, userId: taken ?? id }, newId)
  }
  // In the audit log it is the new person who did all this.
  return await asActor(printId('user', id), async () => inTransaction(pool, accept))
}

/**
 * The membership of who is signed in; `pool` has the role engine. Throws `not_found` for a token that does not work, and
 * for one that invites another address.
 */
export const acceptAsKnown = async (
  pool: Pool,
  { token, userId }: { readonly token: string; readonly userId: UserId },
  newId: IdGenerator,
): Promise<Accepted> =>
  await inTransaction(pool, async (client) => {
    const invitation = await findOpenInvitationAcrossTenants(client, hashToken(token), {
      lock: true,
    })
    const user = await findUserAcrossTenants(client, userId)
    if (invitation === undefined || user?.email !== invitation.email) throw noSuchInvitation()
    if (invitation.mailed) await changeUserAcrossTenants(client, userId, { emailVerified: true })
    return await join(client, { invitation, userId: asId('user', user.id) }, newId)
  })
