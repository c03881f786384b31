/** The settings and secrets of a Matrix integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { ownServerUrl } from '../base-url.ts'

export const matrixSettings = Type.Object(
  {
    baseUrl: ownServerUrl(
      'Address of the account’s homeserver, such as https://matrix.example.org.',
    ),
    quiet: Type.Optional(
      Type.Boolean({
        title: 'Quiet',
        description: 'Send notices (m.notice), which most clients show without a notification.',
        default: false,
      }),
    ),
  },
  { additionalProperties: false },
)

export const matrixSecrets = Type.Object(
  {
    accessToken: Type.String({
      title: 'Access token',
      description: 'A token of the account that writes; it must have joined the rooms.',
      // It stands in a header: visible ASCII only.
      pattern: '^[\\x21-\\x7e]+$',
      maxLength: 2_000,
    }),
  },
  { additionalProperties: false },
)
