/**
 * A code of a second factor lets in once (RFC 6238 §5.2): better-auth takes a TOTP again within its time. Who has seen it
 * being typed must not come after.
 */
import type { Pool } from 'pg'
import { AppError, appError } from '@carillon/domain/errors'
import { endSessions } from '../end-sessions.ts'
import type { AuthAnswer } from './ask-auth.ts'
import { findNewSession } from './find-session.ts'
import type { LimitAttempts } from './limit-attempts.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly limit: LimitAttempts
}

/** To be called with what better-auth answered to a code that it took. Throws `unauthenticated` at the second time. */
export type UseCodeOnce = (code: string, answer: AuthAnswer) => Promise<void>

/** Makes it. A session that a used code has begun is ended before anybody sees its cookie. */
export const createUseCodeOnce = ({ pool, limit }: Options): UseCodeOnce => {
  return async (code, answer) => {
    const session = await findNewSession(pool, answer)
    if (session === undefined) return
    try {
      await limit.take([{ limit: 'one code', of: `${session.user_id} ${code}` }])
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      await endSessions(pool, { userId: session.user_id, only: session.id })
      throw appError('unauthenticated', {
        detail: 'The code was used already: sign in again, with the next one.',
        cause: error,
      })
    }
  }
}
