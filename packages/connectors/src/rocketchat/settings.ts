/** The settings and secrets of a Rocket.Chat integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { apiKeyField } from '../api-key-field.ts'
import { ownServerUrl } from '../base-url.ts'

export const rocketchatSettings = Type.Object(
  {
    baseUrl: ownServerUrl('Address of your Rocket.Chat server, such as https://chat.example.org.'),
    userId: Type.String({
      title: 'User ID',
      description: 'The id (not the name) of the user that writes, shown with its access token.',
      pattern: '^[A-Za-z0-9]{1,64}$',
    }),
  },
  { additionalProperties: false },
)

export const rocketchatSecrets = Type.Object(
  { authToken: apiKeyField('Access token', 'A personal access token of that user.') },
  { additionalProperties: false },
)
