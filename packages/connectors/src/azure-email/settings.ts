/** The settings and secrets of an Azure e-mail integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { baseUrlSetting, ownServerUrl } from '../base-url.ts'
import { hookTokenSecret } from '../hook-token.ts'

export const azureEmailSettings = Type.Object(
  {
    endpoint: ownServerUrl(
      'The resource’s endpoint, such as https://my-resource.communication.azure.com.',
    ),
    sender: Type.String({
      title: 'Sender',
      description: 'A sender address of a domain that is linked to the resource.',
      minLength: 3,
      maxLength: 320,
    }),
    replyTo: Type.Optional(
      Type.String({
        title: 'Reply-To',
        description: 'Where answers go; default the sender.',
        minLength: 3,
        maxLength: 320,
      }),
    ),
    baseUrl: baseUrlSetting('the endpoint'),
  },
  { additionalProperties: false },
)

export const azureEmailSecrets = Type.Object(
  {
    accessKey: Type.String({
      title: 'Access key',
      description: 'One of the resource’s two access keys, in base64 as the portal shows it.',
      pattern: '^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
      maxLength: 1_000,
    }),
    hookToken: hookTokenSecret,
  },
  { additionalProperties: false },
)
