/** An event of a source as `acceptEvents` takes it, checked as one that is posted. Pure. Not for storing it. */
import type { SourceEvent } from '@carillon/connectors/source'
import { toIso, type Instant } from '@carillon/domain/clock'
import { AppError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { readEvents } from '../ingest/read-events.ts'
import { parseJsonBody } from '../platform/http/json-body.ts'

export type IncomingResult =
  | { readonly ok: true; readonly event: IncomingEvent }
  | { readonly ok: false; readonly reason: string }

/** The first year that no timestamp of a source has: beyond it is a wrong unit. */
const latest = Date.UTC(2100, 0, 1)

/** The event, or a sentence that says why it can't be one. */
export const incomingOf = (
  given: SourceEvent,
  { tenantId, now }: { readonly tenantId: TenantId; readonly now: Instant },
): IncomingResult => {
  const { time, ...rest } = given
  if (time !== undefined && (time < 0 || time > latest))
    return { ok: false, reason: 'its time is not between 1970 and 2100' }
  try {
    // As it would be posted: no NUL, no half surrogates, no names that reach prototypes, nothing without end.
    parseJsonBody(Buffer.from(JSON.stringify(rest)))
    const body = { ...rest, ...(time === undefined ? {} : { time: toIso(time) }) }
    const [event] = readEvents(body, { tenantId, now })
    return event === undefined ? { ok: false, reason: 'it is no event' } : { ok: true, event }
  } catch (error) {
    if (error instanceof AppError) return { ok: false, reason: error.message }
    throw error
  }
}
