/**
 * Reaches other databases of the test server. Not for the product's own connections (pool.ts).
 */
import { Client } from 'pg'

/** `url` with another database name. */
export const databaseUrl = (url: string, database: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(database)}`
  return changed.href
}

/** `fn` with a connection of its own, closed afterwards. */
export const withClient = async <Result>(
  url: string,
  fn: (client: Client) => Promise<Result>,
): Promise<Result> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}
