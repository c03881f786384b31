/**
 * Keeps `last_used_at` of API keys, beside the requests: uses are gathered and written together, at most once a minute.
 * A hint for people who clear up, not an audit.
 */
import type { Pool } from 'pg'
import type { ApiKeyId } from '@carillon/domain/ids'
import type { Log } from '../platform/log.ts'
import type { Timers } from '../platform/timers.ts'
import { touchKeysAcrossTenants } from './queries/lookups.ts'

const everyMs = 60_000
/** The first use after a quiet minute is written soon, so that whoever tries a new key sees it. */
const soonMs = 1_000

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly timers: Timers
  readonly log: Pick<Log, 'warn'>
  readonly monotonicMs: () => number
}

/** What to call at every use of a key: it only notes the key. What was not written when the process ends is lost. */
export const createKeyUseRecorder = ({
  pool,
  timers,
  log,
  monotonicMs,
}: Options): ((keyId: ApiKeyId) => void) => {
  let used = new Set<ApiKeyId>()
  let writtenMs = -everyMs
  let isScheduled = false

  const write = async (): Promise<void> => {
    const ids = [...used]
    used = new Set()
    isScheduled = false
    writtenMs = monotonicMs()
    try {
      await touchKeysAcrossTenants(pool, ids)
    } catch (error) {
      // Not worth a retry: the next use is recorded anyway.
      log.warn({ err: error, keys: ids.length }, 'last use of API keys was not written')
    }
  }

  return (keyId) => {
    used.add(keyId)
    if (isScheduled) return
    isScheduled = true
    timers.after(Math.max(soonMs, writtenMs + everyMs - monotonicMs()), () => void write())
  }
}
