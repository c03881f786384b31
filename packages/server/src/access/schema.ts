/** API keys as the API takes and shows them. The key itself is only ever in the answer that made it. */
import { Type, type Static } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'
import { scopeTable } from './scopes.ts'

const maxScopes = 100
const time = (description: string) => Type.String({ format: 'date-time', description })
const timeOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

const name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description: 'What the key is for, such as "shop, production".',
})
const expiresAt = Type.Optional(time('From then on the key is refused. Default: never.'))

const scopesHelp = Object.entries(scopeTable)
  .map(([scope, meaning]) => `\`${scope}\`: ${meaning}`)
  .join(' ')

export const newKeySchema = Type.Object({
  name,
  role: Type.Optional(
    Type.Enum(['read', 'write', 'admin'], {
      description:
        'Instead of `scopes`. `read`: every read scope of now. `write`: every scope of now but keys:write and members:write. `admin`: everything in the tenant.',
    }),
  ),
  scopes: Type.Optional(
    Type.Array(Type.String({ maxLength: 64 }), {
      minItems: 1,
      maxItems: maxScopes,
      uniqueItems: true,
      description: `Instead of \`role\`: single scopes, \`<resource>:*\`, or \`*\`. ${scopesHelp}`,
    }),
  ),
  expiresAt,
})
export type NewKey = Static<typeof newKeySchema>

/** A platform-admin key has no scopes: it may do everything. */
export const newPlatformKeySchema = Type.Object({ name, expiresAt })

const keyState = Type.Enum(['active', 'expired', 'revoked'])

export const keyViewSchema = Type.Object({
  id: Type.String({ description: '`key_…`' }),
  name: Type.String(),
  prefix: Type.String({ description: 'The first characters of the key, to recognise it by.' }),
  scopes: Type.Array(Type.String()),
  state: keyState,
  createdAt: time('When it was made.'),
  expiresAt: timeOrNull('When it expires; null: never.'),
  revokedAt: timeOrNull('When it was revoked.'),
  lastUsedAt: timeOrNull('When it was last used, give or take a minute.'),
})
export type KeyView = Static<typeof keyViewSchema>

export const createdKeySchema = Type.Object({
  ...keyViewSchema.properties,
  key: Type.Union([Type.String(), Type.Null()], {
    description:
      'The key itself. Shown in this answer only: keep it now. Null when the answer is a repetition (header `idempotent-replayed`), because the key is not stored: revoke it and make another.',
  }),
})
export type CreatedKey = Static<typeof createdKeySchema>

export const keyListQuery = Type.Object({ ...listQuery, state: Type.Optional(keyState) })
export type KeyListQuery = Static<typeof keyListQuery>
