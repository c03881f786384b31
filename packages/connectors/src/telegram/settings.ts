/** The settings and secrets of a Telegram integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'

export const telegramSettings = Type.Object(
  {
    parseMode: Type.Optional(
      Type.Union([Type.Literal('HTML'), Type.Literal('none')], {
        title: 'Markup',
        description:
          'HTML shows the title in bold; none sends plain text. The text is always escaped.',
        default: 'HTML',
      }),
    ),
    disablePreview: Type.Optional(
      Type.Boolean({
        title: 'No link previews',
        description: 'Do not show a preview of the first link in the text.',
        default: false,
      }),
    ),
    silent: Type.Optional(
      Type.Boolean({
        title: 'Silent',
        description: 'Deliver without a sound.',
        default: false,
      }),
    ),
    baseUrl: Type.Optional(
      Type.String({
        title: 'Base URL',
        description: 'Address of a Bot API server of your own; default https://api.telegram.org.',
        pattern: '^https?://[A-Za-z0-9\\[][^\\s?#@]*$',
        maxLength: 2_000,
      }),
    ),
  },
  { additionalProperties: false },
)

export const telegramSecrets = Type.Object(
  {
    botToken: Type.String({
      title: 'Bot token',
      description: 'The token that @BotFather gave, such as 123456:ABC-DEF.',
      // Nothing that could change the path: the token is a part of the URL.
      pattern: '^[A-Za-z0-9:_-]+$',
      maxLength: 256,
    }),
  },
  { additionalProperties: false },
)
