/**
 * What a source has read becomes durable: cursor, events with all that follows from them, quarantine and counts in ONE
 * transaction, and only while the source is ours. A crash before it reads the same again; after it nothing is read twice.
 */
import type { Pool, PoolClient } from 'pg'
import type { SourceBatch, SourceEvent, Unreadable } from '@carillon/connectors/source'
import type { Clock } from '@carillon/domain/clock'
import { asId } from '@carillon/domain/ids'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { incomingOf } from './incoming-of.ts'
import { keepUnreadable } from './keep-unreadable.ts'
import * as sql from './queries/runner.ts'
import { tellSource } from './tell-source.ts'

/** What features that follow a source's events are told, in the transaction that stores them. */
export type Stored = {
  readonly tenantId: string
  readonly integrationId: string
  readonly connector: string
  readonly events: readonly {
    readonly event: SourceEvent
    /** UUID. */
    readonly eventId: string
    readonly duplicate: boolean
  }[]
}

export type OnStored = (client: PoolClient, stored: Stored) => Promise<void>

export type StoreServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  readonly onStored?: OnStored | undefined
  readonly newId: IdGenerator
  readonly clock: Clock
}

/** A source that is ours, as far as we know. */
export type HeldSource = {
  readonly tenantId: string
  readonly integrationId: string
  readonly connector: string
  readonly name: string
  readonly owner: string
  readonly fence: number
  readonly runId: string
}

export type BatchStored = {
  /** False: the source is somebody else's by now; nothing was stored. */
  readonly isOurs: boolean
  readonly events: number
  readonly duplicates: number
  readonly unreadable: number
}

/** Events in one statement: as many as in one request of the API. */
const eventsAtOnce = 1_000

/** Stores the batch. Throws when the database does not answer; then it is not known whether it was stored, and read again. */
export const storeBatch = async (
  held: HeldSource,
  batch: SourceBatch,
  services: StoreServices,
): Promise<BatchStored> => {
  const sorted = sortOut(held, batch, services)
  const { result, accepted } = await inTransaction(
    services.pool,
    (client) => store(client, held, { ...sorted, cursor: batch.cursor }, services),
    { retry: true },
  )
  for (const each of accepted) services.onAccepted(each)
  return result
}

type Sorted = {
  readonly good: readonly { readonly source: SourceEvent; readonly event: IncomingEvent }[]
  readonly bad: readonly Unreadable[]
}

/** What can't be an event goes where the connector's own unreadable things go. */
const sortOut = (
  { tenantId }: HeldSource,
  { events, unreadable = [] }: SourceBatch,
  { clock }: StoreServices,
): Sorted => {
  const good: Sorted['good'][number][] = []
  const bad: Unreadable[] = [...unreadable]
  const given = { tenantId: asId('tenant', tenantId), now: clock.now() }
  for (const source of events) {
    const read = incomingOf(source, given)
    if (read.ok) good.push({ source, event: read.event })
    else bad.push({ id: source.id, reason: read.reason, raw: JSON.stringify(source) })
  }
  return { good, bad }
}

const store = async (
  client: PoolClient,
  held: HeldSource,
  given: Sorted & Pick<SourceBatch, 'cursor'>,
  services: StoreServices,
): Promise<{ readonly result: BatchStored; readonly accepted: readonly Accepted[] }> => {
  const { tenantId, integrationId, owner, fence, runId } = held
  const cursor = given.cursor === null ? null : JSON.stringify(given.cursor)
  const [row] = await query<{ told: boolean }>(client, sql.moveCursor, [
    tenantId,
    integrationId,
    owner,
    fence,
    cursor,
    given.good.length > 0,
  ])
  if (row === undefined)
    return { result: { isOurs: false, events: 0, duplicates: 0, unreadable: 0 }, accepted: [] }
  const accepted = await acceptAll(client, held, given.good, services)
  const unreadable = await keepUnreadable(client, held, {
    items: given.bad,
    newId: services.newId,
  })
  const all = accepted.flatMap(({ events }) => events)
  const duplicates = all.filter(({ duplicate }) => duplicate).length
  const events = all.length - duplicates
  await query(client, sql.countRun, [tenantId, runId, events, duplicates, unreadable])
  const told = row.told ? [await tellSource(client, held, services)] : []
  return {
    result: { isOurs: true, events, duplicates, unreadable },
    accepted: [...accepted, ...told],
  }
}

const acceptAll = async (
  client: PoolClient,
  { tenantId, integrationId, connector }: HeldSource,
  good: Sorted['good'],
  { acceptEvents, onStored }: StoreServices,
): Promise<readonly Accepted[]> => {
  const accepted: Accepted[] = []
  for (let at = 0; at < good.length; at += eventsAtOnce) {
    const part = good.slice(at, at + eventsAtOnce)
    // oxlint-disable-next-line no-await-in-loop -- in one transaction, in their order
    const answer = await acceptEvents(
      client,
      part.map(({ event }) => event),
    )
    accepted.push(answer)
    const events = part.flatMap(({ source: event }, index) => {
      const known = answer.events[index]
      return known === undefined ? [] : [{ event, ...known }]
    })
    // oxlint-disable-next-line no-await-in-loop -- see above
    await onStored?.(client, { tenantId, integrationId, connector, events })
  }
  return accepted
}
