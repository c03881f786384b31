/** The settings and secrets of a SendGrid integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { baseUrlSetting } from '../base-url.ts'
import { senderFields } from '../mail-parts.ts'

/** The EU region has a host of its own: https://api.eu.sendgrid.com [SGO]. */
export const sendgridApi = 'https://api.sendgrid.com'

export const sendgridSettings = Type.Object(
  { ...senderFields, baseUrl: baseUrlSetting(sendgridApi) },
  { additionalProperties: false },
)

export const sendgridSecrets = Type.Object(
  {
    apiKey: apiKeyField('API key', 'A key with the permission Mail Send, beginning with SG.'),
    webhookPublicKey: Type.Optional(
      Type.String({
        title: 'Webhook verification key',
        description:
          'The public key that SendGrid shows when signed event webhooks are switched on, in base64.',
        pattern: '^[A-Za-z0-9+/]{40,400}={0,2}$',
      }),
    ),
  },
  { additionalProperties: false },
)
