/** Requests and answers about campaigns that may be: previews, samples and forecasts. Those of campaigns are in `schema.ts`. */
import { Type, type Static, type TSchema } from 'typebox'
import { campaignBody, campaignContent, campaignFields } from './schema.ts'

const n = Type.Integer()
const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

const sampleMessage = Type.Object({
  contact: Type.String(),
  channel: orNull(Type.String()),
  to: orNull(Type.String()),
  subject: orNull(Type.String()),
  text: orNull(Type.String()),
  html: orNull(Type.String()),
  problem: orNull(Type.String()),
})
export type SampleMessage = Static<typeof sampleMessage>

export const previewBody = Type.Object({
  content: Type.Optional(campaignContent),
  filter: campaignFields.filter,
  route: campaignFields.route,
  rate: campaignFields.rate,
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 10, description: 'Messages in the sample. Default 3.' }),
  ),
})
export type PreviewBody = Static<typeof previewBody>
export const previewSchema = Type.Object({
  audience: n,
  unreachable: Type.Integer({ description: 'Of them, those without an address for any step.' }),
  byChannel: Type.Record(Type.String(), n, {
    description: 'By the first step that has an address.',
  }),
  estimatedSeconds: orNull(n, {
    description: 'By the rates of campaign and integrations; null: nothing limits it.',
  }),
  sample: Type.Array(sampleMessage),
})
export type PreviewAnswer = Static<typeof previewSchema>

export const sampleBody = Type.Object({
  content: campaignContent,
  filter: campaignFields.filter,
  route: campaignFields.route,
  contacts: Type.Optional(
    Type.Array(Type.String({ maxLength: 100 }), {
      minItems: 1,
      maxItems: 10,
      description: 'For whom (`con_…`). Left out: the first of the audience.',
    }),
  ),
})
export type SampleBody = Static<typeof sampleBody>
export const sampleSchema = Type.Object({ items: Type.Array(sampleMessage) })
export type SampleAnswer = Static<typeof sampleSchema>

export const forecastBody = Type.Object({
  startsAt: campaignBody.properties.startsAt,
  endsAt: campaignFields.endsAt,
  filter: campaignFields.filter,
  dailyWindow: campaignFields.dailyWindow,
  weekdays: campaignFields.weekdays,
  route: campaignFields.route,
  rate: campaignFields.rate,
})
export type ForecastBody = Static<typeof forecastBody>
const counts = { audience: n, unreachable: n }
export const forecastSchema = Type.Object({
  ...counts,
  byChannel: Type.Record(Type.String(), n, {
    description: 'By the first step that has an address.',
  }),
  byZone: Type.Array(Type.Object({ timezone: Type.String(), contacts: n }), {
    description: "Most first; those without a zone of their own are in the tenant's.",
  }),
  startsAt: Type.String({ format: 'date-time', description: 'Now, when the start is past.' }),
  endsAt: time,
  barSeconds: n,
  bars: Type.Array(Type.Object({ from: time, messages: n }), {
    description: 'How many messages begin from then on, for barSeconds.',
  }),
  inTime: Type.Integer({ description: 'The sum of the bars.' }),
  late: Type.Integer({ description: 'Will not be reached before the end.' }),
  beyond: Type.Integer({ description: 'After the 31 days that are looked at.' }),
  finishesAt: orNull(time, { description: 'When the last one begins; null: not all do.' }),
})
export type ForecastAnswer = Static<typeof forecastSchema>
