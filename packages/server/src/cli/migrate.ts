/** `carillon migrate`: brings the database to this version's schema and ends. */
import { createLog } from '../platform/log.ts'
import { migrate } from '../platform/db/migrate.ts'
import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts'
import { loadConfig } from './load-config.ts'
import type { Verb } from './verb.ts'

export const migrateVerb: Verb = {
  name: 'migrate',
  summary: 'Bring the database to this version and end',
  help: `Usage: carillon migrate

Applies the migrations that the database lacks; does nothing when there are none. "carillon serve" does the same at its
start. Uses CARILLON_DATABASE_URL, or else the embedded server in CARILLON_DATA_DIR (which must not be running).`,
  run: async (_args, io) => {
    const config = loadConfig(io)
    if (config === undefined) return 2
    const log = createLog({ level: config.logLevel })
    const embedded =
      config.databaseUrl === undefined
        ? await startEmbeddedPostgres({ dataDir: config.dataDir, log })
        : undefined
    try {
      const url = embedded?.url ?? config.databaseUrl?.reveal() ?? ''
      const { applied } = await migrate({ url, log })
      io.out(applied.length === 0 ? 'nothing to do' : `applied: ${applied.join(', ')}`)
      return 0
    } finally {
      await embedded?.stop()
    }
  },
}
