/** The embedded Postgres as a part of the process: started again when it dies by itself, given up when that does not help. */
import type { Started } from '../lifecycle/lifecycle.ts'
import type { Log } from '../log.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start-embedded-postgres.ts'

/** Deaths within the process's life after which it is not an accident any more (a full disk, a broken file). */
const maxRestarts = 20

/** Starts it. The address stays the same over restarts. `onLost` is called once when it can't be kept running. */
export const holdEmbeddedPostgres = async ({
  dataDir,
  log,
  onLost,
}: {
  readonly dataDir: string
  readonly log: Log
  readonly onLost: (reason: string) => void
}): Promise<Started<string>> => {
  let restarts = 0
  let stopping = false
  let current: EmbeddedPostgres = await start()
  const { url, port } = current

  async function start(fixedPort?: number): Promise<EmbeddedPostgres> {
    return await startEmbeddedPostgres({
      dataDir,
      log,
      ...(fixedPort === undefined ? {} : { port: fixedPort }),
      onExit: ({ reason, lastLines }) => {
        log.error({ reason, lastLines }, 'the embedded Postgres ended by itself')
        void restart()
      },
    })
  }

  async function restart(): Promise<void> {
    if (stopping) return
    restarts += 1
    if (restarts > maxRestarts) {
      onLost(`the embedded Postgres ended ${restarts} times`)
      return
    }
    try {
      current = await start(port)
      log.warn({ restarts }, 'the embedded Postgres was started again')
    } catch (error) {
      log.fatal({ err: error }, 'the embedded Postgres can not be started again')
      onLost('the embedded Postgres can not be started again')
    }
  }

  return {
    value: url,
    stop: async () => {
      stopping = true
      await current.stop()
    },
  }
}
