/**
 * What every POST that creates something in a tenant does around its use case: one transaction in the caller's tenant,
 * Idempotency-Key honoured, 201 answered. The same for platform
 * routes, which act across tenants. Not for events.
 *
 *     server.post('/api/v1/rules', { config, schema }, (request, reply) =>
 *       createWithKey(request, reply, pool, (client, tenantId) => createRule(client, tenantId, request.body)))
 */
import type { FastifyRequest } from 'fastify'
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant, inTransaction } from '../platform/db/transaction.ts'
import { hashRequest, parseIdempotencyKey } from '../platform/http/idempotency-key.ts'
import { principalOf, tenantOf } from '../platform/http/principal.ts'
import { idempotently, type IdempotentRequest, type PerhapsReplayed } from './idempotency.ts'

/** The part of Fastify's reply that is used; methods, so that replies of every response schema fit. */
type ReplyHead = {
  code(status: number): unknown
  header(name: string, value: string): unknown
}

type Options<Body> = {
  /** Of the answer when something was created; default 201. A function is asked after the work. */
  readonly status?: number | (() => number)
  /** See `idempotently`. */
  readonly redact?: (body: Body) => Body
}

/** What `idempotently` has to know of a request in this tenant. Throws `validation_failed` for a malformed key. */
const idempotentRequest = (request: FastifyRequest, tenantId: TenantId): IdempotentRequest => ({
  tenantId,
  key: parseIdempotencyKey(request.headers['idempotency-key']),
  operation: `${request.method} ${request.routeOptions.url ?? ''}`,
  bodyHash: hashRequest(request),
})

/** Sets status and, for a replay, the header `idempotent-replayed: true`; returns the body to send. */
const replyWith = <Body>(
  reply: ReplyHead,
  { status, body, replayed }: PerhapsReplayed<Body>,
): Body => {
  reply.code(status)
  if (replayed) reply.header('idempotent-replayed', 'true')
  return body
}

const answerOf = <Body>(body: Body, status: number | (() => number)) => ({
  status: typeof status === 'number' ? status : status(),
  body,
})

/**
 * Runs `work` in a transaction of the caller's tenant (`pool` has the role app), once per Idempotency-Key; returns the
 * body, ready to be returned by the route, with the status set. What `work` throws undoes everything, the key too.
 */
export const createWithKey = async <Body>(
  request: FastifyRequest,
  reply: ReplyHead,
  pool: Pool,
  work: (client: PoolClient, tenantId: TenantId) => Promise<Body>,
  { status = 201, redact }: Options<Body> = {},
): Promise<Body> => {
  const tenantId = tenantOf(request)
  const idempotent = idempotentRequest(request, tenantId)
  const answer = await inTenant(pool, tenantId, (client) =>
    idempotently(idempotent, client, async () => answerOf(await work(client, tenantId), status), {
      redact,
    }),
  )
  return replyWith(reply, answer)
}

/**
 * Like `createWithKey`, for routes of platform admins: `pool` has the role engine, the transaction has no tenant. The
 * key is kept in the tenant that the admin acts in (`not_found` when that is not there).
 */
export const createAcrossTenants = async <Body>(
  request: FastifyRequest,
  reply: ReplyHead,
  pool: Pool,
  work: (client: PoolClient) => Promise<Body>,
  { status = 201, redact }: Options<Body> = {},
): Promise<Body> => {
  const { tenantId, tenantSlug } = principalOf(request)
  if (tenantId === undefined) {
    throw appError('not_found', { detail: `There is no tenant "${tenantSlug}".` })
  }
  const idempotent = idempotentRequest(request, tenantId)
  const answer = await inTransaction(pool, (client) =>
    idempotently(idempotent, client, async () => answerOf(await work(client), status), {
      redact,
    }),
  )
  return replyWith(reply, answer)
}
