/** Named statements: prepared once per connection, run on a pool or inside a transaction. */
import type { Pool, PoolClient } from 'pg'

/** A statement with a name is prepared once per connection. The name is unique in the program. */
export type Statement = { readonly name: string; readonly text: string }

/**
 * The same for the few statements that bring hundreds of rows at a time: each row is an array of its columns in their order, which
 * costs half of what an object with their names does. `Row` is a tuple type that has to fit the SQL.
 */
export const queryArrays = async <Row extends readonly unknown[]>(
  on: Pool | PoolClient,
  statement: Statement,
  values: unknown[],
): Promise<readonly Row[]> => {
  const { name, text } = statement
  const result = await on.query<unknown[]>({ name, text, values, rowMode: 'array' })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows are what the SQL says; tests run every statement
  return result.rows as unknown[] as Row[]
}

/** Runs a statement; returns its rows as the caller's row type, which has to fit the SQL. */
export const query = async <Row>(
  on: Pool | PoolClient,
  statement: Statement,
  values: unknown[],
): Promise<readonly Row[]> => {
  const result = await on.query({ name: statement.name, text: statement.text, values })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- rows are what the SQL says; tests run every statement
  return result.rows as Row[]
}
