/** The settings and secrets of an SMS gateway of the `http-sms` kind. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'

export const httpSmsSettings = Type.Object(
  {
    url: Type.String({
      title: 'URL',
      description:
        'Where the gateway takes messages, without the id: https://sms.example.org/v1/send. The message’s id is appended.',
      pattern: '^https?://[A-Za-z0-9\\[][^\\s?#@\\\\]*$',
      maxLength: 2_000,
    }),
  },
  { additionalProperties: false },
)

export const httpSmsSecrets = Type.Object(
  {
    token: Type.String({
      title: 'Token',
      description: 'The JWT that the gateway’s operator gave. It is sent as a Bearer token.',
      // It stands in a header: visible ASCII only.
      pattern: '^[\\x21-\\x7e]+$',
      maxLength: 4_000,
    }),
  },
  { additionalProperties: false },
)
