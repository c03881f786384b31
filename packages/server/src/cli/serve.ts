/** `carillon serve`: the server. Runs until it is told to stop; a second signal ends it at once. */
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { createErrorLineGatherer } from '../error-lines/gather-error-lines.ts'
import type { Io } from '../main.ts'
import { createLifecycle } from '../platform/lifecycle/lifecycle.ts'
import { listenForStop } from '../platform/lifecycle/stop-signals.ts'
import { createLog } from '../platform/log.ts'
import { describeStartFailure } from './describe-start-failure.ts'
import { loadConfig } from './load-config.ts'
import type { Verb } from './verb.ts'

export const serveVerb: Verb = {
  name: 'serve',
  summary: 'Run the server: API, worker and scheduler (what "npm start" does)',
  help: `Usage: carillon serve

Starts what CARILLON_ROLES names (default: api,worker,scheduler). Without CARILLON_DATABASE_URL it brings its own Postgres,
with the data in CARILLON_DATA_DIR (./data). SIGTERM or Ctrl-C stops it: what is in flight is finished, the rest stays
in the database. A second signal ends it at once; nothing is lost by that either.

All settings: carillon config, docs/reference/config.md`,
  run: async (_args, io) => {
    const config = loadConfig(io)
    return config === undefined ? 2 : await serve(config, io)
  },
}

const serve = async (config: Config, io: Io): Promise<number> => {
  const errorLines = createErrorLineGatherer()
  const log = createLog({ level: config.logLevel, onErrorLine: errorLines.take })
  const lifecycle = createLifecycle({ log })
  const ended = Promise.withResolvers<number>()
  const stop = async (code: number): Promise<void> => {
    const { failed } = await lifecycle.stop()
    ended.resolve(failed.length === 0 ? code : 1)
  }
  const unlisten = listenForStop({
    source: process,
    log,
    onStop: () => void stop(0),
    onAbort: () => process.exit(1),
  })
  // The launcher died without a word (kill -9): nobody can stop us any more, so we stop ourselves.
  const onDisconnect = (): void => void stop(0)
  process.once('disconnect', onDisconnect)
  try {
    // Loaded here: the other verbs start without the whole server.
    const { startApp } = await import('../app.ts')
    const app = await startApp({
      config,
      log,
      lifecycle,
      errorLines,
      onFatal: (reason) => {
        log.fatal({ reason }, 'the process ends')
        void stop(1)
      },
    })
    welcome(app, config, io)
    return await ended.promise
  } catch (error) {
    // Told to stop while it was starting: that is no failure.
    if (lifecycle.signal.aborted) return await ended.promise
    io.err(`carillon: ${describeStartFailure(error)}`)
    await lifecycle.stop()
    return 1
  } finally {
    unlisten()
    process.off('disconnect', onDisconnect)
    if (process.connected) process.disconnect()
  }
}

const welcome = (app: App, config: Config, io: Io): void => {
  if (app.url === undefined) return io.out(`Carillon is ready (${config.roles.join(', ')})`)
  io.out(`Carillon is ready at ${app.url}`)
  io.out(`  API and its pages   ${app.url}/api/docs`)
  io.out(`  health, metrics     ${app.url}/health/ready  ${app.url}/metrics`)
  if (app.setupToken !== undefined) {
    const base = config.publicUrl ?? app.url
    io.out(`  set it up here      ${base}/setup#token=${app.setupToken}`)
  } else io.out(`  web UI              ${app.url}`)
  if (app.adminKeyFile !== undefined) io.out(`  your admin API key  is in ${app.adminKeyFile}`)
  io.out('  what to do next     README.md, "The five-minute tour"')
}
