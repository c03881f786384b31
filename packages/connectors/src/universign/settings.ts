/** The settings and secrets of a Universign integration. Their schemas drive validation, the form and the reference page. */
import Type, { type Static } from 'typebox'
import { DurationText } from '@carillon/domain/duration'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'

export const universignSettings = Type.Object(
  {
    baseUrl: baseUrlSetting('https://api.universign.com/v1'),
    pollEvery: Type.Optional({
      ...DurationText,
      title: 'Look every',
      description:
        'How often transactions that are not done are looked at, from 30s to 1d; at most 50 at a time, the oldest first. Default 5m.',
    }),
    dialect: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Literal('vendor'), Type.Literal('older')], {
        title: 'Dialect',
        description:
          'How transactions are described: participants (vendor) or signers (older). Left out: auto, told by what comes.',
      }),
    ),
    hooks: Type.Optional(
      Type.Union([Type.Literal('signed'), Type.Literal('token')], {
        title: 'Hooks',
        description:
          'signed (default): calls carry x-jws-signature of Universign. token: the older calls {event, transaction_id}, which are not signed; they need ?token=… in the URL.',
      }),
    ),
    trackUnknown: Type.Optional(
      Type.Boolean({
        title: 'Follow all transactions',
        description:
          'A hook about a transaction that nobody asked to follow makes it followed. Default: it is refused, with a line in the log.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const universignSecrets = Type.Object(
  {
    apiKey: apiKeyField('API key', 'Of the workspace; it may read transactions and archives.'),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)

export type UniversignSettings = Static<typeof universignSettings>
export type UniversignSecrets = Static<typeof universignSecrets>
