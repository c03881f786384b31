/** The audit log as the API shows it. */
import { Type, type Static } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

const filters = {
  actor: Type.Optional(
    Type.String({ maxLength: 64, description: '`key_…`, `usr_…` or `system`.' }),
  ),
  action: Type.Optional(
    Type.String({
      maxLength: 64,
      pattern: '^[A-Za-z_.]+\\*?$',
      description: 'Such as `rule.changed`, or `rule.*`.',
    }),
  ),
  kind: Type.Optional(
    Type.String({ maxLength: 64, description: 'The kind of thing: `rule`, `integration` ...' }),
  ),
  object: Type.Optional(
    Type.String({ maxLength: 64, description: 'The id of the thing: `rul_…`, `int_…` ...' }),
  ),
  since: Type.Optional(Type.String({ format: 'date-time' })),
  until: Type.Optional(Type.String({ format: 'date-time' })),
}

export const auditListQuery = Type.Object({ ...listQuery, ...filters })
export type AuditListQuery = Static<typeof auditListQuery>

export const auditExportQuery = Type.Object(filters)
export type AuditExportQuery = Static<typeof auditExportQuery>

export const auditEntrySchema = Type.Object({
  number: Type.Integer({ description: 'Without gaps, from 1, within the tenant.' }),
  at: Type.String({ format: 'date-time' }),
  actor: Type.String({ description: '`key_…`, `usr_…`, or `system`.' }),
  actorName: Type.Union([Type.String(), Type.Null()]),
  action: Type.String(),
  kind: Type.String(),
  object: Type.Union([Type.String(), Type.Null()]),
  details: Type.Unknown({
    description:
      'What was created or deleted, or for each field that changed `{from, to}`. Secrets are told as "(hidden)".',
  }),
  mentioned: Type.Array(
    Type.Object({
      uuid: Type.String(),
      id: Type.String({ description: 'As the rest of the API writes it: `int_…`, `sub_…`.' }),
      name: Type.Union([Type.String(), Type.Null()], { description: 'As it is called now.' }),
    }),
    {
      description:
        'What the UUIDs in `details` are, as far as it is still there. Not under the hash.',
    },
  ),
  hash: Type.String({
    description: 'Hex: sha256(hash of the entry before, then `text` in UTF-8).',
  }),
})
export type AuditEntry = Static<typeof auditEntrySchema>

export const chainCheckSchema = Type.Object({
  ok: Type.Boolean(),
  entries: Type.Integer(),
  hash: Type.Union([Type.String(), Type.Null()], {
    description: 'Of the last entry. Keep it elsewhere: it vouches for everything before it.',
  }),
  firstBroken: Type.Union([Type.Integer(), Type.Null()], {
    description: 'The first entry that was changed, or whose predecessor is missing.',
  }),
})
export type ChainCheck = Static<typeof chainCheckSchema>
