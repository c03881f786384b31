/** The session of a request, or that which an answer of better-auth has begun. Asks the database; not for the hot path. */
import type { Pool } from 'pg'
import { findSessionsAcrossTenants, type SessionRow } from '../queries/sessions.ts'
import { sessionHashOf } from '../session-cookie.ts'
import type { AuthAnswer } from './ask-auth.ts'

/** Of a Cookie header; undefined when it names none that is kept. `pool` has the role engine. */
export const findSessionOf = async (
  pool: Pool,
  cookie: string | undefined,
): Promise<SessionRow | undefined> => {
  const hash = sessionHashOf(cookie)
  return hash === undefined ? undefined : (await findSessionsAcrossTenants(pool, [hash]))[0]
}

/** Of the Set-Cookie lines of an answer: the name and value in front of the first semicolon. */
export const findNewSession = async (
  pool: Pool,
  { cookies }: Pick<AuthAnswer, 'cookies'>,
): Promise<SessionRow | undefined> =>
  findSessionOf(pool, cookies.map((cookie) => `${cookie.split(';', 1)[0] ?? ''};`).join(' '))
