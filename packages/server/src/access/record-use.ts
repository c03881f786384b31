/**
 * Keeps `last_used_at` of API keys and sessions, beside the requests: uses are gathered and written together, at most
 * once a minute. A hint for people who clear up, not an audit.
 */
import type { Log } from '../platform/log.ts'
import type { Timers } from '../platform/timers.ts'

const everyMs = 60_000
/** The first use after a quiet minute is written soon, so that whoever tries a new key sees it. */
const soonMs = 1_000

type Options = {
  /** For the log: "API keys". */
  readonly what: string
  readonly write: (ids: readonly string[]) => Promise<void>
  readonly timers: Timers
  readonly log: Pick<Log, 'warn'>
  readonly monotonicMs: () => number
}

/** What to call at every use: it only notes the id. What was not written when the process ends is lost. */
export const createUseRecorder = ({
  what,
  write,
  timers,
  log,
  monotonicMs,
}: Options): ((id: string) => void) => {
  let used = new Set<string>()
  let writtenMs = -everyMs
  let isScheduled = false

  const writeAll = async (): Promise<void> => {
    const ids = [...used]
    used = new Set()
    isScheduled = false
    writtenMs = monotonicMs()
    try {
      await write(ids)
    } catch (error) {
      // Not worth a retry: the next use is recorded anyway.
      log.warn({ err: error, uses: ids.length }, `last use of ${what} was not written`)
    }
  }

  return (id) => {
    used.add(id)
    if (isScheduled) return
    isScheduled = true
    timers.after(Math.max(soonMs, writtenMs + everyMs - monotonicMs()), () => void writeAll())
  }
}
