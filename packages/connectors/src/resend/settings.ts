/** The settings and secrets of a Resend integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { senderFields } from '../mail-parts.ts'

export const resendApi = 'https://api.resend.com'

export const resendSettings = Type.Object(
  { ...senderFields, baseUrl: baseUrlSetting(resendApi) },
  { additionalProperties: false },
)

export const resendSecrets = Type.Object(
  {
    apiKey: apiKeyField('API key', 'A key with the permission to send, beginning with re_.'),
    webhookSecret: Type.Optional(
      Type.String({
        title: 'Webhook signing secret',
        description: 'The secret that Resend shows for the webhook, beginning with whsec_.',
        pattern: '^(whsec_)?[A-Za-z0-9+/]+={0,2}$',
        maxLength: 256,
      }),
    ),
  },
  { additionalProperties: false },
)
