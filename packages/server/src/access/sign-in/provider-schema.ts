/** OIDC providers as platform admins set them. Their secrets are write-only. */
import { Type, type Static } from 'typebox'

const text = (description: string) =>
  Type.String({
    minLength: 1,
    maxLength: 400,
    pattern: '^[^\\u0000-\\u001f\\u007f]*$',
    description,
  })

export const providerSettingsSchema = Type.Object({
  name: Type.Optional(text('For the button. Default: that of the issuer.')),
  issuer: Type.Optional(
    Type.String({
      format: 'uri',
      pattern: '^https?://',
      maxLength: 400,
      description:
        'Where `/.well-known/openid-configuration` is. For `oidc` only: the issuer of `google` is known.',
    }),
  ),
  clientId: text('From the provider.'),
  clientSecret: Type.Optional(
    text('From the provider. May be left out when one is set: then that one stays.'),
  ),
  enabled: Type.Optional(Type.Boolean()),
})
export type ProviderSettings = Static<typeof providerSettingsSchema>

export const providerViewSchema = Type.Object({
  id: Type.Enum(['oidc', 'google']),
  name: Type.String(),
  issuer: Type.String(),
  clientId: Type.String(),
  enabled: Type.Boolean(),
  source: Type.Enum(['environment', 'stored'], {
    description: '`environment`: set there, and only there to be changed.',
  }),
  redirectUri: Type.String({ description: 'To be entered at the provider.' }),
})
export type ProviderView = Static<typeof providerViewSchema>
export const providersSchema = Type.Object({ items: Type.Array(providerViewSchema) })
