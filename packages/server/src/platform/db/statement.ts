/** Named statements: prepared once per connection, run on a pool or inside a transaction. */
import type { Pool, PoolClient, QueryArrayConfig, QueryConfig } from 'pg'

/** A statement with a name is prepared once per connection. The name is unique in the program. */
export type Statement = { readonly name: string; readonly text: string }

/**
 * The same for the few statements that bring hundreds of rows at a time: each row is an array of its columns in their order, which
 * costs half of what an object with their names does. `Row` is a tuple type that has to fit the SQL.
 */
export const queryArrays = async <Row extends readonly unknown[]>(
  on: Pool | PoolClient,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> => {
  const config: QueryArrayConfig<unknown[]> = { name, text, values: [...values], rowMode: 'array' }
  try {
    const result = await on.query<unknown[]>(config)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows are what the SQL says; tests run every statement
    return rowsOf(result) as unknown[] as Row[]
  } finally {
    letGo(config)
  }
}

/** Runs a statement; returns its rows as the caller's row type, which has to fit the SQL. */
export const query = async <Row>(
  on: Pool | PoolClient,
  { name, text }: Statement,
  values: readonly unknown[],
): Promise<readonly Row[]> => {
  const config: QueryConfig<unknown[]> = { name, text, values: [...values] }
  try {
    const result = await on.query(config)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows are what the SQL says; tests run every statement
    return rowsOf(result) as Row[]
  } finally {
    letGo(config)
  }
}

/**
 * pg's objects of an ended query are garbage that young collections keep all the same, each holding on to the next (pg 8.23,
 * Node 24, where a query's callback is set after it was made: promises, `query_timeout`). With the parameters in them every
 * byte that was sent stayed until a full collection, and made one necessary each second: 22 % of the CPU of accepting events.
 * So they are emptied: they stay, and hold nothing.
 */
const letGo = (config: QueryConfig<unknown[]>): void => {
  config.values?.splice(0)
}

const rowsOf = <Row>(result: { rows: Row[] }): readonly Row[] => {
  const { rows } = result
  result.rows = []
  return rows
}
