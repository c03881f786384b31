/** The settings and secrets of an ntfy integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { baseUrlSetting } from '../base-url.ts'

export const ntfyServer = 'https://ntfy.sh'

export const ntfySettings = Type.Object(
  {
    priority: Type.Optional(
      Type.Integer({
        title: 'Priority',
        description: 'From 1 (silent) to 5 (keeps ringing); 3 is a usual notification.',
        minimum: 1,
        maximum: 5,
        default: 3,
      }),
    ),
    tags: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9_+.-]{1,50}$' }), {
        title: 'Tags',
        description: 'Words below the message; names of emoji such as warning are shown as such.',
        maxItems: 10,
      }),
    ),
    baseUrl: baseUrlSetting(ntfyServer),
  },
  { additionalProperties: false },
)

export const ntfySecrets = Type.Object(
  {
    token: Type.Optional(
      Type.String({
        title: 'Access token',
        description: 'A token of an ntfy user, beginning with tk_; leave it out for open topics.',
        // It stands in a header: visible ASCII only.
        pattern: '^[\\x21-\\x7e]+$',
        maxLength: 500,
      }),
    ),
  },
  { additionalProperties: false },
)
