/**
 * Requests that are repeated with the same Idempotency-Key happen once: the key is written in the transaction that
 * creates, so both are there or neither. Not for events: those are told apart by their source and id. Routes use it
 * through `create-with-key.ts`.
 */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import {
  findAnswer,
  keepAnswer,
  purgeAnswersAcrossTenants,
  releaseAnswer,
  reserveAnswer,
  type AnswerRow,
} from './queries/answers.ts'

/** How long a key is remembered: 24 hours, as clients know it from Stripe and others. */
export const answersKeptForMs = 86_400_000

export type IdempotentRequest = {
  readonly tenantId: string
  /** Undefined: the caller sent none; the work is simply done. */
  readonly key: string | undefined
  /** Method and path pattern, e.g. "POST /api/v1/rules". */
  readonly operation: string
  /** SHA-256 of the request (`hashRequest`). */
  readonly bodyHash: Buffer
}

export type Answer<Body> = { readonly status: number; readonly body: Body }
/** `replayed`: nothing was done now; this is the answer of the first request. */
export type PerhapsReplayed<Body> = Answer<Body> & { readonly replayed: boolean }

type Options<Body> = {
  /** What is stored of the body for replays, when it holds something that must not be stored. Default: all of it. */
  readonly redact?: ((body: Body) => Body) | undefined
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300

const reused = (key: string): Error =>
  appError('idempotency_key_reused', {
    detail: `The Idempotency-Key "${key}" was used in the last 24 hours for another path or body.`,
  })

const replay = <Body>(
  row: AnswerRow<Body> | undefined,
  key: string,
  { operation, bodyHash }: IdempotentRequest,
): PerhapsReplayed<Body> => {
  // `reserveAnswer` has locked the row, so it can't be gone.
  if (row === undefined) throw new Error('the row of an Idempotency-Key is gone while locked')
  if (row.operation !== operation || !row.body_hash.equals(bodyHash)) throw reused(key)
  return { status: row.status, body: row.response, replayed: true }
}

/**
 * Does `work` once for a key: `client` is inside the transaction in which `work` writes. A repetition, also one that
 * comes while the first is under way, gets the first one's answer. Only answers with 2xx are kept; when `work` throws
 * or answers otherwise the key is free again. Throws `idempotency_key_reused` when operation or body differ.
 */
export const idempotently = async <Body>(
  request: IdempotentRequest,
  client: PoolClient,
  work: () => Promise<Answer<Body>>,
  { redact = (body) => body }: Options<Body> = {},
): Promise<PerhapsReplayed<Body>> => {
  const { tenantId, key } = request
  if (key === undefined) return { ...(await work()), replayed: false }
  const isFirst = await reserveAnswer(client, { ...request, key, keptForMs: answersKeptForMs })
  if (!isFirst) return replay(await findAnswer<Body>(client, { tenantId, key }), key, request)
  const answer = await work()
  const { status, body } = answer
  if (isSuccess(status)) {
    await keepAnswer(client, { tenantId, key, status, response: JSON.stringify(redact(body)) })
  } else await releaseAnswer(client, { tenantId, key })
  return { ...answer, replayed: false }
}

/**
 * For the scheduler: deletes at most `limit` answers that are older than `olderThanMs`, of all tenants; returns how
 * many. `pool` has the role engine.
 */
export const purgeIdempotencyKeys = async (
  pool: Pool,
  olderThanMs: number,
  limit: number,
): Promise<number> => purgeAnswersAcrossTenants(pool, { olderThanMs, limit })
