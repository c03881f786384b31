/** Requests and answers of subscriptions, as JSON Schema. Those of registrations are in `registration-schema.ts`. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

const subscriptionId = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^[A-Za-z_]+$',
  description:
    'Letters and "_" only: its name in paths, and that of its function (functions/<subscriptionId>.ts). It can not be changed.',
})
const singleLine = '^[^\\u0000-\\u001f\\u007f]*$'
const label = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: singleLine,
  description: 'For people. Default: the subscriptionId.',
})
const description = orNull(Type.String({ maxLength: 2_000 }), { description: 'For people.' })
const isSystem = Type.Boolean({
  description: 'Made, changed and deleted by platform admins only; everybody may register for it.',
})
const enabled = Type.Boolean({
  description: 'false: triggers send nothing; people can register all the same.',
})
const version = Type.Integer({
  minimum: 1,
  description: 'When given: the version that is changed. Another one by now is a 409.',
})

const template = (what: string, maxLength: number) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength, pattern: '[^\\s]', description: `Liquid. ${what}` }),
  )
const part = {
  subject: template('One line.', 2_000),
  text: Type.String({
    minLength: 1,
    maxLength: 100_000,
    description: 'Liquid over `data` (the eventParameters) and `event`. The body as plain text.',
  }),
  html: template('The body of an e-mail as HTML; values are escaped.', 500_000),
  mjml: template('Instead of html: MJML, compiled when it is saved. No mj-include.', 200_000),
}
const contentPart = Type.Object(part)
export type ContentPart = Static<typeof contentPart>

const contentEntry = Type.Object({
  ...part,
  languages: Type.Optional(
    Type.Record(Type.String(), contentPart, {
      description: 'Instead of the above, by language: {"it": {...}, "pt-BR": {...}}.',
      maxProperties: 50,
    }),
  ),
})

export const contentSchema = Type.Record(Type.String(), contentEntry, {
  minProperties: 1,
  maxProperties: 20,
  description:
    'What is sent without a function: by channel ("email", "sms" ...), or "default" for the channels that are not named.',
})
export type SubscriptionContent = Static<typeof contentSchema>

export const subscriptionBody = Type.Object({
  subscriptionId,
  label: Type.Optional(label),
  description: Type.Optional(description),
  isSystem: Type.Optional(isSystem),
  enabled: Type.Optional(enabled),
  content: Type.Optional(orNull(contentSchema)),
})
export type SubscriptionBody = Static<typeof subscriptionBody>

const changeable = {
  subscriptionId: Type.Optional(Type.String({ maxLength: 100, description: 'As it is.' })),
  label: Type.Optional(label),
  description: Type.Optional(description),
  isSystem: Type.Optional(isSystem),
  enabled: Type.Optional(enabled),
  content: Type.Optional(orNull(contentSchema)),
  version: Type.Optional(version),
}
/** What is left out becomes the default, but for `isSystem`, which stays. */
export const subscriptionReplaceBody = Type.Object(changeable)
export const subscriptionPatchBody = Type.Object(changeable, { minProperties: 1 })
export type SubscriptionChangeBody = Static<typeof subscriptionPatchBody>

const listed = {
  id: Type.String({ description: '`sub_…`' }),
  subscriptionId: Type.String(),
  label: Type.String(),
  description,
  isSystem,
  enabled,
  hasContent: Type.Boolean({ description: 'It has templates of its own.' }),
  version: Type.Integer({ description: 'Grows by one with every change.' }),
  createdBy: Type.String({ description: '`usr_…` or `key_…`' }),
  modifiedBy: Type.String({ description: '`usr_…` or `key_…`' }),
  createdAt: time,
  updatedAt: time,
}
/** An item of the list: without the templates, which may be long. */
export const subscriptionItemSchema = Type.Object(listed)
export type SubscriptionItem = Static<typeof subscriptionItemSchema>
export const subscriptionSchema = Type.Object({
  ...listed,
  content: orNull(Type.Unknown(), { description: 'As it was given.' }),
})
export type SubscriptionView = Static<typeof subscriptionSchema>

export const subscriptionListQuery = Type.Object({
  ...listQuery,
  enabled: Type.Optional(Type.Boolean()),
  isSystem: Type.Optional(Type.Boolean()),
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: 'In the subscriptionId, the label or the description.',
    }),
  ),
})
export type SubscriptionListQuery = Static<typeof subscriptionListQuery>

export const deleteQuery = Type.Object({
  force: Type.Optional(Type.Boolean({ description: 'Its registrations go with it.' })),
})

export const previewBody = Type.Object({
  channel: Type.String({ minLength: 1, maxLength: 100 }),
  language: Type.Optional(
    orNull(Type.String({ minLength: 1, maxLength: 35 }), {
      description: 'As in a registration; null or absent: it names none.',
    }),
  ),
  eventParameters: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})
export type PreviewBody = Static<typeof previewBody>

export const previewAnswer = Type.Object({
  subject: orNull(Type.String()),
  text: orNull(Type.String()),
  html: orNull(Type.String()),
  from: orNull(
    Type.Object({
      entry: Type.String({ description: 'The channel, or "default".' }),
      language: orNull(Type.String(), { description: 'null: the one without a language.' }),
    }),
    { description: 'Which part of the content it is; null: none is meant for this channel.' },
  ),
  problem: orNull(Type.String(), { description: 'Why it can not be rendered.' }),
})
export type Preview = Static<typeof previewAnswer>
