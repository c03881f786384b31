/**
 * Every error that a caller of ours can meet, in one table: code -> status and title. Thrown with `appError`, caught
 * once at the edge (`platform/http/problem.ts`), printed as an RFC 9457 problem. `docs/reference/errors.md` is
 * generated from this table. Not for outcomes of exchanges (`outcome.ts`) and not for bugs (they crash).
 */

type ErrorEntry = { readonly status: number; readonly title: string; readonly remedy: string }

export const errorTable = {
  validation_failed: {
    status: 400,
    title: 'The request is not valid',
    remedy: 'Correct the fields named in `errors`; each has a JSON pointer and a sentence.',
  },
  malformed_json: {
    status: 400,
    title: 'The body is not valid JSON',
    remedy: 'Send a JSON document with the header content-type: application/json.',
  },
  bad_cursor: {
    status: 400,
    title: 'The cursor is not one of ours',
    remedy: 'Start again without `cursor`, and pass `nextCursor` on unchanged.',
  },
  unauthenticated: {
    status: 401,
    title: 'Authentication is required',
    remedy:
      'Send `Authorization: Bearer <api key>` with a key that is neither revoked nor expired, or sign in.',
  },
  forbidden: {
    status: 403,
    title: 'The caller may not do this',
    remedy: 'Use a key, or ask somebody with a role, that has the right named in `detail`.',
  },
  not_found: {
    status: 404,
    title: 'There is no such thing here',
    remedy: 'Check the id and the tenant (header Carillon-Tenant).',
  },
  method_not_allowed: {
    status: 405,
    title: 'The path does not take this method',
    remedy: 'Use one of the methods in `Allow`; /api/docs lists all.',
  },
  conflict: {
    status: 409,
    title: 'It conflicts with what exists',
    remedy: 'Read the object named in `detail` and decide.',
  },
  idempotency_key_reused: {
    status: 409,
    title: 'The Idempotency-Key was used for another request',
    remedy: 'Use a new key for a new request; repeat a request with exactly the same body.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    remedy: 'Stay below the limit named in `detail`; split arrays of events.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    remedy: 'Send application/json (or application/cloudevents+json for events).',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    remedy: 'Wait for the seconds in Retry-After, then try again.',
  },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    remedy: 'Look for the `instance` of this answer in the log; it is a bug.',
  },
  unavailable: {
    status: 503,
    title: 'Not ready',
    remedy: 'Try again after the seconds in Retry-After.',
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

/** One field that is wrong: an RFC 6901 pointer into the body (or `?name` for the query) and a sentence that says the remedy. */
export type FieldError = { readonly pointer: string; readonly detail: string }

export class AppError extends Error {
  readonly code: ErrorCode
  readonly detail: string
  readonly errors: readonly FieldError[]
  /** Seconds for a Retry-After header. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, options: AppErrorOptions) {
    super(`${code}: ${options.detail}`, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.detail = options.detail
    this.errors = options.errors ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

type AppErrorOptions = {
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** Makes the error to throw. `detail` is a sentence for the caller: what is wrong here and what to do. */
export const appError = (code: ErrorCode, options: AppErrorOptions): AppError =>
  new AppError(code, options)
