/** Daily reports as the API takes and shows them. */
import { Type, type Static } from 'typebox'

const time = Type.String({ format: 'date-time' })
const date = Type.String({ format: 'date', description: "Local date in the tenant's zone." })
const count = Type.Integer({ minimum: 0 })

const recipients = Type.Array(Type.String({ maxLength: 300 }), {
  maxItems: 50,
  description: 'E-mail addresses.',
})

export const settingsBody = Type.Object({
  recipients,
  at: Type.Optional(
    Type.String({
      pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      description: "Time of day in the tenant's zone. Default 05:30.",
    }),
  ),
  integration: Type.Optional(
    Type.Union([Type.String({ maxLength: 40 }), Type.Null()], {
      description: 'One for e-mail. Default: the default one for e-mail.',
    }),
  ),
  enabled: Type.Optional(Type.Boolean({ description: 'Default true.' })),
})
export type SettingsBody = Static<typeof settingsBody>

export const settingsSchema = Type.Object({
  recipients,
  at: Type.String(),
  integration: Type.Union([Type.String(), Type.Null()]),
  enabled: Type.Boolean(),
  nextRunAt: Type.Union([time, Type.Null()]),
  lastDay: Type.Union([date, Type.Null()], { description: 'The newest day that was reported.' }),
  problem: Type.Union([Type.String(), Type.Null()], {
    description: 'Why no mail can go out at this moment.',
  }),
})
export type SettingsView = Static<typeof settingsSchema>

export const reportQuery = Type.Object({
  date: Type.Optional(Type.String({ format: 'date', description: 'Default: yesterday.' })),
})
export type ReportQuery = Static<typeof reportQuery>

export const sendBody = Type.Object({
  date: Type.Optional(Type.String({ format: 'date', description: 'Default: yesterday.' })),
  recipients: Type.Optional(
    Type.Array(Type.String({ maxLength: 300 }), {
      minItems: 1,
      maxItems: 50,
      description: 'Instead of those of the settings.',
    }),
  ),
  dryRun: Type.Optional(Type.Boolean({ description: 'Only show it.' })),
})
export type SendBody = Static<typeof sendBody>

const counts = {
  created: count,
  attempts: count,
  sent: Type.Integer({ minimum: 0, description: 'Taken by a provider on this day.' }),
  delivered: Type.Integer({ minimum: 0, description: 'Receipts of this day that say so.' }),
  bounced: count,
  failed: count,
  expired: count,
  suppressed: count,
  canceled: count,
  skipped: count,
}
export type Counts = { readonly [name in keyof typeof counts]: number }

const failures = Type.Array(
  Type.Object({
    cause: Type.String({
      description: 'The outcome of the last exchange; `none`: no way was left.',
    }),
    n: count,
  }),
  { description: 'Why deliveries failed.' },
)

export const reportSchema = Type.Object({
  date,
  timeZone: Type.String(),
  from: time,
  until: time,
  total: Type.Object(counts),
  failures,
  campaigns: Type.Array(
    Type.Object({ id: Type.String(), name: Type.String(), ...counts, failures }),
    { description: 'Those of which anything happened, the busiest 50.' },
  ),
  furtherCampaigns: count,
  breakers: Type.Array(
    Type.Object({ integration: Type.String(), name: Type.String(), opened: count }),
  ),
  slowest: Type.Array(
    Type.Object({
      integration: Type.String(),
      name: Type.String(),
      p95Ms: Type.Integer({ minimum: 0, description: 'Within a quarter of the value.' }),
      exchanges: count,
    }),
  ),
  missed: Type.Array(Type.Object({ date, ...counts }), {
    description: 'Days before it that got no report, because nothing ran.',
  }),
})
export type ReportView = Static<typeof reportSchema>

const mail = Type.Object({ subject: Type.String(), text: Type.String(), html: Type.String() })

export const previewAnswer = Type.Object({ report: reportSchema, mail })

export const sendAnswer = Type.Object({
  date,
  event: Type.Union([Type.String(), Type.Null()]),
  deliveries: Type.Array(Type.Object({ id: Type.String(), to: Type.String() })),
  report: reportSchema,
  mail,
})
export type SendAnswer = Static<typeof sendAnswer>
