/**
 * What a call of a hook brought becomes durable in one transaction, before it is answered: receipts, events with all that
 * follows from them, hints, and what could not be read. A repetition changes nothing.
 */
import type { Pool, PoolClient } from 'pg'
import type { HookAnswer } from '@carillon/connectors/receipts'
import type { Clock } from '@carillon/domain/clock'
import type { Unreadable } from '@carillon/connectors/source'
import { asId } from '@carillon/domain/ids'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { keepReceipts } from '../receipts/keep-receipts.ts'
import { incomingOf } from './incoming-of.ts'
import { keepUnreadable } from './keep-unreadable.ts'
import * as sql from './queries/storing.ts'

export type HookStoreServices = {
  /** Of role engine. */
  readonly pool: Pool
  readonly acceptEvents: AcceptEvents
  readonly newId: IdGenerator
  readonly clock: Clock
}

export type HookStored = {
  /** New ones. */
  readonly receipts: number
  readonly hints: number
  readonly unreadable: number
  readonly accepted: Accepted | undefined
}

type Good = Extract<HookAnswer, { readonly ok: true }>
type Of = { readonly tenantId: string; readonly integrationId: string }

/** A call with this id is known for so long; events with ids of their own are known for as long as they are kept. */
const callKeptMs = 86_400_000
const nothing: HookStored = { receipts: 0, hints: 0, unreadable: 0, accepted: undefined }

/** Stores it all. Throws when the database does not answer: then nothing was stored, as far as the caller is told. */
export const storeHookCall = async (
  of: Of,
  answer: Good,
  services: HookStoreServices,
): Promise<HookStored> => {
  const { good, bad } = sortOut(of, answer, services)
  return await inTransaction(
    services.pool,
    async (client) => {
      if (!(await isNew(client, of, answer.callIds ?? []))) return nothing
      const receipts = await keepReceipts(client, of, answer.receipts)
      const hints = await keepHints(client, of, answer.hints ?? [])
      const unreadable = await keepUnreadable(client, of, { items: bad, newId: services.newId })
      const accepted = good.length === 0 ? undefined : await services.acceptEvents(client, good)
      await query(client, sql.noteHookEvent, [of.tenantId, of.integrationId])
      return { receipts, hints, unreadable, accepted }
    },
    { retry: true },
  )
}

/** The first id that is known ends it: the others are not noted. */
const isNew = async (client: PoolClient, of: Of, callIds: readonly string[]): Promise<boolean> => {
  for (const callId of callIds) {
    const values = [of.tenantId, of.integrationId, callId, callKeptMs]
    // oxlint-disable-next-line no-await-in-loop -- at most two, in their order
    if ((await query(client, sql.noteCall, values)).length === 0) return false
  }
  return true
}

const sortOut = (
  { tenantId }: Of,
  { events = [], unreadable = [] }: Good,
  { clock }: HookStoreServices,
): { readonly good: readonly IncomingEvent[]; readonly bad: readonly Unreadable[] } => {
  const good: IncomingEvent[] = []
  const bad: Unreadable[] = [...unreadable]
  const given = { tenantId: asId('tenant', tenantId), now: clock.now() }
  for (const event of events) {
    const read = incomingOf(event, given)
    if (read.ok) good.push(read.event)
    else bad.push({ id: event.id, reason: read.reason, raw: JSON.stringify(event) })
  }
  return { good, bad }
}

/** Postgres takes no NUL and no half surrogates. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '').slice(0, 512)

const keepHints = async (
  client: PoolClient,
  of: Of,
  hints: NonNullable<Good['hints']>,
): Promise<number> => {
  if (hints.length === 0) return 0
  const rows = await query(client, sql.keepHints, [
    of.tenantId,
    of.integrationId,
    hints.map(({ id }) => storable(id)),
    hints.map(({ key }) => storable(key)),
    hints.map(({ type }) => storable(type)),
    hints.map(({ data }) => (data === undefined ? null : JSON.stringify(data))),
  ])
  return rows.length
}
