/** The OIDC providers that the environment names. */
import type { Secret } from '../../platform/secrets/secret.ts'
import { googleIssuer, type Provider } from './find-providers.ts'

type Settings = {
  readonly oidcIssuer: string | undefined
  readonly oidcName: string | undefined
  readonly oidcClientId: string | undefined
  readonly oidcClientSecret: Secret | undefined
  readonly googleClientId: string | undefined
  readonly googleClientSecret: Secret | undefined
}

const fromEnvironment = { source: 'environment', enabled: true } as const

const half = (names: string): Error =>
  new Error(`${names} belong together: set all of them, or none`)

const oidcOf = (settings: Settings): readonly Provider[] => {
  const { oidcIssuer, oidcClientId, oidcClientSecret } = settings
  const given = [oidcIssuer, oidcClientId, oidcClientSecret]
  if (given.every((value) => value === undefined)) return []
  if (oidcIssuer === undefined || oidcClientId === undefined || oidcClientSecret === undefined) {
    throw half('CARILLON_OIDC_ISSUER, CARILLON_OIDC_CLIENT_ID and CARILLON_OIDC_CLIENT_SECRET')
  }
  const name = settings.oidcName ?? new URL(oidcIssuer).host
  return [
    {
      id: 'oidc',
      name,
      issuer: oidcIssuer,
      clientId: oidcClientId,
      clientSecret: oidcClientSecret,
      ...fromEnvironment,
    },
  ]
}

const googleOf = ({ googleClientId, googleClientSecret }: Settings): readonly Provider[] => {
  if (googleClientId === undefined && googleClientSecret === undefined) return []
  if (googleClientId === undefined || googleClientSecret === undefined) {
    throw half('CARILLON_GOOGLE_CLIENT_ID and CARILLON_GOOGLE_CLIENT_SECRET')
  }
  return [
    {
      id: 'google',
      name: 'Google',
      issuer: googleIssuer,
      clientId: googleClientId,
      clientSecret: googleClientSecret,
      ...fromEnvironment,
    },
  ]
}

/** Those of the settings. Throws when only a part of what a provider needs is set. */
export const providersOf = (settings: Settings): readonly Provider[] => [
  ...oidcOf(settings),
  ...googleOf(settings),
]
