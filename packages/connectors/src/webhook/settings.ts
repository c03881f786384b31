/** The fields of a webhook integration. Checks across fields are in `webhook.ts`. */
import Type, { type Static } from 'typebox'
import { userHeadersSchema } from '../user-headers.ts'

/** What can be read and changed. */
export const webhookSettings = Type.Object(
  {
    url: Type.String({
      title: 'URL',
      description: 'The address that receives the events, as a POST. Redirects are not followed.',
      maxLength: 2_048,
    }),
    headers: Type.Optional(
      userHeadersSchema({
        title: 'Headers',
        description:
          'More request headers. They can be read by whoever sees the settings: credentials belong into the secret `authorization`.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** What is encrypted and write-only. */
export const webhookSecrets = Type.Object(
  {
    signingSecret: Type.String({
      title: 'Signing secret',
      description:
        'whsec_ and 24 to 64 bytes in base64; the receiver verifies with it. Made for you when left out.',
      maxLength: 100,
    }),
    previousSigningSecret: Type.Optional(
      Type.String({
        title: 'Previous signing secret',
        description: 'While the receiver changes over: each request carries a signature by both.',
        maxLength: 100,
      }),
    ),
    authorization: Type.Optional(
      Type.String({
        title: 'Authorization header',
        description: 'Its whole value, such as "Bearer …", for receivers behind a gateway.',
        minLength: 8,
        maxLength: 4_096,
        pattern: '^[ -~]+$',
      }),
    ),
  },
  { additionalProperties: false },
)

export type WebhookSettings = Static<typeof webhookSettings>
export type WebhookSecrets = Static<typeof webhookSecrets>
