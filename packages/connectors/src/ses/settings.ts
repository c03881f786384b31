/** The settings and secrets of an Amazon SES integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'
import { senderFields } from '../mail-parts.ts'

export const sesSettings = Type.Object(
  {
    region: Type.String({
      title: 'Region',
      description: 'The AWS region where the sender is verified, such as eu-south-1.',
      pattern: '^[a-z]{2}(-[a-z]{2,12}){1,2}-[0-9]{1,2}$',
    }),
    ...senderFields,
    configurationSet: Type.Optional(
      Type.String({
        title: 'Configuration set',
        description: 'The set whose event destination tells our hook what became of the mails.',
        pattern: '^[A-Za-z0-9_-]{1,64}$',
      }),
    ),
    baseUrl: baseUrlSetting('https://email.<region>.amazonaws.com'),
  },
  { additionalProperties: false },
)

export const sesSecrets = Type.Object(
  {
    accessKeyId: Type.String({
      title: 'Access key ID',
      description: 'Of a user or role that may ses:SendEmail (and ses:GetAccount, for the test).',
      pattern: '^[A-Za-z0-9]{8,128}$',
    }),
    secretAccessKey: apiKeyField('Secret access key', 'The secret that belongs to the access key.'),
    sessionToken: Type.Optional(
      apiKeyField('Session token', 'Only for temporary credentials, which end after hours.'),
    ),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)
