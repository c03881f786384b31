/** Errors of the database driver that are nobody's mistake but the moment's: the caller is told to come again. */
import { appError, type AppError } from '@carillon/domain/errors'

/** SQLSTATE classes and codes that pass: connection (08), undone for another's sake (40), resources (53), shutdown and recovery (57P), cancelled (57014), locks (55P03), ended while it waited for us (25P03), read-only after a failover (25006). */
const passing = /^(08|40|53|57P0|57014|55P03|25P03|25006)/
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
])
/** pg gives these without a code. */
const driverWords =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error/

/** Does this error pass by itself? Then what was asked for is not to blame, and may be asked for again. */
export const isPassingDbError = (error: unknown): boolean => translateDbError(error) !== undefined

/** `unavailable` with Retry-After for errors that pass, undefined for all others. */
export const translateDbError = (error: unknown): AppError | undefined => {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const passes = passing.test(code) || networkCodes.has(code) || driverWords.test(error.message)
  return passes
    ? appError('unavailable', {
        detail: 'The database does not answer at the moment.',
        retryAfterSeconds: 2,
        cause: error,
      })
    : undefined
}
