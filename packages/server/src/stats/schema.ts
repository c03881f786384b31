/** The answer of `GET /stats`, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)
const count = Type.Integer()

const counts = {
  created: count,
  attempts: count,
  sent: Type.Integer({
    description: 'Taken by a provider, whatever receipts said afterwards.',
  }),
  delivered: Type.Integer({ description: 'Of these: a receipt says that it has arrived.' }),
  bounced: Type.Integer({ description: 'Of these: a receipt says that it came back.' }),
  failed: count,
  expired: count,
  suppressed: count,
  canceled: count,
  skipped: count,
}

const hour = Type.Object({ at: time, ...counts })
const day = Type.Object({ from: time, ...counts })
export type Hour = Static<typeof hour>

const integration = Type.Object({
  id: Type.String(),
  name: Type.String(),
  connector: Type.String(),
  channel: orNull(Type.String()),
  enabled: Type.Boolean(),
  breaker: Type.Object({
    state: Type.Enum(['closed', 'open', 'half_open']),
    failures: count,
    openUntil: orNull(time),
    reason: orNull(Type.String()),
  }),
  minutes: Type.Array(Type.Object({ at: time, attempts: count, sent: count }), {
    description: 'The last hour in steps of five minutes, oldest first.',
  }),
  p95Ms: orNull(count, { description: 'Of its exchanges among the last 2,000 of this hour.' }),
  perSecond: Type.Number({ description: 'Exchanges a second in the last ten minutes.' }),
  limit: orNull(Type.Object({ n: count, per: Type.String() })),
  waiting: count,
  lastError: orNull(Type.String()),
  lastErrorAt: orNull(time),
  lastSuccessAt: orNull(time),
})
export type IntegrationStats = Static<typeof integration>

const campaign = Type.Object({
  id: Type.String(),
  name: Type.String(),
  state: Type.Enum(['scheduled', 'running', 'paused']),
  audience: count,
  open: count,
  startsAt: time,
  endsAt: time,
  perSecond: Type.Number({
    description: 'Deliveries that ended, a second, in this and the last hour.',
  }),
  endsInTime: orNull(Type.Boolean(), {
    description: 'At this pace; null: it has not got one yet.',
  }),
})
export type CampaignStats = Static<typeof campaign>

const need = Type.Object({
  kind: Type.Enum([
    'breaker_open',
    'credentials_rejected',
    'source_stopped',
    'campaign_late',
    'function_failed',
  ]),
  subject: Type.Object({
    type: Type.Enum(['integration', 'campaign', 'subscription']),
    id: Type.String(),
    name: Type.String(),
  }),
  reason: Type.String({ description: "In the provider's words, where they are known." }),
  since: orNull(time),
  count: orNull(count),
})
export type Need = Static<typeof need>

export const statsSchema = Type.Object({
  at: time,
  timeZone: Type.String({ description: 'Days begin by it.' }),
  today: day,
  yesterday: Type.Object(day.properties, {
    description: 'Until the same time of day, so that it compares with today.',
  }),
  yesterdayWhole: day,
  waiting: Type.Object({
    total: count,
    isExact: Type.Boolean({ description: 'false: more than that.' }),
    sending: count,
    byReason: Type.Record(Type.String(), count),
  }),
  hours: Type.Array(hour, { description: 'The last 48, oldest first; the last one is this hour.' }),
  integrations: Type.Array(integration),
  campaigns: Type.Array(campaign, { description: 'Open ones, at most 20.' }),
  needsYou: Type.Array(need),
})
export type Stats = Static<typeof statsSchema>
