/** Keeps what an integration's hook (or a question of ours) has told, before anything follows from it. */
import { createHash } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import type { Receipt } from '@carillon/connectors/receipts'
import { toIso } from '@carillon/domain/clock'
import { parseId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import * as sql from './queries.ts'

/** Where a legal receipt comes from. Only the correlation of certified mail says so, never a connector. */
export type Evidence = {
  readonly certified?: boolean
  /** UUID of the event that brought it. */
  readonly eventId?: string
}

const longestKey = 200
const longestReason = 500

/** The same notice has the same key, whatever a provider puts into its ids. */
const keyOf = (receipt: Receipt): string => {
  const key = JSON.stringify([
    receipt.deliveryId ?? null,
    receipt.providerId ?? null,
    receipt.kind,
    receipt.noticeId,
  ])
  return Buffer.byteLength(key) <= longestKey
    ? key
    : createHash('sha256').update(key).digest('base64url')
}

/** Postgres takes no NUL and no half surrogates; a provider's words may have them. */
const storable = (text: string): string =>
  text.toWellFormed().replaceAll('\0', '').slice(0, longestReason)

/** Stores them durably, repetitions once; returns how many were new. Role engine. */
export const keepReceipts = async (
  on: Pool | PoolClient,
  integration: { readonly tenantId: string; readonly integrationId: string },
  receipts: readonly (Receipt & Evidence)[],
): Promise<number> => {
  const unique = [...new Map(receipts.map((receipt) => [keyOf(receipt), receipt]))]
  if (unique.length === 0) return 0
  const column = <Value>(
    value: (receipt: Receipt & Evidence) => Value | undefined,
  ): (Value | null)[] => unique.map(([, receipt]) => value(receipt) ?? null)
  const rows = await query(on, sql.keepReceipts, [
    integration.tenantId,
    integration.integrationId,
    unique.map(([key]) => storable(key)),
    column(({ deliveryId }) =>
      deliveryId === undefined ? undefined : parseId('delivery', deliveryId),
    ),
    column(({ providerId }) => (providerId === undefined ? undefined : storable(providerId))),
    column(({ kind }) => kind),
    column(({ at }) => (at === undefined ? undefined : toIso(at))),
    column(({ reason }) => (reason === undefined ? undefined : storable(reason))),
    column(({ suppress }) => suppress),
    column(({ certified }) => certified === true),
    column(({ eventId }) => eventId),
  ])
  return rows.length
}
