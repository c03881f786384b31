/**
 * A program for tests: starts an embedded Postgres in the folder named by its argument, prints one line of JSON
 * (`{ "url" }` or `{ "error" }`) and stays until it is killed or its standard input ends. Not part of the product.
 */
import { pino } from 'pino'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

const say = (line: unknown): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

try {
  const dataDir = process.argv[2] ?? ''
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
  say({ url: postgres.url })
  process.stdin.resume()
  process.stdin.once('end', () => {
    postgres.stop().catch((error: unknown) => say({ error: String(error) }))
  })
} catch (error) {
  say({ error: String(error) })
}
