/** Who has just signed in or out, found by the session's cookie, and told as an event. Not for deciding who may. */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { AppError } from '@carillon/domain/errors'
import type { IdGenerator } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { defaultTenantSlug } from '../authenticate.ts'
import { findTenantIdsAcrossTenants } from '../queries/lookups.ts'
import type { SessionRow } from '../queries/sessions.ts'
import type { TellSignIn } from '../tell-sign-in.ts'
import type { AuthAnswer } from './ask-auth.ts'
import { findNewSession, findSessionOf } from './find-session.ts'
import { findPersonByEmailAcrossTenants } from './queries.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly tell: TellSignIn
  readonly log: Pick<Log, 'warn'>
}

export type NoteSignIn = {
  /** Does the request have a session that has not ended? */
  readonly isSignedIn: (request: FastifyRequest) => Promise<boolean>
  /** After an answer that may have set a session's cookie; without one nothing is told. */
  readonly signedIn: (request: FastifyRequest, answer: AuthAnswer, method: string) => Promise<void>
  /** After a refusal of this address; does not make the caller wait, so that time tells nothing of who is known. */
  readonly refused: (request: FastifyRequest, email: string, error: unknown) => void
  /** Before a session is ended; gives what tells it, for afterwards. */
  readonly leaving: (request: FastifyRequest) => Promise<() => Promise<void>>
}

const detailsOf = (request: FastifyRequest): Readonly<Record<string, string | null>> => ({
  ip: request.ip,
  userAgent: request.headers['user-agent']?.slice(0, 400) ?? null,
})

const personIn = ({ email, name }: { readonly email: string; readonly name: string }) => ({
  email,
  name,
})

/** Makes it. */
export const createNoteSignIn = ({ pool, newId, tell, log }: Options): NoteSignIn => {
  /** Those that the person is in; a platform admin is at home in the tenant `default`. */
  const tenantsOf = async (row: SessionRow): Promise<readonly string[]> => {
    const own = row.memberships.map(({ tenantId }) => tenantId)
    if (!row.platform_admin) return own
    const home = await findTenantIdsAcrossTenants(pool, [defaultTenantSlug])
    return [...new Set([...own, ...home.map(({ tenant_id: tenantId }) => tenantId)])]
  }
  const tellRefused = async (request: FastifyRequest, email: string): Promise<void> => {
    const person = await findPersonByEmailAcrossTenants(pool, email)
    if (person === undefined) return
    await tell({
      kind: 'login_failed',
      userId: person.id,
      tenantIds: person.tenant_ids,
      id: newId('request'),
      details: { ...personIn(person), ...detailsOf(request) },
    })
  }
  return {
    isSignedIn: async ({ headers }) =>
      ((await findSessionOf(pool, headers.cookie))?.expires_in_ms ?? 0) > 0,
    signedIn: async (request, answer, method) => {
      const row = await findNewSession(pool, answer)
      if (row === undefined) return
      await tell({
        kind: 'login',
        userId: row.user_id,
        tenantIds: await tenantsOf(row),
        id: row.id,
        details: { ...personIn(row), method, ...detailsOf(request) },
      })
    },
    refused: (request, email, error) => {
      if (!(error instanceof AppError) || error.code !== 'unauthenticated') return
      tellRefused(request, email).catch((cause: unknown) =>
        log.warn({ err: cause }, 'a refused sign-in was not told'),
      )
    },
    leaving: async (request) => {
      const row = await findSessionOf(pool, request.headers.cookie)
      if (row === undefined) return async () => {}
      return async () =>
        tell({
          kind: 'logout',
          userId: row.user_id,
          tenantIds: await tenantsOf(row),
          id: row.id,
          details: { ...personIn(row), ...detailsOf(request) },
        })
    },
  }
}
