/** The settings and secrets of a Vonage integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'

export const vonageApi = 'https://rest.nexmo.com'

export const vonageSettings = Type.Object(
  {
    apiKey: Type.String({
      title: 'API key',
      description: 'The key of the account, from the dashboard (not the secret).',
      pattern: '^[A-Za-z0-9]{4,64}$',
    }),
    from: Type.String({
      title: 'Sender',
      description:
        'A number of yours with its country code, or a name of at most 11 letters and digits where the country allows one.',
      pattern: '^([0-9]{3,15}|[A-Za-z0-9][A-Za-z0-9 ._-]{0,10})$',
    }),
    baseUrl: baseUrlSetting(vonageApi),
  },
  { additionalProperties: false },
)

export const vonageSecrets = Type.Object(
  {
    apiSecret: apiKeyField('API secret', 'The secret of the account, from the dashboard.'),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)
