/**
 * The cookie of a person's session: reading it, and refusing what another site makes a browser send with it. Setting it
 * is the library's business (`sign-in`).
 */
import type { IncomingHttpHeaders } from 'node:http'
import { appError } from '@carillon/domain/errors'
import { hashSessionToken } from './hash-session-token.ts'

const plainName = 'carillon.session_token'
/** Under https its name has a prefix with which browsers take it from this very host and from secure pages only. */
const hostCookie = /(?:^|;) *__Host-carillon\.session_token=([\w-]{16,64})[.%;]/
const plainCookie = /(?:^|;) *carillon\.session_token=([\w-]{16,64})[.%;]/

/**
 * What identifies the session in a Cookie header: the hash of its token. Undefined when there is none. `hostOnly`: a plain
 * name does not count, because other hosts of the domain can set it for us (session fixation). The signature behind the
 * token is not looked at: a token has 190 random bits, there is nothing to guess.
 */
export const sessionHashOf = (
  cookieHeader: string | undefined,
  { hostOnly = false }: { readonly hostOnly?: boolean } = {},
): string | undefined => {
  if (cookieHeader === undefined || !cookieHeader.includes(plainName)) return undefined
  const plain = hostOnly ? null : plainCookie.exec(cookieHeader)
  const token = (hostCookie.exec(cookieHeader) ?? plain)?.[1]
  return token === undefined ? undefined : hashSessionToken(token)
}

type Asked = { readonly method: string; readonly headers: IncomingHttpHeaders }

const isSafe = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

const isOurs = (
  origin: string,
  host: string | undefined,
  publicUrl: string | undefined,
): boolean => {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  return url.host === host || (publicUrl !== undefined && url.origin === new URL(publicUrl).origin)
}

/**
 * Against cross-site request forgery, beside SameSite=Lax: a request that changes something and carries the session's
 * cookie must come from a page of ours, which browsers say by Sec-Fetch-Site and Origin (Fetch Metadata; OWASP CSRF
 * cheat sheet). `strict: false`: the request is let through when it says neither. Throws `forbidden`.
 */
export const assertOwnSite = (
  { method, headers }: Asked,
  { publicUrl, strict }: { readonly publicUrl: string | undefined; readonly strict: boolean },
): void => {
  if (isSafe(method)) return
  const site = headers['sec-fetch-site']
  const { origin } = headers
  const fromElsewhere =
    (site !== undefined && site !== 'same-origin' && site !== 'none') ||
    (origin !== undefined && !isOurs(origin, headers.host, publicUrl))
  const saysNothing = site === undefined && origin === undefined
  if (!fromElsewhere && !(strict && saysNothing)) return
  throw appError('forbidden', {
    detail: fromElsewhere
      ? 'The request comes from a page of another site.'
      : 'A request with a session cookie must say where it comes from: send the header Origin with the address of this server, or use an API key.',
  })
}
