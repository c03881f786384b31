/**
 * Errors as RFC 9457 problem documents: the one place that turns anything thrown into what a caller sees. Nothing of an
 * unknown error gets out but the id to find it in the log.
 */
import { Type, type Static } from 'typebox'
import { AppError, appError, errorTable, type ErrorCode } from '@carillon/domain/errors'

/** The media type of RFC 9457 §3. */
export const problemMediaType = 'application/problem+json'

export const problemSchema = Type.Object({
  type: Type.String({ description: 'urn:carillon:error:<code>' }),
  title: Type.String({
    description: 'What kind of problem it is; the same for every problem of this code.',
  }),
  status: Type.Integer({ description: 'The HTTP status.' }),
  code: Type.String({ description: 'For programs to decide by.' }),
  detail: Type.String({ description: 'What is wrong here, in a sentence.' }),
  remedy: Type.String({ description: 'What to do about it.' }),
  instance: Type.String({ description: 'The id of this request; the log has it too.' }),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.String({
          description:
            'RFC 6901 pointer into the body, or "?name" for the query, or "header name".',
        }),
        detail: Type.String({ description: 'What is wrong with the field and what to do.' }),
      }),
    ),
  ),
})

export type Problem = Static<typeof problemSchema>

export type Answer = {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
  /** True when it is a fault of ours: then the error must be logged. */
  readonly isFault: boolean
}

type Context = {
  readonly instance: string
  /** In bytes, for the text of "too large". */
  readonly bodyLimit: number
  /** Turns errors of libraries (the database is away) into ours; undefined: not one that it knows. */
  readonly translateError?: ((error: unknown) => AppError | undefined) | undefined
}

const showBytes = (bytes: number): string =>
  bytes >= 1_048_576 ? `${Number((bytes / 1_048_576).toFixed(1))} MB` : `${bytes} bytes`

const tooLarge = ({ bodyLimit }: Context): AppError =>
  appError('body_too_large', {
    detail: `The body is larger than the limit of ${showBytes(bodyLimit)}.`,
  })

const textOf = (error: unknown, key: 'code' | 'statusCode'): unknown =>
  typeof error === 'object' && error !== null && key in error
    ? Object.entries(error).find(([name]) => name === key)?.[1]
    : undefined

/** The errors of Fastify that a caller can cause. See node_modules/fastify/docs/Reference/Errors.md. */
const frameworkError = (error: unknown, context: Context): AppError | undefined => {
  switch (textOf(error, 'code')) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return tooLarge(context)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return appError('unsupported_media_type', {
        detail: 'The body has no content type that is understood here.',
      })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return appError('malformed_json', {
        detail: 'The body is shorter or longer than Content-Length says.',
      })
    case 'FST_ERR_BAD_URL':
      return appError('not_found', {
        detail: 'The path is not a valid URL path: encode it in UTF-8.',
      })
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return appError('not_found', { detail: 'A part of the path is longer than any id.' })
    default:
      return undefined
  }
}

/** A caller's mistake that Fastify or Node found without a code that we know (the connection broke in mid-body). */
const otherCallerError = (error: unknown): AppError | undefined => {
  const status = textOf(error, 'statusCode')
  return typeof status === 'number' && status >= 400 && status < 500
    ? appError('validation_failed', { detail: 'The request could not be read to its end.' })
    : undefined
}

const toAppError = (error: unknown, context: Context): AppError | undefined =>
  error instanceof AppError
    ? error
    : (context.translateError?.(error) ?? frameworkError(error, context) ?? otherCallerError(error))

const headersOf = (code: ErrorCode, error: AppError | undefined): Record<string, string> => {
  const wait = error?.retryAfterSeconds
  return {
    'content-type': problemMediaType,
    // An error that a cache keeps outlives its cause.
    'cache-control': 'no-store',
    ...(code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(wait === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) }),
  }
}

/** What the caller gets for anything that was thrown. */
export const toAnswer = (error: unknown, context: Context): Answer => {
  const known = toAppError(error, context)
  const code = known?.code ?? 'internal'
  const { status, title, remedy } = errorTable[code]
  const problem: Problem = {
    type: `urn:carillon:error:${code}`,
    title,
    status,
    code,
    detail: known?.detail ?? 'The request failed because of a fault on our side.',
    remedy,
    instance: context.instance,
    ...(known === undefined || known.errors.length === 0 ? {} : { errors: [...known.errors] }),
  }
  return { problem, headers: headersOf(code, known), isFault: code === 'internal' }
}
