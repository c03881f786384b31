/** A fan-out's row as the API shows it, and as the answer to a trigger. Pure. */
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId, type IdKind } from '@carillon/domain/ids'
import type { FunctionOutcome } from './claim-fan-outs.ts'
import type { FanOutView, TriggerAnswer } from './schema.ts'

export type FanOutRow = {
  readonly id: string
  readonly event_id: string
  readonly subscription_id: string | null
  readonly rule_id: string | null
  readonly origin: FanOutView['origin']
  readonly state: FanOutView['state']
  readonly audience: number | null
  readonly made: number
  readonly messages: number
  readonly skipped: number
  readonly skips: Readonly<Record<string, number>>
  readonly error_code: string | null
  readonly error_message: string | null
  readonly result: FunctionOutcome | null
  readonly tries: number
  readonly next_try_at: Instant | null
  readonly created_at: Instant
  readonly finished_at: Instant | null
}

const id = (kind: IdKind, uuid: string): string => printId(kind, asId(kind, uuid))

/** Null while it is open. A function's own word counts only when all went well. */
const successOf = ({ state, result }: FanOutRow): boolean | null => {
  if (state === 'open') return null
  return state === 'done' && (result?.success ?? true)
}

const pendingOf = ({ state, audience, made, skipped }: FanOutRow): number =>
  state === 'open' ? Math.max(0, (audience ?? 0) - made - skipped) : 0

/** The row as GET shows it. */
export const viewFanOut = (row: FanOutRow): FanOutView => ({
  id: id('fanOut', row.id),
  subscriptionId: row.subscription_id,
  event: id('event', row.event_id),
  rule: row.rule_id === null ? null : id('rule', row.rule_id),
  origin: row.origin,
  state: row.state,
  audience: row.audience,
  reached: row.made,
  messagesSent: row.messages,
  skipped: row.skipped,
  skips: Object.entries(row.skips).map(([reason, count]) => ({ reason, count })),
  pending: pendingOf(row),
  success: successOf(row),
  errorCode: row.error_code,
  errorMessage: row.error_message ?? row.result?.errorMessage ?? null,
  result: row.result === null ? null : { ...row.result.extra },
  tries: row.tries,
  nextTryAt: row.next_try_at === null ? null : toIso(row.next_try_at),
  createdAt: toIso(row.created_at),
  finishedAt: row.finished_at === null ? null : toIso(row.finished_at),
})

/** The answer to its trigger: what came of it so far. Our own fields win over a function's of the same name. */
export const answerOf = (row: FanOutRow): TriggerAnswer => {
  const errorMessage = row.error_message ?? row.result?.errorMessage
  return {
    ...row.result?.extra,
    success: successOf(row) ?? true,
    messagesSent: row.messages,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    ...(row.state === 'open' ? { pending: pendingOf(row) } : {}),
    skipped: row.skipped,
    fanOut: id('fanOut', row.id),
  }
}
