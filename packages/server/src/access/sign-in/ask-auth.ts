/**
 * One exchange with better-auth: from a request of ours to a web Request with only what it needs, and from its Response to
 * plain values, its errors to ours. The only place where its error codes are known.
 */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import { appError, type ErrorCode } from '@carillon/domain/errors'
import { authPath, clientIpHeader } from './sign-in-settings.ts'
import type { Auth } from './create-auth.ts'

export type AuthAnswer = {
  readonly body: unknown
  readonly cookies: readonly string[]
  readonly location: string | undefined
}

export type Question = {
  /** Below /api/auth, perhaps with a query. */
  readonly path: string
  readonly body?: object
  /** Where it differs from the request's. */
  readonly method?: 'GET'
}

/**
 * The request as better-auth is to see it. The address is ours, whatever Host says (links are made of it); so is Origin:
 * whether the page is ours was checked before (`assertOwnSite`).
 */
const toWebRequest = (
  request: FastifyRequest,
  baseUrl: string,
  { path, body, method }: Question,
): Request => {
  const query = request.url.indexOf('?')
  const search = query === -1 ? '' : request.url.slice(query)
  const headers = new Headers({
    origin: new URL(baseUrl).origin,
    'user-agent': request.headers['user-agent']?.slice(0, 400) ?? '',
    [clientIpHeader]: request.ip,
  })
  if (request.headers.cookie !== undefined) headers.set('cookie', request.headers.cookie)
  if (body !== undefined) headers.set('content-type', 'application/json')
  return new Request(`${baseUrl}${authPath}${path}${search}`, {
    method: method ?? request.method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const refusal = Type.Object({
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
})

/** Sentences of ours for what people meet; the rest is told in better-auth's words. */
const sentences: Readonly<Record<string, string>> = {
  INVALID_EMAIL_OR_PASSWORD: 'The e-mail address or the password is wrong.',
  FAILED_TO_CREATE_SESSION: 'The e-mail address or the password is wrong.',
  INVALID_PASSWORD: 'The password is wrong.',
  INVALID_CODE: 'The code is wrong or was used already.',
  INVALID_BACKUP_CODE: 'The backup code is wrong or was used already.',
  INVALID_TWO_FACTOR_COOKIE: 'The first step of signing in is too long ago: start again.',
  INVALID_TOKEN: 'The link is wrong, too old, or was used already.',
  SESSION_NOT_FRESH: 'You signed in too long ago for this: sign in again first.',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'There were too many wrong codes: sign in again.',
  ACCOUNT_TEMPORARILY_LOCKED: 'There were too many wrong codes: wait before you try again.',
}

/** The fields that such a refusal can be about; the one that was given counts. */
const fields: Readonly<Record<string, readonly string[]>> = {
  INVALID_PASSWORD: ['password', 'currentPassword'],
  INVALID_CODE: ['code'],
  INVALID_BACKUP_CODE: ['code'],
  INVALID_TOKEN: ['token'],
}

const codes: Readonly<Record<number, ErrorCode>> = {
  400: 'validation_failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  422: 'validation_failed',
  429: 'rate_limited',
}

const toError = (status: number, body: unknown, asked: object): Error => {
  const said = Check(refusal, body) ? body : {}
  const code = codes[status]
  if (code === undefined) {
    return new Error(`better-auth answered ${status} (${said.code ?? 'without a code'})`)
  }
  const detail =
    sentences[said.code ?? ''] ?? `${said.message ?? 'This can not be done'}.`.replace(/\.\.$/, '.')
  const field = fields[said.code ?? '']?.find((name) => Object.hasOwn(asked, name))
  return appError(code, {
    detail,
    ...(status === 429 ? { retryAfterSeconds: 60 } : {}),
    ...(field === undefined || code !== 'validation_failed'
      ? {}
      : { errors: [{ pointer: `/${field}`, detail }] }),
  })
}

const parse = (text: string): unknown => (text === '' ? undefined : JSON.parse(text))

/** Asks, and gives the answer. Throws our error for every refusal. */
export const askAuth = async (
  auth: Auth,
  request: FastifyRequest,
  { baseUrl, ...question }: Question & { readonly baseUrl: string },
): Promise<AuthAnswer> => {
  const response = await auth.handler(toWebRequest(request, baseUrl, question))
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  const body = isJson ? parse(text) : undefined
  if (response.status >= 400) throw toError(response.status, body, question.body ?? {})
  return {
    body,
    cookies: response.headers.getSetCookie(),
    location: response.headers.get('location') ?? undefined,
  }
}
