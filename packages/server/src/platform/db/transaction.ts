/**
 * Runs work in one database transaction, on its own or inside a tenant. Not for deciding what to do with an error:
 * everything but a wanted retry is passed on.
 */
import { DatabaseError, type Pool, type PoolClient } from 'pg'
import { currentActor } from '../actor.ts'

export type TransactionOptions = {
  /**
   * Repeat the work, at most three times, when the database undid it because of another transaction (40001, 40P01).
   * Only for work that has no effect outside of the database.
   */
  readonly retry?: boolean
}

type Work<Result> = (client: PoolClient) => Promise<Result>

const maxRetries = 3
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * `fn` in a transaction of role `app` whose rows are those of one tenant; commits when it resolves, rolls back when it
 * throws. The tenant goes with BEGIN in one message: a round trip of its own would cost a third of the throughput.
 * Throws when `tenantId` is not a UUID.
 */
export const inTenant = async <Result>(
  pool: Pool,
  tenantId: string,
  fn: Work<Result>,
  options: TransactionOptions = {},
): Promise<Result> => {
  // Checked because the simple protocol, which takes two statements at once, takes no parameters.
  if (!uuidPattern.test(tenantId)) throw new Error(`not a tenant id: ${JSON.stringify(tenantId)}`)
  return attempt(pool, opening(`set_config('app.tenant', '${tenantId}', true)`), fn, options)
}

/** `fn` in a transaction; commits when it resolves, rolls back and passes the error on when it throws. */
export const inTransaction = async <Result>(
  pool: Pool,
  fn: Work<Result>,
  options: TransactionOptions = {},
): Promise<Result> => attempt(pool, opening(), fn, options)

/** BEGIN with the settings of the transaction, in one message. The actor is what the audit log's triggers write down. */
const opening = (...settings: readonly string[]): string => {
  const actor = currentActor()
  const all =
    actor === undefined ? settings : [...settings, `set_config('app.actor', '${actor}', true)`]
  return all.length === 0 ? 'BEGIN' : `BEGIN; SELECT ${all.join(', ')}`
}

const attempt = async <Result>(
  pool: Pool,
  begin: string,
  fn: Work<Result>,
  options: TransactionOptions,
): Promise<Result> => {
  for (let retries = 0; ; retries += 1) {
    try {
      return await once(pool, begin, fn)
    } catch (error) {
      if (options.retry !== true || retries === maxRetries || !isUndone(error)) throw error
    }
  }
}

const isUndone = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === '40001' || error.code === '40P01')

const once = async <Result>(pool: Pool, begin: string, fn: Work<Result>): Promise<Result> => {
  const client = await pool.connect()
  try {
    await client.query(begin)
    const result = await fn(client)
    const { command } = await client.query('COMMIT')
    // COMMIT of a transaction that has failed answers ROLLBACK, without an error: `fn` has swallowed one.
    if (command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back')
    client.release()
    return result
  } catch (error) {
    await rollBack(client, error)
    throw error
  }
}

/** Gives the client back clean, or destroys it when it isn't known to be clean. Never throws. */
const rollBack = async (client: PoolClient, cause: unknown): Promise<void> => {
  if (isUnanswered(cause)) {
    client.release(true)
    return
  }
  const isClean = await client.query('ROLLBACK').then(
    () => true,
    () => false,
  )
  client.release(!isClean)
}

/** A query timeout of ours (not the server's): the answer may still come, so nothing more can be said on that connection. */
const isUnanswered = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Query read timeout'
