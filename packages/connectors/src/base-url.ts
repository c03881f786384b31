/** The setting `baseUrl`: where a provider's API is, for servers of one's own, gateways and tests. Its schema, its check, its use. */
import Type, { type TOptional, type TString } from 'typebox'
import { targetUrlProblem } from './target-url.ts'

/** No query and no fragment: paths are appended. No user and password: settings are readable. */
const baseUrlPattern = '^https?://[A-Za-z0-9\\[][^\\s?#@\\\\]*$'

/** The field for a server that every tenant must name, such as a homeserver. */
export const ownServerUrl = (description: string): TString =>
  Type.String({ title: 'Base URL', description, pattern: baseUrlPattern, maxLength: 2_000 })

/** The field for a vendor's server, with the address that is used without it. */
export const baseUrlSetting = (fallback: string): TOptional<TString> =>
  Type.Optional(
    ownServerUrl(`Address of another server that speaks the same API; default ${fallback}.`),
  )

/** The URL that paths are appended to, without a slash at its end. */
export const baseUrlOf = (baseUrl: string | undefined, fallback: string): string =>
  (baseUrl ?? fallback).replace(/\/+$/, '')

/** `check` of a connector whose only readable URL is `baseUrl`. */
export const baseUrlProblems = ({
  baseUrl,
}: {
  readonly baseUrl?: string | undefined
}): readonly { readonly pointer: string; readonly detail: string }[] => {
  const detail = baseUrl === undefined ? undefined : targetUrlProblem(baseUrl)
  return detail === undefined ? [] : [{ pointer: '/settings/baseUrl', detail }]
}
