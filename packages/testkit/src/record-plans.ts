/** Tells how Postgres would run what a function asks it, with the parameters that it really gives. Not for times. */
import type { PoolClient } from 'pg'

/**
 * A client like this one that writes the plan of every statement, a line each, before it runs it. Small tables are read from end
 * to end whatever their indexes are: from here on the transaction does so only where nothing else is possible.
 */
export const recordPlans = async (
  client: PoolClient,
): Promise<{ readonly client: PoolClient; readonly plan: readonly string[] }> => {
  const plan: string[] = []
  const explain = async (text: string, values: unknown[]): Promise<void> => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (COSTS OFF) ${text}`,
      values,
    )
    plan.push(...rows.map((row) => row['QUERY PLAN'].trim()))
  }
  const query = async (
    asked: string | { readonly text: string; readonly values?: unknown[] },
    values: unknown[] = [],
  ): Promise<unknown> => {
    const { text, values: own = values } = typeof asked === 'string' ? { text: asked } : asked
    if (!text.startsWith('SET ')) await explain(text, own)
    return await client.query(text, own)
  }
  await client.query('SET LOCAL enable_seqscan = off')
  const recording = new Proxy(client, {
    get: (target, key): unknown => (key === 'query' ? query : Reflect.get(target, key)),
  })
  return { client: recording, plan }
}
