/**
 * Hints that came to an integration's hook: "look again at the remote thing `key`". For the features that mirror remote
 * things. Whoever takes them marks them in the same transaction; a crash leaves them to be taken again.
 */
import type { PoolClient } from 'pg'
import type { JsonObject } from '@carillon/connectors/json-object'
import type { Instant } from '@carillon/domain/clock'
import { query } from '../platform/db/statement.ts'
import * as sql from './queries/storing.ts'
import { readStored } from './read-stored.ts'

export type TakenHint = {
  readonly hintId: string
  readonly key: string
  readonly type: string
  readonly data: JsonObject | null
  readonly receivedAt: Instant
}

type HintRow = {
  readonly hint_id: string
  readonly key: string
  readonly type: string
  readonly data: string | null
  readonly received_at: Instant
}

/** Open hints of an integration, oldest first, locked until the transaction ends; those that others have are passed over. */
export const takeHints = async (
  client: PoolClient,
  wanted: {
    readonly tenantId: string
    readonly integrationId: string
    readonly limit: number
  },
): Promise<readonly TakenHint[]> => {
  const values = [wanted.tenantId, wanted.integrationId, wanted.limit]
  const rows = await query<HintRow>(client, sql.takeHints, values)
  return rows.map((row) => ({
    hintId: row.hint_id,
    key: row.key,
    type: row.type,
    data: readStored(row.data),
    receivedAt: row.received_at,
  }))
}

/** They are done with, once the caller's transaction commits. */
export const markHintsApplied = async (
  client: PoolClient,
  given: {
    readonly tenantId: string
    readonly integrationId: string
    readonly hintIds: readonly string[]
  },
): Promise<void> => {
  const values = [given.tenantId, given.integrationId, given.hintIds]
  await query(client, sql.markHintsApplied, values)
}

export type HintedIntegration = { readonly tenantId: string; readonly integrationId: string }

/** Who wants to know at once that hints came to this process. Not a queue: whoever missed it finds them by looking. */
export type HintListeners = {
  /** Returns what takes the listener away. A listener must not throw. */
  readonly onHints: (listener: (of: HintedIntegration) => void) => () => void
  readonly tell: (of: HintedIntegration) => void
}

/** The listeners of one process. */
export const createHintListeners = (): HintListeners => {
  const listeners = new Set<(of: HintedIntegration) => void>()
  return {
    onHints: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell: (of) => {
      for (const listener of listeners) listener(of)
    },
  }
}
