/**
 * Triggers a subscription: the event and its fan-out become durable in one statement, a small audience is expanded at once,
 * and the answer is what came of it. A repeated Idempotency-Key finds the first one's fan-out again.
 */
import type { Pool, PoolClient } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type FanOutId, type TenantId } from '@carillon/domain/ids'
import type { GatherEvents } from '../ingest/gather-events.ts'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import { query } from '../platform/db/statement.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { sleep, withinDeadline } from '../platform/lifecycle/waiting.ts'
import { findNearestTarget } from '../rules/find-publish-target.ts'
import type { Expander } from './create-expander.ts'
import { answerOf, type FanOutRow } from './fan-out-view.ts'
import { findFanOutRow } from './find-fan-out.ts'
import * as sql from './queries/reads.ts'
import type { TriggerAnswer } from './schema.ts'

export const triggeredType = 'subscription.triggered'
const source = 'carillon/trigger'

/** Up to here whoever triggers waits for the result; one chunk of a function. */
const largestAtOnce = 1_000
/** So long it waits; then the answer is `pending`, and the work goes on. */
const standardAnswerMs = 20_000
/** For so long the background leaves a new fan-out to the process that made it. */
const holdMs = 30_000
/** How often somebody looks who waits for another one's work. */
const lookEveryMs = 100
/** As for any event: documents belong into a store. */
const maxDataChars = 256_000
const fullRetrySeconds = 2

export type TriggerServices = {
  /** Pool of role carillon_app. */
  readonly pool: Pool
  readonly gather: GatherEvents
  readonly expander: Pick<Expander, 'expandNew'>
  readonly newId: IdGenerator
  /** Default 20 s. */
  readonly answerWithinMs?: number
}

export type TriggerWish = {
  readonly tenantId: TenantId
  readonly subscriptionId: string
  readonly eventParameters: Readonly<Record<string, unknown>>
  /** The Idempotency-Key. */
  readonly key: string | undefined
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export type Triggered = { readonly answer: TriggerAnswer; readonly replayed: boolean }

/**
 * The execution's result. Throws `not_found`, `idempotency_key_reused` for a key with another request, `unavailable` when
 * too many events wait.
 */
export const triggerSubscription = async (
  wish: TriggerWish,
  services: TriggerServices,
): Promise<Triggered> => {
  const { tenantId, eventParameters } = wish
  const { pool, expander, answerWithinMs = standardAnswerMs } = services
  const dataJson = JSON.stringify(eventParameters)
  if (dataJson.length > maxDataChars) {
    const detail = `Has ${dataJson.length} characters of JSON, at most ${maxDataChars}: keep documents elsewhere and send a link.`
    requireValid([{ pointer: '/eventParameters', detail }])
  }
  const until = monotonicMs() + answerWithinMs
  const { id, replayed } = await accept(wish, dataJson, services)
  if (!replayed) {
    const made = { tenantId, id }
    await withinDeadline(answerWithinMs, () => expander.expandNew(made, largestAtOnce))
  }
  const row = await settled(pool, { tenantId, id, until, signal: wish.signal })
  return { answer: answerOf(row), replayed }
}

type Accepted = { readonly id: FanOutId; readonly replayed: boolean }

const accept = async (
  { tenantId, subscriptionId, eventParameters: data, key }: TriggerWish,
  dataJson: string,
  { pool, gather, newId }: TriggerServices,
): Promise<Accepted> => {
  const subscription = await inTenant(pool, tenantId, (client) =>
    requireTriggered(client, tenantId, subscriptionId),
  )
  if (!gather.hasRoom(1)) {
    const detail = 'Too many events are waiting to be stored.'
    throw appError('unavailable', { detail, retryAfterSeconds: fullRetrySeconds })
  }
  const id = newId('fanOut')
  const time = systemClock.now()
  const sourceId = key ?? printId('event', newId('event'))
  const about = { id: sourceId, source, type: triggeredType, subject: subscriptionId }
  const view = { ...about, time: toIso(time), data }
  const publish = {
    fanOutId: id,
    subscription: subscription.id,
    origin: 'trigger',
    holdMs,
  } as const
  const [event] = await gather.accept([{ tenantId, view, time, dataJson, publish }])
  if (event === undefined) throw new Error('accepting one event gave no answer')
  if (!event.duplicate) return { id, replayed: false }
  return {
    id: await repeatedOf(event.eventId, { tenantId, subscriptionId, dataJson, pool }),
    replayed: true,
  }
}

/** Throws `not_found` with the name that was meant: people type these names into other programs. */
const requireTriggered = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<{ readonly id: string }> => {
  const [row] = await query<{ id: string }>(client, sql.findTriggered, [tenantId, subscriptionId])
  if (row !== undefined) return row
  const nearest = await findNearestTarget(client, tenantId, subscriptionId)
  throw nearest === undefined ? notFound() : notFound(`Did you mean "${nearest}"?`)
}

type Repeated = { readonly id: string; readonly subject: string | null; readonly data: string }

/** The fan-out of the first request with this key, which has to have been the same. */
const repeatedOf = async (
  eventId: string,
  given: Pick<TriggerWish, 'tenantId' | 'subscriptionId'> & {
    readonly dataJson: string
    readonly pool: Pool
  },
): Promise<FanOutId> => {
  const { tenantId, subscriptionId, dataJson, pool } = given
  const [first] = await inTenant(pool, tenantId, (client) =>
    query<Repeated>(client, sql.findRepeated, [tenantId, eventId]),
  )
  if (first?.subject === subscriptionId && first.data === dataJson) return asId('fanOut', first.id)
  const detail = 'This Idempotency-Key triggered another subscription, or with other parameters.'
  throw appError('idempotency_key_reused', { detail })
}

/** The row once it has ended, or is known to be large, or the time is over. */
const settled = async (
  pool: Pool,
  wait: {
    readonly tenantId: TenantId
    readonly id: FanOutId
    readonly until: number
    readonly signal: AbortSignal
  },
): Promise<FanOutRow> => {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- looked at again and again
    const row = await findFanOutRow(pool, wait.tenantId, wait.id)
    const isLarge = (row.audience ?? 0) > largestAtOnce
    const isOver = monotonicMs() >= wait.until || wait.signal.aborted
    if (row.state !== 'open' || isLarge || isOver) return row
    // oxlint-disable-next-line no-await-in-loop -- see above
    await sleep(lookEveryMs, wait.signal)
  }
}
