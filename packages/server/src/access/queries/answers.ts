/** The SQL of answers that are kept for Idempotency-Key. */
import type { Pool, PoolClient } from 'pg'
import { query, type Statement } from '../../platform/db/statement.ts'

/**
 * A concurrent request with the same key waits here until the first one has ended. Status 0 stands only inside the
 * transaction that made the row. A row past its time counts as absent and is taken over; otherwise DO UPDATE, though it
 * changes nothing, locks the row, so that it can't be purged before `findAnswer` reads it.
 */
const reserveAnswerStatement: Statement = {
  name: 'reserve_answer',
  text: `
INSERT INTO idempotency_keys AS k (tenant_id, key, operation, body_hash, status, response)
VALUES ($1, $2, $3, $4, 0, 'null')
ON CONFLICT (tenant_id, key) DO UPDATE
   SET operation = excluded.operation, body_hash = excluded.body_hash, status = 0, response = 'null', created_at = now()
 WHERE k.created_at < now() - $5::float8 * interval '1 millisecond'
RETURNING 1 AS reserved`,
}

/** Takes the key for this request: true, or false when an earlier request has it. Waits for one that is under way. */
export const reserveAnswer = async (
  on: PoolClient,
  values: {
    readonly tenantId: string
    readonly key: string
    readonly operation: string
    readonly bodyHash: Buffer
    readonly keptForMs: number
  },
): Promise<boolean> => {
  const { tenantId, key, operation, bodyHash, keptForMs } = values
  const rows = await query(on, reserveAnswerStatement, [
    tenantId,
    key,
    operation,
    bodyHash,
    keptForMs,
  ])
  return rows.length === 1
}

export type AnswerRow<Body> = {
  readonly operation: string
  readonly body_hash: Buffer
  readonly status: number
  readonly response: Body
}

const findAnswerStatement: Statement = {
  name: 'find_answer',
  text: `
SELECT operation, body_hash, status, response::jsonb AS response FROM idempotency_keys WHERE tenant_id = $1 AND key = $2`,
}

/**
 * The answer of the request that has the key (of the same operation, so its body has that type; the caller compares). A statement of its own: READ COMMITTED shows it what was just
 * waited for.
 */
export const findAnswer = async <Body>(
  on: PoolClient,
  { tenantId, key }: { readonly tenantId: string; readonly key: string },
): Promise<AnswerRow<Body> | undefined> =>
  (await query<AnswerRow<Body>>(on, findAnswerStatement, [tenantId, key]))[0]

const keepAnswerStatement: Statement = {
  name: 'keep_answer',
  text: `
UPDATE idempotency_keys SET status = $3, response = $4::json WHERE tenant_id = $1 AND key = $2`,
}

/** Writes the answer into the reserved row. `response` is JSON text. */
export const keepAnswer = async (
  on: PoolClient,
  values: {
    readonly tenantId: string
    readonly key: string
    readonly status: number
    readonly response: string
  },
): Promise<void> => {
  const { tenantId, key, status, response } = values
  await query(on, keepAnswerStatement, [tenantId, key, status, response])
}

const releaseAnswerStatement: Statement = {
  name: 'release_answer',
  text: `DELETE FROM idempotency_keys WHERE tenant_id = $1 AND key = $2`,
}

/** Gives a reserved key back: its request came to nothing, and may be repeated. */
export const releaseAnswer = async (
  on: PoolClient,
  { tenantId, key }: { readonly tenantId: string; readonly key: string },
): Promise<void> => {
  await query(on, releaseAnswerStatement, [tenantId, key])
}

/** SKIP LOCKED: a key that a request is looking at now is purged the next time. */
const purgeAnswersAcrossTenantsStatement: Statement = {
  name: 'purge_answers',
  text: `
WITH old AS (
  SELECT tenant_id, key FROM idempotency_keys WHERE created_at < now() - $1::float8 * interval '1 millisecond'
   ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM idempotency_keys k USING old WHERE k.tenant_id = old.tenant_id AND k.key = old.key RETURNING 1 AS purged`,
}

/** Deletes at most `limit` answers older than `olderThanMs`; returns how many. */
export const purgeAnswersAcrossTenants = async (
  on: Pool,
  { olderThanMs, limit }: { readonly olderThanMs: number; readonly limit: number },
): Promise<number> =>
  (await query(on, purgeAnswersAcrossTenantsStatement, [olderThanMs, limit])).length
