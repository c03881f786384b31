/** Requests and answers of the integrations' routes, as JSON Schema. What a connector's own fields must be is its own schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { DurationText } from '@carillon/domain/duration'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

const limits = Type.Object(
  {
    rate: Type.Optional(
      Type.Object(
        {
          n: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'So many messages …' }),
          per: { ...DurationText, description: '… in this time, such as 1s or 1m.' },
          burst: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: 100_000,
              description: 'So many at once after a pause. Default 1.',
            }),
          ),
        },
        { description: 'How fast this integration sends, over all workers together.' },
      ),
    ),
    concurrency: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000, description: 'Exchanges at a time and worker.' }),
    ),
    weight: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'Share of the workers. Default 1.' }),
    ),
  },
  { description: "Overrides of the connector's limits." },
)
export type Limits = Static<typeof limits>

const breaker = Type.Object(
  {
    failures: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'So many failures in a row open it. Default 5.',
      }),
    ),
    openFor: Type.Optional({
      ...DurationText,
      description: 'After this long one delivery may try again. Default 1h.',
    }),
  },
  { description: 'When deliveries of this integration wait because it fails.' },
)
export type Breaker = Static<typeof breaker>

const onUnknown = Type.Union([Type.Literal('resend'), Type.Literal('hold')], {
  description:
    'What to do when no answer came and the message may have arrived: send again, marked as a possible duplicate, or hold it for a person.',
})

const name = Type.String({ minLength: 1, maxLength: 200, description: 'For people.' })
const anyFields = (description: string) =>
  Type.Record(Type.String(), Type.Unknown(), { description })
const settings = anyFields("The connector's settings: their schema is in GET /connectors.")
const secrets = anyFields(
  "The connector's secrets; never shown again. Left out: as it is. null: removed, and made anew where the connector makes it.",
)
const isDefault = Type.Boolean({
  description:
    'The default of its channel: what a route step gets that names only the channel. The first one is, unless it says false.',
})
const enabled = Type.Boolean({ description: 'Off: its deliveries are passed over.' })

const changeable = {
  settings: Type.Optional(settings),
  secrets: Type.Optional(secrets),
  limits: Type.Optional(orNull(limits)),
  breaker: Type.Optional(orNull(breaker)),
  enabled: Type.Optional(enabled),
  isDefault: Type.Optional(isDefault),
  onUnknown: Type.Optional(onUnknown),
}

export const createBody = Type.Object({
  connector: Type.String({ maxLength: 100, description: 'Id of a connector: GET /connectors.' }),
  name,
  ...changeable,
})
export type CreateBody = Static<typeof createBody>

const sameConnector = Type.Optional(
  Type.String({ maxLength: 100, description: "Can't be changed; may be repeated." }),
)

export const replaceBody = Type.Object({ connector: sameConnector, name, ...changeable })
export type ReplaceBody = Static<typeof replaceBody>

export const patchBody = Type.Object({
  connector: sameConnector,
  name: Type.Optional(name),
  ...changeable,
})
export type PatchBody = Static<typeof patchBody>

const health = Type.Object({
  breaker: Type.Object({
    state: Type.Union([Type.Literal('closed'), Type.Literal('open'), Type.Literal('half_open')]),
    failures: Type.Integer({ description: 'In a row, until now.' }),
    openUntil: orNull(time),
    reason: orNull(Type.String()),
  }),
  lastError: orNull(Type.String()),
  lastErrorAt: orNull(time),
  pausedUntil: orNull(time, { description: 'The provider asked for a pause until then.' }),
})

export const integrationSchema = Type.Object({
  id: Type.String(),
  connector: Type.String(),
  channel: orNull(Type.String(), { description: 'Null: it does not send.' }),
  name: Type.String(),
  settings: Type.Unknown({ description: "The connector's settings, as given." }),
  secretNames: Type.Array(Type.String(), { description: 'The secrets that are set.' }),
  limits: orNull(limits),
  breaker: orNull(breaker),
  enabled,
  isDefault: Type.Boolean(),
  onUnknown,
  hookUrl: orNull(Type.String(), {
    description:
      'Where the other side calls us: under CARILLON_PUBLIC_URL, or only the path without it. Null: it takes no calls.',
  }),
  version: Type.Integer({ description: 'Grows with every change.' }),
  createdAt: time,
  updatedAt: time,
  health,
})
export type IntegrationView = Static<typeof integrationSchema>

const generatedSecrets = Type.Optional(
  Type.Record(Type.String(), Type.String(), {
    description: 'Secrets that were made for you. Shown this once: keep them.',
  }),
)

/** An integration and, once, the secrets that were made for it. */
export const changedIntegrationSchema = Type.Object({
  ...integrationSchema.properties,
  generatedSecrets,
})
export type ChangedIntegration = Static<typeof changedIntegrationSchema>

export const integrationListQuery = Type.Object({
  ...listQuery,
  connector: Type.Optional(Type.String({ maxLength: 100 })),
  channel: Type.Optional(Type.String({ maxLength: 100 })),
  enabled: Type.Optional(Type.Boolean()),
})
export type IntegrationListQuery = Static<typeof integrationListQuery>

export const connectorSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  channel: orNull(Type.String(), { description: 'Null: it does not send.' }),
  kinds: Type.Array(Type.String(), { description: 'sender, source, roster, tracker.' }),
  docs: Type.String(),
  settings: Type.Unknown({ description: 'JSON Schema of the settings.' }),
  secrets: Type.Unknown({ description: 'JSON Schema of the secrets.' }),
  generatesSecrets: Type.Boolean({ description: 'Makes missing secrets itself.' }),
  canVerify: Type.Boolean({ description: 'POST /integrations/{id}/test can try it.' }),
  limits: Type.Unknown({ description: 'Rates, longest text, concurrency.' }),
})
export type ConnectorView = Static<typeof connectorSchema>

export const verificationSchema = Type.Object({
  ok: Type.Boolean(),
  error: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  warnings: Type.Optional(
    Type.Array(Type.String(), {
      description: 'What works and could be better, each with what to do.',
    }),
  ),
})
export type VerificationView = Static<typeof verificationSchema>

export const sendTestBody = Type.Object({
  to: Type.String({ maxLength: 500, description: 'An address that the connector takes.' }),
  subject: Type.Optional(Type.String({ maxLength: 250 })),
  text: Type.Optional(Type.String({ maxLength: 4_000 })),
})
export type SendTestBody = Static<typeof sendTestBody>

export const sendTestAnswer = Type.Object({
  deliveryId: Type.String({ description: 'GET /deliveries/{id} shows what comes of it.' }),
  event: Type.String(),
})

export const circuitClosedSchema = Type.Object({
  breaker: health.properties.breaker,
  released: Type.Integer({
    description: 'Deliveries that waited for the breaker and are due now.',
  }),
})

/** The most rows of one import: it is one transaction. */
const mostImported = 500

export const importBody = Type.Object({
  olderKey: Type.Optional(
    Type.String({
      maxLength: 100,
      description: "The older system's 32-byte key in base64; without it only plain rows are read.",
    }),
  ),
  items: Type.Array(
    Type.Object({
      connector: Type.String({
        maxLength: 100,
        description: 'The older channel type: telegram, webhook, email, whatsapp.',
      }),
      name,
      settings: anyFields('The older `config`, unchanged.'),
      secretText: Type.Optional(
        orNull(Type.String({ maxLength: 100_000 }), {
          description: 'The older `config_enc`, unchanged.',
        }),
      ),
    }),
    { minItems: 1, maxItems: mostImported },
  ),
  dryRun: Type.Optional(Type.Boolean({ description: 'Only say what would happen.' })),
})
export type ImportBody = Static<typeof importBody>

export const importAnswer = Type.Object({
  dryRun: Type.Boolean(),
  created: Type.Integer(),
  rows: Type.Array(
    Type.Object({
      index: Type.Integer(),
      name: Type.String(),
      status: Type.Enum(['created', 'would_create', 'exists', 'refused']),
      connector: orNull(Type.String(), { description: 'Our connector.' }),
      id: orNull(Type.String()),
      to: orNull(Type.String(), {
        description:
          'Where the older channel sent to: the `to` of a route step that names this integration.',
      }),
      notes: Type.Array(Type.String()),
      errors: Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
      generatedSecrets,
    }),
  ),
})
export type ImportAnswer = Static<typeof importAnswer>
