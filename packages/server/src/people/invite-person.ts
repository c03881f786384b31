/** Invites somebody to a tenant: makes the invitation and sends or hands out its link. Not for accepting it. */
import { createHash, randomBytes } from 'node:crypto'
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { printId, type Id, type TenantId } from '@carillon/domain/ids'
import type { SendAccountMail } from '../access/send-account-mail.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { viewInvitation } from './list-invitations.ts'
import {
  addInvitationRow,
  findInvitationRow,
  findInvitingTenant,
  renewInvitationRow,
  type InvitationRow,
} from './queries/invitations.ts'
import { isMemberByEmail } from './queries/members.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { CreatedInvitation, NewInvitation } from './schema.ts'

/** Seven days. */
const validForMs = 7 * 86_400_000

export type Inviting = {
  readonly newId: IdGenerator
  readonly sendMail: SendAccountMail
  /** Where people reach us, without a slash at the end. */
  readonly baseUrl: () => string
}

/** The form in which a token is kept. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

type Link = { readonly token: string; readonly link: string }

const newLink = (baseUrl: string): Link => {
  const token = randomBytes(32).toString('base64url')
  // In the fragment, which no server and no log sees.
  return { token, link: `${baseUrl}/invitation#token=${token}` }
}

type Letter = Link & {
  readonly id: Id<'invitation'>
  readonly email: string
  readonly deliver: 'mail' | 'link' | undefined
}

/** True when the letter is on its way. Throws `conflict` when it was asked for and can't be. */
const perhapsMail = async (
  client: PoolClient,
  { tenantId, letter }: { readonly tenantId: TenantId; readonly letter: Letter },
  { sendMail }: Inviting,
): Promise<boolean> => {
  if (letter.deliver === 'link') return false
  const tenant = await findInvitingTenant(client, tenantId)
  const state = await sendMail({
    kind: 'invitation',
    email: letter.email,
    about: printId('invitation', letter.id),
    link: letter.link,
    data: { tenant: tenant?.name ?? '' },
    language: tenant?.language ?? 'en',
    validForMs,
  })
  if (state === 'no_integration' && letter.deliver === 'mail') {
    throw appError('conflict', {
      detail:
        'No mail can be sent: the tenant "default" has no default e-mail integration. Use "deliver": "link".',
    })
  }
  return state === 'queued'
}

const answer = (row: InvitationRow, { token, link }: Link): CreatedInvitation => ({
  ...viewInvitation(row),
  // Who has the mail has the mailbox: were the link shown as well, that would prove nothing.
  link: row.mailed ? null : link,
  token: row.mailed ? null : token,
})

/** What is stored for repetitions of the request: everything but the link. */
export const withoutLink = (created: CreatedInvitation): CreatedInvitation => ({
  ...created,
  link: null,
  token: null,
})

/** Makes the invitation. Throws `conflict` when the person is a member already, or mail can't be sent. */
export const invitePerson = async (
  client: PoolClient,
  {
    tenantId,
    by,
    body,
  }: { readonly tenantId: TenantId; readonly by: string; readonly body: NewInvitation },
  inviting: Inviting,
): Promise<CreatedInvitation> => {
  const email = body.email.toLowerCase()
  if (await isMemberByEmail(client, tenantId, email)) {
    throw appError('conflict', { detail: 'This person is a member of the tenant already.' })
  }
  const made = newLink(inviting.baseUrl())
  const id = inviting.newId('invitation')
  const letter = { ...made, id, email, deliver: body.deliver }
  const mailed = await perhapsMail(client, { tenantId, letter }, inviting)
  const row = await addInvitationRow(client, tenantId, {
    id,
    email,
    role: body.role ?? 'member',
    tokenHash: hashToken(made.token),
    invitedBy: by,
    mailed,
    validForMs,
  })
  return answer(row, made)
}

/** Makes a new link and a new term; the old link is dead. Throws `not_found`, and `conflict` once it was accepted or revoked. */
export const renewInvitation = async (
  client: PoolClient,
  {
    tenantId,
    id,
    deliver,
  }: {
    readonly tenantId: TenantId
    readonly id: Id<'invitation'>
    readonly deliver: 'mail' | 'link' | undefined
  },
  inviting: Inviting,
): Promise<CreatedInvitation> => {
  const known = await findInvitationRow(client, tenantId, id)
  if (known === undefined) throw notFound()
  const made = newLink(inviting.baseUrl())
  const letter = { ...made, id, email: known.email, deliver }
  const isOver = known.state === 'accepted' || known.state === 'revoked'
  const mailed = isOver ? false : await perhapsMail(client, { tenantId, letter }, inviting)
  const values = { id, tokenHash: hashToken(made.token), mailed, validForMs }
  const row = isOver ? undefined : await renewInvitationRow(client, tenantId, values)
  if (row === undefined) {
    throw appError('conflict', { detail: 'The invitation was accepted or revoked: make another.' })
  }
  return answer(row, made)
}
