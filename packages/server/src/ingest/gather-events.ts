/**
 * Concurrent requests gathered into one transaction: while a flusher waits for its commit the next batch collects. This
 * accepted 14,700 requests/s where a transaction a request made 2,800 (performance.md §1).
 */
import type { Pool } from 'pg'
import { systemTimers } from '../platform/timers.ts'
import type { ReserveRows } from '../delivery/hand-over.ts'
import type { Accepted, AcceptEvents } from './accept-events.ts'
import type { AcceptedEvent, IncomingEvent } from './incoming-event.ts'

/** The second one keeps waits short where batches are small, and commits while the next batch is read where they are large. */
const flushers = 2
/**
 * In between it is better to wait for the first: 64 callers as one batch cost Postgres 28 % and us 14 % less for each event
 * than as two (bench `ingest`), since most of a small batch's price is the statement's own.
 */
const smallBatch = 16
const largeBatch = 250
/** Callers that were just answered come back within this: their next events are a batch, not a handful and then the rest. */
const returnMs = 1
/** Events in one transaction. Longer ones gain nothing and make everybody wait. */
const batchMax = 1_000
/** Events that may wait here; beyond it the caller is told to come again (503), instead of the memory filling up. */
const waitingMax = 20_000

type Waiting = {
  readonly events: readonly IncomingEvent[]
  readonly resolve: (accepted: readonly AcceptedEvent[]) => void
  readonly reject: (error: unknown) => void
}

export type GatherEvents = {
  /** Resolves when the events are durable. Rejects when they are not, or when it can't be known. */
  readonly accept: (events: readonly IncomingEvent[]) => Promise<readonly AcceptedEvent[]>
  /** False: too many are waiting. */
  readonly hasRoom: (events: number) => boolean
}

export type GatherOptions = {
  readonly pool: Pool
  readonly acceptEvents: AcceptEvents
  /** Hears of each committed batch. */
  readonly onAccepted: (accepted: Accepted) => void
  /** The worker of this process, if it has one: it sends what it has places for without a claim. */
  readonly reserve?: ReserveRows | undefined
}

/** Makes the gatherer. */
export const createGatherEvents = ({
  pool,
  acceptEvents,
  onAccepted,
  reserve,
}: GatherOptions): GatherEvents => {
  const waiting: Waiting[] = []
  let waitingEvents = 0
  let busy = 0
  /** Events in the transactions under way. */
  let writing = 0

  const mayFlush = (): boolean =>
    waiting.length > 0 && (busy === 0 || writing < smallBatch || waitingEvents >= largeBatch)

  const takeBatch = (): readonly Waiting[] => {
    let events = 0
    let requests = 0
    for (const { events: own } of waiting) {
      if (requests > 0 && events + own.length > batchMax) break
      events += own.length
      requests += 1
    }
    waitingEvents -= events
    return waiting.splice(0, requests)
  }

  const flush = async (): Promise<void> => {
    while (mayFlush()) {
      busy += 1
      const batch = takeBatch()
      const events = batch.reduce((sum, { events: own }) => sum + own.length, 0)
      writing += events
      // oxlint-disable-next-line no-await-in-loop -- one transaction after the other is what a flusher is
      await settle(batch, (events) => acceptEvents(pool, events, reserve), onAccepted)
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (events >= smallBatch && waitingEvents < events / 2) await pause()
      writing -= events
      busy -= 1
    }
  }

  return {
    hasRoom: (events) => waitingEvents + events <= waitingMax,
    accept: (events) =>
      new Promise((resolve, reject) => {
        waiting.push({ events, resolve, reject })
        waitingEvents += events.length
        if (busy < flushers && mayFlush()) void flush()
      }),
  }
}

const pause = async (): Promise<void> =>
  await new Promise((resolve) => void systemTimers.after(returnMs, resolve))

/** Accepts a batch; when that fails, each request by itself, so that one bad request harms only itself. */
const settle = async (
  batch: readonly Waiting[],
  accept: (events: readonly IncomingEvent[]) => Promise<Accepted>,
  onAccepted: (accepted: Accepted) => void,
): Promise<void> => {
  try {
    const accepted = await accept(batch.flatMap(({ events }) => events))
    let at = 0
    for (const { events, resolve } of batch) {
      resolve(accepted.events.slice(at, at + events.length))
      at += events.length
    }
    onAccepted(accepted)
  } catch (error) {
    const [only] = batch
    if (batch.length === 1) only?.reject(error)
    // Side by side: each is a transaction of its own, and one failing must not hold up the others.
    else await Promise.all(batch.map(async (one) => await settle([one], accept, onAccepted)))
  }
}
