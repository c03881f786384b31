/** The settings and secrets of a Google Chat integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'

export const googleChatSettings = Type.Object({}, { additionalProperties: false })

export const googleChatSecrets = Type.Object(
  {
    webhookUrl: Type.String({
      title: 'Webhook URL',
      description:
        'The URL that Google Chat shows for the space’s webhook, with its key and token. Who knows it can write to the space.',
      pattern:
        '^https?://[A-Za-z0-9\\[][^\\s?#@\\\\]*/spaces/[A-Za-z0-9_-]+/messages\\?[A-Za-z0-9_=&%.~-]+$',
      maxLength: 2_000,
    }),
  },
  { additionalProperties: false },
)
