/** The answer to the keys and the people of a suspended tenant. */
import { appError, type AppError } from '@carillon/domain/errors'

/** `forbidden`, with whom to ask. */
export const tenantSuspended = (): AppError =>
  appError('forbidden', { detail: 'The tenant is suspended: ask a platform admin.' })
