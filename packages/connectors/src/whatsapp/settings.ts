/** The settings and secrets of a WhatsApp integration. Their schemas drive validation, the form and the reference page. */
import Type from 'typebox'
import { baseUrlSetting } from '../base-url.ts'

const template = Type.Object(
  {
    name: Type.String({
      title: 'Name',
      description: 'Name of an approved template, such as order_paid.',
      pattern: '^[a-z0-9_]{1,512}$',
    }),
    language: Type.String({
      title: 'Language',
      description: 'Language code of the template, such as it or en_US.',
      pattern: '^[a-z]{2,3}(_[A-Za-z]{2,4})?$',
    }),
    parameters: Type.Optional(
      Type.Array(Type.String({ maxLength: 4_096 }), {
        title: 'Body parameters',
        description:
          'The values of {{1}}, {{2}} ... in the body, in this order. Each is a Liquid template, such as {{ content.text }} or {{ data.total }}.',
        maxItems: 50,
      }),
    ),
  },
  {
    title: 'Template',
    description:
      'Send this approved template instead of free text. Free text reaches people only within 24 hours after they wrote to you.',
    additionalProperties: false,
  },
)

export const whatsappSettings = Type.Object(
  {
    phoneNumberId: Type.String({
      title: 'Phone number ID',
      description:
        'The id (not the number) of the sending phone number, from the WhatsApp manager.',
      pattern: '^[A-Za-z0-9_-]{1,64}$',
    }),
    apiVersion: Type.Optional(
      Type.String({
        title: 'API version',
        description: 'Version of the Graph API, such as v23.0.',
        pattern: '^v[0-9]{1,3}\\.[0-9]{1,2}$',
        default: 'v23.0',
      }),
    ),
    template: Type.Optional(template),
    previewUrl: Type.Optional(
      Type.Boolean({
        title: 'Link previews',
        description: 'Show a preview of the first link in a free text.',
        default: false,
      }),
    ),
    baseUrl: baseUrlSetting('https://graph.facebook.com'),
  },
  { additionalProperties: false },
)

export const whatsappSecrets = Type.Object(
  {
    accessToken: Type.String({
      title: 'Access token',
      description: 'A token of a system user with the right whatsapp_business_messaging.',
      // It stands in a header: visible ASCII only.
      pattern: '^[\\x21-\\x7e]+$',
      maxLength: 2_000,
    }),
    appSecret: Type.Optional(
      Type.String({
        title: 'App secret',
        description: 'The secret of the Meta app: proves that status webhooks come from Meta.',
        minLength: 1,
        maxLength: 256,
      }),
    ),
    verifyToken: Type.Optional(
      Type.String({
        title: 'Verify token',
        description: 'A text of your choice that Meta repeats when it subscribes to the webhook.',
        minLength: 1,
        maxLength: 256,
      }),
    ),
  },
  { additionalProperties: false },
)
