/** Requests and answers of campaigns, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { campaignStates } from '@carillon/domain/campaign'
import { deliveryStates, type DeliveryState } from '@carillon/domain/delivery-status'
import { DurationText } from '@carillon/domain/duration'
import { maxSteps } from '@carillon/domain/route-progress'
import { DailyWindowSchema } from '@carillon/domain/window'
import { listQuery } from '../platform/http/paging.ts'

const time = (description: string) => Type.String({ format: 'date-time', description })
/** Final states that have a cause worth telling. */
export const causeStates = ['failed', 'bounced', 'suppressed', 'expired', 'skipped'] as const

const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)
const optional = <T extends TSchema>(schema: T) => Type.Optional(orNull(schema))

const template = (what: string, maxLength: number) =>
  Type.Optional(
    Type.String({ minLength: 1, maxLength, pattern: '[^\\s]', description: `Liquid. ${what}` }),
  )
const part = {
  subject: template('One line.', 2_000),
  text: Type.String({
    minLength: 1,
    maxLength: 100_000,
    description: 'Liquid over `contact`. The body as plain text.',
  }),
  html: template('The body of an e-mail as HTML; values are escaped.', 500_000),
  mjml: template('Instead of html: MJML, compiled when it is saved. No mj-include.', 200_000),
}
const contentPart = Type.Object(part)
export const campaignContent = Type.Object({
  ...part,
  channels: Type.Optional(
    Type.Record(Type.String(), contentPart, {
      maxProperties: 20,
      description: 'Instead of the above, for a channel: {"sms": {"text": "..."}}.',
    }),
  ),
})
export type CampaignContent = Static<typeof campaignContent>

const texts = (maxItems: number, description: string) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { maxItems, description }),
  )
const filter = Type.Object(
  {
    tags: texts(200, 'Contacts with any of these tags.'),
    operators: texts(1_000, 'Contacts of any of these operators, by their codes.'),
    timezones: texts(
      500,
      "Contacts in any of these time zones; a contact without one has the tenant's.",
    ),
    attributes: Type.Optional(
      Type.Unknown({
        description:
          'Conditions on paths into the attributes, in the language of rules: {"city": "Rome", "orders": {"gt": 3}}.',
      }),
    ),
  },
  { description: 'All that is given must fit. Nothing given: everybody.' },
)

const routeStep = Type.Object(
  {
    channel: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    integration: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'int_…' })),
  },
  { minProperties: 1 },
)
export type RouteStep = Static<typeof routeStep>

const retry = Type.Object(
  {
    delays: Type.Optional(Type.Array(DurationText, { maxItems: 20 })),
    every: Type.Optional(DurationText),
    max: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'Rounds in all.' })),
  },
  { description: '{every, max} or {delays}. Default: every 6m, at most 10 rounds.' },
)
export type CampaignRetry = Static<typeof retry>

const rate = Type.Object(
  { n: Type.Integer({ minimum: 1, maximum: 1_000_000 }), per: DurationText },
  { description: 'At most so many messages begin in this time: {"n": 100, "per": "1m"}.' },
)
export type CampaignRate = Static<typeof rate>

const name = Type.String({ minLength: 1, maxLength: 200, description: 'For people.' })
export const campaignFields = {
  name,
  content: campaignContent,
  startsAt: time('When it begins; a past time: at once.'),
  endsAt: time('Nothing is sent at or after this time.'),
  filter: optional(filter),
  dailyWindow: optional(DailyWindowSchema),
  weekdays: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      description: '1 (Monday) to 7. The same as in dailyWindow; without one: whole days.',
    }),
  ),
  route: optional(
    Type.Array(routeStep, {
      minItems: 1,
      maxItems: maxSteps,
      description:
        'The ways, in order: a channel (its default integration) or an integration. Default: email, sms, telegram, as far as there is one.',
    }),
  ),
  retry: optional(retry),
  rate: optional(rate),
}
export const campaignBody = Type.Object({
  ...campaignFields,
  startsAt: Type.Optional(time('When it begins. Left out or past: at once.')),
})
export type CampaignBody = Static<typeof campaignBody>

const version = Type.Optional(
  Type.Integer({
    minimum: 1,
    description: 'When given: the version that is changed. Another one by now is a 409.',
  }),
)
export const campaignReplaceBody = Type.Object({ ...campaignBody.properties, version })
export const campaignPatchBody = Type.Object(
  { ...Type.Partial(Type.Object(campaignFields)).properties, version },
  { minProperties: 1 },
)
export type CampaignPatchBody = Static<typeof campaignPatchBody>

const timeOrNull = orNull(Type.String({ format: 'date-time' }))
export const campaignSchema = Type.Object({
  id: Type.String({ description: '`cmp_…`' }),
  name: Type.String(),
  state: Type.Enum([...campaignStates]),
  content: campaignContent,
  filter,
  startsAt: Type.String({ format: 'date-time' }),
  endsAt: Type.String({ format: 'date-time' }),
  dailyWindow: orNull(DailyWindowSchema),
  route: orNull(Type.Array(routeStep)),
  retry: orNull(retry),
  rate: orNull(rate),
  error: orNull(Type.String(), { description: 'Why it failed.' }),
  resendOf: orNull(Type.String()),
  version: Type.Integer(),
  createdBy: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
  startedAt: timeOrNull,
  finishedAt: timeOrNull,
})
export type CampaignView = Static<typeof campaignSchema>

/** In lists: with how far it is, so that nobody asks for the statistics of each. */
export const campaignItemSchema = Type.Object({
  ...campaignSchema.properties,
  progress: Type.Object(
    {
      audience: Type.Integer({ description: 'Contacts that have a delivery, as yet.' }),
      arrived: Type.Integer({ description: 'Sent or delivered.' }),
      failed: Type.Integer({ description: 'Failed or bounced.' }),
      open: Type.Integer({ description: 'Waiting or being sent.' }),
    },
    { description: 'The rest of the audience expired, was suppressed, canceled or skipped.' },
  ),
})
export type CampaignItem = Static<typeof campaignItemSchema>

export const campaignListQuery = Type.Object({
  ...listQuery,
  state: Type.Optional(Type.Enum([...campaignStates])),
})
export type CampaignListQuery = Static<typeof campaignListQuery>

const n = Type.Integer()
const byState = Type.Object(
  {
    pending: n,
    sending: n,
    sent: n,
    delivered: n,
    bounced: n,
    failed: n,
    expired: n,
    suppressed: n,
    canceled: n,
    skipped: n,
  } satisfies Record<DeliveryState, typeof n>,
  { description: 'Their sum is the audience, at every moment.' },
)
const counts = {
  audience: Type.Integer({ description: 'Contacts that have a delivery.' }),
  byState,
  byChannel: Type.Record(Type.String(), n, {
    description: 'Sent or delivered, by the channel that did it.',
  }),
  attempts: Type.Integer({ description: 'Exchanges with providers.' }),
}
const hours = Type.Array(
  Type.Object({
    hour: Type.String({ format: 'date-time' }),
    sent: Type.Integer({ description: 'Sent or delivered, by now.' }),
    failed: n,
    attempts: n,
  }),
)
export const statisticsSchema = Type.Object({
  ...counts,
  byHour: hours,
  state: Type.Enum([...campaignStates]),
  isExpanded: Type.Boolean({ description: 'Everybody of the audience has a delivery.' }),
  startedAt: timeOrNull,
  finishedAt: timeOrNull,
})
export type CampaignStatistics = Static<typeof statisticsSchema>

export const allStatisticsSchema = Type.Object({
  ...counts,
  campaigns: Type.Integer({ description: 'Campaigns that have begun.' }),
  byHour: hours,
})
export type AllStatistics = Static<typeof allStatisticsSchema>

export const resendFailedBody = Type.Object({
  name: Type.Optional(name),
  startsAt: Type.Optional(time('When it begins. Left out: at once.')),
  endsAt: Type.Optional(time("Left out: the old one's end, if that is still to come.")),
})
export type ResendFailedBody = Static<typeof resendFailedBody>

export const recipientSchema = Type.Object({
  delivery: Type.String({ description: '`dlv_…`' }),
  contact: orNull(Type.String()),
  state: Type.Enum([...deliveryStates]),
  channel: orNull(Type.String(), { description: 'Of the step that it is at, or ended at.' }),
  to: Type.String(),
  time: timeOrNull,
  reason: orNull(Type.String()),
  attempts: n,
})
export type RecipientView = Static<typeof recipientSchema>
export const recipientListQuery = Type.Object({
  ...listQuery,
  state: Type.Optional(Type.Enum([...deliveryStates])),
})
export type RecipientListQuery = Static<typeof recipientListQuery>
export const recipientExportQuery = Type.Object({
  state: Type.Optional(Type.Enum([...deliveryStates])),
})

export const causesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      state: Type.Enum([...causeStates]),
      channel: orNull(Type.String()),
      reason: orNull(Type.String(), { description: 'As the timeline has it.' }),
      deliveries: n,
    }),
    { description: 'Most first, at most 100.' },
  ),
  examined: Type.Integer({ description: 'Deliveries that were looked at.' }),
  isComplete: Type.Boolean({
    description: 'false: there are more; of each state the first 20,000 are looked at.',
  }),
})
export type CausesAnswer = Static<typeof causesSchema>
