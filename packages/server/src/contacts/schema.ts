/** Requests and answers of contacts, tags and operators, as JSON Schema. Those of imports are in `import-schema.ts`. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'
import { mostTags } from './contact-values.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)
const text = (maxLength: number) => Type.String({ maxLength })
const optional = (maxLength: number, description: string) =>
  Type.Optional(orNull(text(maxLength), { description }))

const tagName = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'No "," and no "|": they separate tags in CSV files.',
})

const contactFields = {
  phone: optional(
    100,
    'With its country code: 79001234567, +7 900 123-45-67; or as dialled in `country`. It is shown as digits without the +.',
  ),
  email: optional(400, 'One bare address. Unique, whatever its case.'),
  telegramId: optional(100, "A chat's number or @name."),
  operator: optional(
    100,
    'A code; it is made when it is not there. Left out or null: the three digits behind the 7 of a number 7XXXXXXXXXX.',
  ),
  tags: Type.Optional(
    Type.Array(text(400), {
      maxItems: mostTags,
      description: 'Names; those that are not there are made.',
    }),
  ),
  timezone: optional(100, "IANA name, such as Europe/Rome. Null: the tenant's, when it is used."),
  externalId: optional(400, 'Its key in another system. Unique.'),
  language: optional(100, 'A tag such as "it" or "pt-BR".'),
  attributes: Type.Optional(
    Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), {
      description:
        'Anything else, at most 16 KB of JSON. `name`, `firstName` and `lastName` are searched.',
    }),
  ),
  country: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{2}$',
      description: 'ISO 3166: where `phone` is dialled so. Not kept.',
    }),
  ),
}

export const contactBody = Type.Object(contactFields)
export type ContactBody = Static<typeof contactBody>

const version = Type.Optional(
  Type.Integer({
    minimum: 1,
    description: 'When given: the version that is changed. Another one by now is a 409.',
  }),
)
/** What is left out becomes null or empty. */
export const contactReplaceBody = Type.Object({ ...contactFields, version })
export const contactPatchBody = Type.Object({ ...contactFields, version }, { minProperties: 1 })
export type ContactChangeBody = Static<typeof contactPatchBody>

export const contactSchema = Type.Object({
  id: Type.String({ description: '`con_…`' }),
  phone: orNull(Type.String(), { description: 'E.164 without the +.' }),
  email: orNull(Type.String()),
  telegramId: orNull(Type.String()),
  operator: orNull(Type.String()),
  tags: Type.Array(Type.String()),
  timezone: orNull(Type.String()),
  externalId: orNull(Type.String()),
  language: orNull(Type.String()),
  attributes: Type.Record(Type.String(), Type.Unknown()),
  version: Type.Integer({ description: 'Grows by one with every change.' }),
  createdAt: time,
  updatedAt: time,
})
export type ContactView = Static<typeof contactSchema>

const filters = {
  tag: Type.Optional(tagName),
  operator: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
  timezone: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  externalId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'Beginning of an e-mail address, a phone number, a Telegram id, an externalId, or a name (attributes name, firstName + lastName, lastName).',
    }),
  ),
  hasEmail: Type.Optional(Type.Boolean()),
  hasPhone: Type.Optional(Type.Boolean()),
  hasTelegram: Type.Optional(Type.Boolean()),
  createdSince: Type.Optional(Type.String({ format: 'date-time' })),
}
export const contactListQuery = Type.Object({ ...listQuery, ...filters })
export type ContactListQuery = Static<typeof contactListQuery>

export const contactCountQuery = Type.Object(filters)
export type ContactCountQuery = Static<typeof contactCountQuery>
export const contactCountSchema = Type.Object({
  count: Type.Integer(),
  isExact: Type.Boolean({
    description: 'false: there are more than `count`, or at least so many.',
  }),
})
export type ContactCount = Static<typeof contactCountSchema>

export const contactExportQuery = Type.Object({
  format: Type.Optional(Type.Literal('csv')),
  ...filters,
})
export type ContactExportQuery = Static<typeof contactExportQuery>

export const tagBody = Type.Object({ name: tagName })
export const tagSchema = Type.Object({
  id: Type.String({ description: '`tag_…`' }),
  name: Type.String(),
  createdAt: time,
  updatedAt: time,
})
export type TagView = Static<typeof tagSchema>
export const tagListQuery = Type.Object({ ...listQuery, name: Type.Optional(tagName) })
export type TagListQuery = Static<typeof tagListQuery>

const code = Type.String({
  minLength: 1,
  maxLength: 32,
  pattern: '^[A-Za-z0-9_.+-]+$',
  description: 'What contacts refer to. It can not be changed.',
})
const operatorName = Type.Optional(
  orNull(Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }), {
    description: 'For people.',
  }),
)
export const operatorBody = Type.Object({ code, name: operatorName })
export type OperatorBody = Static<typeof operatorBody>
export const operatorChangeBody = Type.Object({ code: Type.Optional(code), name: operatorName })
export const operatorPatchBody = Type.Object(
  { code: Type.Optional(code), name: operatorName },
  { minProperties: 1 },
)
export type OperatorChangeBody = Static<typeof operatorChangeBody>
export const operatorSchema = Type.Object({
  id: Type.String({ description: '`opr_…`' }),
  code: Type.String(),
  name: orNull(Type.String()),
  createdAt: time,
  updatedAt: time,
})
export type OperatorView = Static<typeof operatorSchema>
export const operatorListQuery = Type.Object({ ...listQuery, code: Type.Optional(code) })
export type OperatorListQuery = Static<typeof operatorListQuery>

/** For tags and operators. */
export const deleteQuery = Type.Object({
  force: Type.Optional(Type.Boolean({ description: 'Contacts that have it lose it.' })),
})
