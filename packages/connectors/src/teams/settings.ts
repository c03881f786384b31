/** The settings and secrets of a Teams integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { baseUrlSetting } from '../base-url.ts'

export const teamsSettings = Type.Object(
  { baseUrl: baseUrlSetting('the webhook’s own server') },
  { additionalProperties: false },
)

export const teamsSecrets = Type.Object(
  {
    webhookUrl: Type.String({
      title: 'Webhook URL',
      description:
        'The URL of the workflow, with its signature: who knows it can post. Copy it from "When a Teams webhook request is received".',
      pattern: '^https?://[A-Za-z0-9\\[][^\\s#\\\\]*$',
      maxLength: 4_000,
    }),
  },
  { additionalProperties: false },
)
