/** The settings and secrets of a Gotify integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { ownServerUrl } from '../base-url.ts'

export const gotifySettings = Type.Object(
  {
    baseUrl: ownServerUrl('Address of your Gotify server, such as https://gotify.example.org.'),
    priority: Type.Optional(
      Type.Integer({
        title: 'Priority',
        description: 'From 0 (silent) to 10; without it the application’s own counts.',
        minimum: 0,
        maximum: 10,
      }),
    ),
  },
  { additionalProperties: false },
)

export const gotifySecrets = Type.Object(
  {
    appToken: Type.String({
      title: 'Application token',
      description: 'The token of an application in Gotify, beginning with A.',
      // It stands in a header: visible ASCII only.
      pattern: '^[\\x21-\\x7e]+$',
      maxLength: 200,
    }),
  },
  { additionalProperties: false },
)
