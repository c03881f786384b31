/** The settings of a Signal integration; it has no secrets. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { ownServerUrl } from '../base-url.ts'

export const signalSettings = Type.Object(
  {
    baseUrl: ownServerUrl(
      'Address of your signal-cli-rest-api, such as http://signal:8080. It asks for no credentials: keep it in a private network.',
    ),
    number: Type.String({
      title: 'Number',
      description: 'The registered number that writes, such as +393331234567.',
      pattern: '^\\+[1-9][0-9]{6,14}$',
    }),
  },
  { additionalProperties: false },
)

export const signalSecrets = Type.Object({}, { additionalProperties: false })
