/**
 * Tells whether the database keeps what it has committed through a crash: everything that we promise rests on that. Not
 * for setting it (the embedded server's settings are in `embedded-postgres`).
 */
import { Client } from 'pg'
import type { BaseLogger } from 'pino'

/** Why each must be as it is, in words for whoever runs the server. */
const consequences: Readonly<Record<string, string>> = {
  fsync: 'a power failure can destroy the whole database',
  synchronous_commit: 'a crash can lose accepted events and repeat deliveries',
  full_page_writes: 'a power failure can leave torn pages',
}

/**
 * Looks at the settings that our sessions get and logs an error for each one that is `off`. Returns those sentences;
 * empty means durable. Throws when the database can't be reached.
 */
export const checkDurability = async (options: {
  readonly url: string
  readonly log: Pick<BaseLogger, 'error'>
}): Promise<readonly string[]> => {
  const client = new Client({ connectionString: options.url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name`,
      [Object.keys(consequences)],
    )
    const problems = rows.map(
      ({ name }) => `Postgres runs with ${name}=off: ${consequences[name]}.`,
    )
    for (const problem of problems) options.log.error({}, problem)
    return problems
  } finally {
    await client.end()
  }
}
