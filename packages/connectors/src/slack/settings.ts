/** The settings and secrets of a Slack integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { baseUrlSetting } from '../base-url.ts'

export const slackApi = 'https://slack.com/api'

export const slackSettings = Type.Object(
  {
    unfurl: Type.Optional(
      Type.Boolean({
        title: 'Link previews',
        description: 'Show previews of the links in the text.',
        default: false,
      }),
    ),
    baseUrl: baseUrlSetting(slackApi),
  },
  { additionalProperties: false },
)

export const slackSecrets = Type.Object(
  {
    botToken: Type.Optional(
      Type.String({
        title: 'Bot token',
        description: 'The token of an app with the scope chat:write, beginning with xoxb-.',
        // It stands in a header: visible ASCII only.
        pattern: '^[\\x21-\\x7e]+$',
        maxLength: 1_000,
      }),
    ),
    webhookUrl: Type.Optional(
      Type.String({
        title: 'Incoming webhook',
        description:
          'Instead of a bot token: the URL of an incoming webhook, which writes to one channel only. Who knows it can write there.',
        pattern: '^https?://[A-Za-z0-9\\[][^\\s?#@\\\\]*$',
        maxLength: 2_000,
      }),
    ),
  },
  { additionalProperties: false },
)
