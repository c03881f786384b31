/** The settings and secrets of a Postmark integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'
import { senderFields } from '../mail-parts.ts'

export const postmarkApi = 'https://api.postmarkapp.com'

export const postmarkSettings = Type.Object(
  {
    ...senderFields,
    messageStream: Type.Optional(
      Type.String({
        title: 'Message stream',
        description:
          'The stream that the mails go through: outbound for notices (the default), broadcast for campaigns.',
        pattern: '^[a-z0-9-]{1,30}$',
      }),
    ),
    baseUrl: baseUrlSetting(postmarkApi),
  },
  { additionalProperties: false },
)

export const postmarkSecrets = Type.Object(
  {
    serverToken: apiKeyField(
      'Server API token',
      'The token of a Postmark server; POSTMARK_API_TEST checks everything and sends nothing.',
    ),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)
