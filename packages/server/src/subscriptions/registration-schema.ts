/** Requests and answers of registrations, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

const userId = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  description:
    'A person (usr_…), or any id of your own users when an API key registers them. Default: the caller.',
})
const channel = Type.String({
  minLength: 1,
  maxLength: 100,
  description: 'email, sms, whatsapp, telegram, teams ...: a channel of one of the connectors.',
})
const channelConfig = Type.String({
  maxLength: 2_000,
  description:
    'Where to: an e-mail address, a phone number, a chat id ... Checked, and kept as the channel writes it.',
})
const country = Type.String({
  pattern: '^[A-Z]{2}$',
  description: 'ISO 3166 country of a phone number that is written without its country code.',
})
const language = Type.String({
  pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$',
  description:
    "BCP 47, such as it or pt-BR: which of the texts the user gets. Default: the tenant's.",
})

export const subscribeBody = Type.Object({
  userId: Type.Optional(userId),
  channel,
  channelConfig,
  country: Type.Optional(country),
  language: Type.Optional(orNull(language)),
})
export type SubscribeBody = Static<typeof subscribeBody>

/** In the query or in the body: not every client sends bodies with DELETE. */
export const unsubscribeFields = Type.Object({
  userId: Type.Optional(userId),
  channel: Type.Optional(channel),
  channelConfig: Type.Optional(channelConfig),
  country: Type.Optional(country),
})
export type UnsubscribeFields = Static<typeof unsubscribeFields>

export const unsubscribeAnswer = Type.Object({
  removed: Type.Integer({ description: 'Registrations that were there; 0 is no error.' }),
})

const changeable = {
  channel: Type.Optional(channel),
  channelConfig: Type.Optional(channelConfig),
  country: Type.Optional(country),
  enabled: Type.Optional(Type.Boolean()),
  language: Type.Optional(orNull(language)),
}
/** Channel and channelConfig stay when they are left out; `enabled` is then true, `language` null. */
export const registrationReplaceBody = Type.Object(changeable, { minProperties: 1 })
export const registrationPatchBody = Type.Object(changeable, { minProperties: 1 })
export type RegistrationChangeBody = Static<typeof registrationPatchBody>

export const registrationSchema = Type.Object({
  id: Type.String({ description: '`reg_…`' }),
  subscriptionId: Type.String(),
  userId: Type.String(),
  channel: Type.String(),
  channelConfig: Type.String(),
  enabled: Type.Boolean({ description: 'false: nothing is sent to it.' }),
  language: orNull(Type.String()),
  createdAt: time,
  updatedAt: time,
})
export type RegistrationView = Static<typeof registrationSchema>

const filters = {
  channel: Type.Optional(channel),
  enabled: Type.Optional(Type.Boolean()),
}
export const registrationListQuery = Type.Object({
  ...listQuery,
  ...filters,
  userId: Type.Optional(userId),
})
export type RegistrationListQuery = Static<typeof registrationListQuery>

export const ownRegistrationListQuery = Type.Object({
  ...listQuery,
  ...filters,
  userId: Type.Optional(userId),
  subscriptionId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
})
export type OwnRegistrationListQuery = Static<typeof ownRegistrationListQuery>

/** One transaction, and one page of the report. */
const mostImported = 1_000

/** A row is checked by itself, so that one bad row is one line of the report. */
export const importRow = Type.Object({
  userId,
  channel,
  channelConfig,
  country: Type.Optional(country),
  language: Type.Optional(orNull(language)),
  enabled: Type.Optional(Type.Boolean()),
})
export type ImportRow = Static<typeof importRow>

export const importBody = Type.Array(
  Type.Unknown({
    description: '{userId, channel, channelConfig, country?, language?, enabled?}',
  }),
  { minItems: 1, maxItems: mostImported },
)

export const importAnswer = Type.Object({
  created: Type.Integer(),
  existing: Type.Integer({ description: 'Were there already; language and enabled are as given.' }),
  refused: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      index: Type.Integer(),
      status: Type.Enum(['created', 'existing', 'refused']),
      id: orNull(Type.String()),
      errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
    }),
  ),
})
export type ImportAnswer = Static<typeof importAnswer>
