/** Persons, members and invitations as the API takes and shows them. */
import { Type, type Static } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

/** As in `access/sign-in`: NIST SP 800-63B asks for length, not for kinds of characters. */
const password = Type.String({
  minLength: 12,
  maxLength: 128,
  description: '12 to 128 characters, of any kind.',
})
const email = Type.String({ format: 'email', maxLength: 254 })
const name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
})
const language = Type.Enum(['en', 'it'])
const role = Type.Enum(['admin', 'member'], {
  description:
    '`admin`: everything in the tenant but its system subscriptions. `member`: sees subscriptions, and has registrations and deliveries of its own.',
})
const time = (description: string) => Type.String({ format: 'date-time', description })
const timeOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })
const search = Type.Optional(
  Type.String({ minLength: 1, maxLength: 254, description: 'A part of the address or the name.' }),
)
const token = Type.String({ minLength: 8, maxLength: 200, pattern: '^[\\w-]+$' })

// ---------------------------------------------------------------- persons
export const userViewSchema = Type.Object({
  id: Type.String({ description: '`usr_…`' }),
  email: Type.String(),
  name: Type.String(),
  language,
  emailVerified: Type.Boolean({
    description: 'Somebody has proven to receive mail there, or a platform admin answers for it.',
  }),
  twoFactorEnabled: Type.Boolean(),
  platformAdmin: Type.Boolean(),
  state: Type.Enum(['active', 'disabled']),
  createdAt: time('When it was made.'),
})
export type UserView = Static<typeof userViewSchema>

export const userListQuery = Type.Object({
  ...listQuery,
  q: search,
  state: Type.Optional(Type.Enum(['active', 'disabled'])),
  platformAdmin: Type.Optional(Type.Boolean()),
})
export type UserListQuery = Static<typeof userListQuery>

export const newUserSchema = Type.Object({
  email,
  name,
  language: Type.Optional(language),
  platformAdmin: Type.Optional(Type.Boolean()),
})
export type NewUser = Static<typeof newUserSchema>

export const createdUserSchema = Type.Object({
  ...userViewSchema.properties,
  passwordLink: Type.Union([Type.String(), Type.Null()], {
    description:
      'Where the person chooses a password, within an hour. Shown in this answer only; null when it is a repetition (header `idempotent-replayed`).',
  }),
})
export type CreatedUser = Static<typeof createdUserSchema>
export const passwordLinkSchema = Type.Object({
  passwordLink: Type.String({
    description: 'Where the person chooses a password, within an hour.',
  }),
})

export const userChangeSchema = Type.Object({
  name: Type.Optional(name),
  platformAdmin: Type.Optional(Type.Boolean()),
  disabled: Type.Optional(
    Type.Boolean({ description: 'True: no sign-in, and all sessions end within a second.' }),
  ),
})
export type UserChange = Static<typeof userChangeSchema>

export const setupSchema = Type.Object({ email, name, password })
export const setupByTokenSchema = Type.Object({
  token: Type.String({ minLength: 8, maxLength: 200, pattern: '^[\\x21-\\x7e]+$' }),
  ...setupSchema.properties,
})
export type Setup = Static<typeof setupSchema>
export const setupStateSchema = Type.Object({
  needed: Type.Boolean({ description: 'True: there is no person yet, only API keys.' }),
})

// ---------------------------------------------------------------- oneself
export const meSchema = Type.Object({
  ...userViewSchema.properties,
  tenant: Type.Union([Type.String(), Type.Null()], {
    description: 'The slug of the tenant acted in (header Carillon-Tenant); null: in none.',
  }),
  tenantName: Type.Union([Type.String(), Type.Null()]),
  timeZone: Type.String({
    description: "The tenant's, in which times are shown; UTC in no tenant.",
  }),
  scopes: Type.Array(Type.String()),
  memberships: Type.Array(
    Type.Object({ tenant: Type.String(), slug: Type.String(), name: Type.String(), role }),
  ),
  sessionId: Type.String(),
})
export type Me = Static<typeof meSchema>
export const meChangeSchema = Type.Object({
  name: Type.Optional(name),
  language: Type.Optional(language),
})

export const sessionViewSchema = Type.Object({
  id: Type.String({ description: '`ses_…`' }),
  current: Type.Boolean({ description: 'The one that this request has.' }),
  ip: Type.Union([Type.String(), Type.Null()]),
  userAgent: Type.Union([Type.String(), Type.Null()]),
  createdAt: time('When the person signed in.'),
  expiresAt: time('When it ends by itself.'),
  lastUsedAt: timeOrNull('When it was last used, give or take a minute.'),
})
export type SessionView = Static<typeof sessionViewSchema>
export const sessionListQuery = Type.Object({ ...listQuery })
export type SessionListQuery = Static<typeof sessionListQuery>

// ---------------------------------------------------------------- members
export const memberViewSchema = Type.Object({
  id: Type.String({ description: '`mem_…`' }),
  userId: Type.String({ description: '`usr_…`' }),
  email: Type.String(),
  name: Type.String(),
  role,
  twoFactorEnabled: Type.Boolean(),
  state: Type.Enum(['active', 'disabled']),
  createdAt: time('Since when.'),
})
export type MemberView = Static<typeof memberViewSchema>
export const memberListQuery = Type.Object({
  ...listQuery,
  q: search,
  role: Type.Optional(role),
})
export type MemberListQuery = Static<typeof memberListQuery>
export const memberChangeSchema = Type.Object({ role })

// ---------------------------------------------------------------- invitations
export const newInvitationSchema = Type.Object({
  email,
  role: Type.Optional(role),
  deliver: Type.Optional(
    Type.Enum(['mail', 'link'], {
      description:
        '`mail`: the link goes to the address, through the e-mail integration of the tenant `default`. `link`: it is in the answer, for you to hand over. Default: mail when that is possible.',
    }),
  ),
})
export type NewInvitation = Static<typeof newInvitationSchema>
export const deliverSchema = Type.Object({ deliver: newInvitationSchema.properties.deliver })

export const invitationViewSchema = Type.Object({
  id: Type.String({ description: '`inv_…`' }),
  email: Type.String(),
  role,
  state: Type.Enum(['open', 'accepted', 'revoked', 'expired']),
  mailed: Type.Boolean({ description: 'The link went to the address itself.' }),
  invitedBy: Type.String({ description: '`usr_…` or `key_…`' }),
  createdAt: time('When it was made.'),
  expiresAt: time('From then on it can not be accepted.'),
})
export type InvitationView = Static<typeof invitationViewSchema>
export const createdInvitationSchema = Type.Object({
  ...invitationViewSchema.properties,
  link: Type.Union([Type.String(), Type.Null()], {
    description:
      'Shown in this answer only. Null: it was mailed, or the answer is a repetition (header `idempotent-replayed`).',
  }),
  token: Type.Union([Type.String(), Type.Null()], { description: 'What is in the link.' }),
})
export type CreatedInvitation = Static<typeof createdInvitationSchema>
export const invitationListQuery = Type.Object({
  ...listQuery,
  state: Type.Optional(Type.Enum(['open', 'accepted', 'revoked', 'expired'])),
  email: Type.Optional(email),
})
export type InvitationListQuery = Static<typeof invitationListQuery>

export const tokenSchema = Type.Object({ token })
export const lookedUpSchema = Type.Object({
  tenant: Type.Object({ slug: Type.String(), name: Type.String() }),
  email: Type.String(),
  role,
  isKnown: Type.Boolean({
    description:
      'Somebody has this address already: that person signs in and accepts under /me/invitations.',
  }),
})
export const acceptSchema = Type.Object({ token, name, password })
export type Acceptance = Static<typeof acceptSchema>
export const acceptedSchema = Type.Object({
  userId: Type.String(),
  tenant: Type.Object({ slug: Type.String(), name: Type.String() }),
  role,
})
export type Accepted = Static<typeof acceptedSchema>
