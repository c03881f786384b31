/**
 * The errors of the last day as the data of an event: what a schedule publishes to a subscription such as `SystemErrors`.
 * Collects; when, for whom, and under which type, is the schedule's business.
 */
import type { Pool } from 'pg'
import { addMs, instant, toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { slotLengthMs } from './gather-error-lines.ts'
import * as sql from './queries.ts'

type CollectedError = {
  /** The sentence of the log line. */
  readonly message: string
  /** The error's own message, or the reason, of the newest one. */
  readonly detail?: string
  readonly count: number
  /** RFC 3339. */
  readonly firstAt: string
  readonly lastAt: string
  /** `ten_…`, when the line names a tenant. */
  readonly tenant?: string
  /**
   * One of these lines as the log has it (JSON, cut at 4,000 characters); secrets and addresses are redacted. Left out
   * where there are so many kinds that the event would grow too large.
   */
  readonly line?: string
}

/** The event's `data`. */
export type ErrorsData = {
  /** Most frequent first, at most 1,000 kinds. */
  readonly errors: readonly CollectedError[]
  /** When they were collected, RFC 3339. */
  readonly timestamp: string
  /** From when on they were counted. */
  readonly since: string
  /** How many lines there were. */
  readonly total: number
  /** Of how many kinds; more than `errors` has where there are too many for one event. */
  readonly kinds: number
}

const dayMs = 86_400_000
const mostKinds = 1_000

/**
 * Errors of the day before `now`: of a tenant, or with `undefined` of the whole installation, which only a platform admin
 * may be told. Those of the first and last minutes may be in two days' digests; none falls between them. `pool` has the
 * role engine.
 */
export const collectErrorLines = async (
  pool: Pool,
  tenantId: TenantId | undefined,
  now: Instant,
): Promise<ErrorsData> => {
  const since = addMs(now, -dayMs - slotLengthMs)
  const range = { fromMs: since, untilMs: now, limit: mostKinds }
  const rows = await sql.collectErrorLines(pool, tenantId, range)
  return {
    errors: fitting(rows),
    timestamp: toIso(now),
    since: toIso(since),
    total: rows.reduce((total, row) => total + row.count, 0),
    kinds: rows.length,
  }
}

/** The data of an event has at most 256,000 characters; lines take up to here, the rest goes without. */
const charsWithLines = 150_000
const charsInAll = 240_000

const fitting = (rows: readonly sql.CollectedRow[]): readonly CollectedError[] => {
  const errors: CollectedError[] = []
  let chars = 0
  for (const row of rows) {
    const short = toCollected(row)
    const long = { ...short, line: row.sample }
    const fits = chars + JSON.stringify(long).length <= charsWithLines
    const error = fits ? long : short
    chars += JSON.stringify(error).length + 1
    if (chars > charsInAll) break
    errors.push(error)
  }
  return errors
}

const toCollected = (row: sql.CollectedRow): CollectedError => ({
  message: row.message,
  ...(row.detail === null ? {} : { detail: row.detail }),
  count: row.count,
  firstAt: toIso(instant(row.firstMs)),
  lastAt: toIso(instant(row.lastMs)),
  ...(row.tenantId === null ? {} : { tenant: printId('tenant', asId('tenant', row.tenantId)) }),
})
