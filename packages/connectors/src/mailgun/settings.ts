/** The settings and secrets of a Mailgun integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'
import { senderFields } from '../mail-parts.ts'

/** Domains of the EU region are at https://api.eu.mailgun.net [MG]. */
export const mailgunApi = 'https://api.mailgun.net'

export const mailgunSettings = Type.Object(
  {
    domain: Type.String({
      title: 'Domain',
      description: 'The sending domain as Mailgun lists it, such as mg.example.org.',
      pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$',
    }),
    ...senderFields,
    testMode: Type.Optional(
      Type.Boolean({
        title: 'Test mode',
        description: 'Mailgun accepts everything and delivers nothing.',
        default: false,
      }),
    ),
    baseUrl: baseUrlSetting(mailgunApi),
  },
  { additionalProperties: false },
)

export const mailgunSecrets = Type.Object(
  {
    apiKey: apiKeyField('API key', 'A sending key of the domain, or a key of the account.'),
    webhookSigningKey: Type.Optional(
      Type.String({
        title: 'Webhook signing key',
        description: 'The HTTP webhook signing key from Mailgun’s API security page.',
        minLength: 8,
        maxLength: 256,
      }),
    ),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)
