/** The fields of a Novi integration. Their schemas drive validation, the form and the reference page. */
import Type, { type Static } from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { ownServerUrl } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'

const words = (title: string, description: string, maxItems: number) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      title,
      description,
      minItems: 1,
      maxItems,
    }),
  )

export const noviSettings = Type.Object(
  {
    baseUrl: ownServerUrl(
      'The association’s own site, such as https://www.example.org (Novi has no common host); /api is added when it is missing.',
    ),
    activeStatuses: words(
      'Active statuses',
      'Values of the status that make a member active, whatever their case. Left out: current, grace_period, active.',
      50,
    ),
    statusFields: words(
      'Status fields',
      'Where the status stands; the first that a record has counts. Left out: MemberStatus, MembershipStatus, Status.',
      10,
    ),
    groups: words(
      'Groups',
      'Only members in one of these groups count as active. Left out: the groups do not matter.',
      50,
    ),
    everyMinutes: Type.Optional(
      Type.Integer({
        title: 'Minutes between polls',
        description:
          'How often Novi is asked for members that have changed, for rules on member.updated. Left out: 15.',
        minimum: 1,
        maximum: 1_440,
      }),
    ),
    signatureHeader: Type.Optional(
      Type.String({
        title: 'Signature header',
        description:
          'The header in which Novi’s webhooks carry an HMAC-SHA256 of their body, when a webhook secret is set up there. Left out: the hook’s URL carries ?token= instead.',
        pattern: '^[A-Za-z0-9-]{1,64}$',
      }),
    ),
  },
  { additionalProperties: false },
)

export const noviSecrets = Type.Object(
  {
    apiKey: apiKeyField('API key', 'Sent as it is: Authorization: Basic <key>.'),
    webhookSecret: Type.Optional(
      Type.String({
        title: 'Webhook secret',
        description: 'The signing secret of Novi’s webhooks. Needs the setting signatureHeader.',
        minLength: 8,
        maxLength: 256,
      }),
    ),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)

export type NoviSettings = Static<typeof noviSettings>
export type NoviSecrets = Static<typeof noviSecrets>
