/** The settings and secrets of a Discord integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'

export const discordSettings = Type.Object(
  {
    username: Type.Optional(
      Type.String({
        title: 'Name',
        description: 'The name that the messages come from, instead of the webhook’s own.',
        // At most 80 [DIO]; Discord refuses names with "discord" or "clyde" in them.
        pattern: '^[^\\u0000-\\u001F\\u007F]{1,80}$',
      }),
    ),
    threadId: Type.Optional(
      Type.String({
        title: 'Thread',
        description: 'The id of a thread in the webhook’s channel; required for forum channels.',
        pattern: '^[0-9]{1,20}$',
      }),
    ),
    suppressEmbeds: Type.Optional(
      Type.Boolean({
        title: 'No link previews',
        description: 'Do not show previews of the links in the text.',
        default: false,
      }),
    ),
  },
  { additionalProperties: false },
)

export const discordSecrets = Type.Object(
  {
    webhookUrl: Type.String({
      title: 'Webhook URL',
      description:
        'The URL that Discord shows for the webhook: https://discord.com/api/webhooks/<id>/<token>. Who knows it can write to the channel.',
      pattern: '^https?://[A-Za-z0-9\\[][^\\s?#@\\\\]*/webhooks/[0-9]{1,20}/[A-Za-z0-9_-]{1,200}$',
      maxLength: 2_000,
    }),
  },
  { additionalProperties: false },
)
