/**
 * Puts addresses on the suppression list, whoever says so: outcomes, receipts, people, recipients. One statement, in the
 * caller's transaction. Not for lifting.
 */
import type { PoolClient } from 'pg'
import {
  addressKey,
  longestAddressBytes,
  strikesBefore,
  suppressedForMs,
  type SuppressionReason,
  type SuppressionScope,
} from '@carillon/domain/suppression'
import { query, type Statement } from '../platform/db/statement.ts'

export type NewSuppression = {
  readonly tenantId: string
  readonly channel: string
  /** As it is written to; it is kept as its key. */
  readonly address: string
  readonly reason: SuppressionReason
  /** Default: everything of the channel. */
  readonly scope?: SuppressionScope
  /** Whose outcome it was. */
  readonly deliveryId?: string | null
  readonly note?: string | null
  /** Absent: the engine. */
  readonly createdBy?: string
  /** RFC 3339; absent: as the reason says. */
  readonly expiresAt?: string | null
}

export type RecordedSuppression = {
  readonly id: string
  readonly channel: string
  readonly address: string
  readonly scope: SuppressionScope
  readonly reason: SuppressionReason
  /** False: it was there, and holds as before. */
  readonly is_new: boolean
}

/**
 * An entry that holds stays as it is, one that has ended begins anew. A reason that has to repeat (`strikes`) is counted,
 * and holds from the last time on; repeats count as long as the reason would hold.
 */
const recordStatement: Statement = {
  name: 'record_suppressions',
  text: `
WITH wanted AS MATERIALIZED (
  SELECT DISTINCT ON (tenant_id, channel, address, scope, reason) *,
         CASE WHEN expires_at IS NOT NULL THEN expires_at
              WHEN for_ms IS NOT NULL THEN clock_timestamp() + for_ms * interval '1 millisecond' END AS until
    FROM json_to_recordset($1::json) AS t(tenant_id uuid, channel text, address text, scope text, reason text, delivery_id uuid,
         note text, created_by text, expires_at timestamptz, for_ms double precision, needed int)
   ORDER BY tenant_id, channel, address, scope, reason
), kept AS (
  INSERT INTO suppressions AS s (tenant_id, channel, address, scope, reason, delivery_id, note, created_by, expires_at)
  SELECT tenant_id, channel, address, scope, reason, delivery_id, note, created_by,
         CASE WHEN needed > 1 THEN clock_timestamp() ELSE until END
    FROM wanted
  ON CONFLICT (tenant_id, channel, address, scope, reason) DO UPDATE
     SET (strikes, expires_at, delivery_id, note, created_by, created_at, updated_at) = (
       SELECT x.strikes, CASE WHEN x.strikes >= x.needed THEN x.until ELSE clock_timestamp() END,
              excluded.delivery_id, excluded.note, excluded.created_by,
              CASE WHEN x.strikes = 1 OR x.needed = 1 THEN clock_timestamp() ELSE s.created_at END, clock_timestamp()
         FROM (SELECT w.needed, w.until,
                      CASE WHEN w.needed > 1 AND s.updated_at > clock_timestamp() - w.for_ms * interval '1 millisecond'
                           THEN s.strikes + 1 ELSE 1 END AS strikes
                 FROM wanted w
                WHERE w.tenant_id = s.tenant_id AND w.channel = s.channel AND w.address = s.address AND w.scope = s.scope
                  AND w.reason = s.reason) x)
   WHERE s.expires_at <= clock_timestamp()
  RETURNING s.tenant_id, s.id, s.channel, s.address, s.scope, s.reason
)
SELECT k.id, k.channel, k.address, k.scope, k.reason, true AS is_new FROM kept k
UNION ALL
SELECT s.id, s.channel, s.address, s.scope, s.reason, false
  FROM wanted w JOIN suppressions s USING (tenant_id, channel, address, scope, reason)
 WHERE NOT EXISTS (SELECT FROM kept k WHERE (k.tenant_id, k.id) = (s.tenant_id, s.id))`,
}

/**
 * Keeps the entries; those that are the same are kept once. Returns each with its id, new ones and those that were there.
 * Addresses that nobody could write to (empty, with NUL, or longer than an index takes) are left out.
 */
export const recordSuppressions = async (
  client: PoolClient,
  entries: readonly NewSuppression[],
): Promise<readonly RecordedSuppression[]> => {
  const records = entries.map(recordOf).filter(({ address }) => isStorable(address))
  if (records.length === 0) return []
  return await query<RecordedSuppression>(client, recordStatement, [JSON.stringify(records)])
}

const recordOf = (entry: NewSuppression) => ({
  tenant_id: entry.tenantId,
  channel: entry.channel,
  address: addressKey(entry.channel, entry.address),
  scope: entry.scope ?? 'all',
  reason: entry.reason,
  delivery_id: entry.deliveryId ?? null,
  note: entry.note ?? null,
  created_by: entry.createdBy ?? null,
  expires_at: entry.expiresAt ?? null,
  for_ms: suppressedForMs(entry.reason) ?? null,
  // Somebody who names a time means it at once.
  needed:
    entry.expiresAt === undefined && entry.createdBy === undefined
      ? strikesBefore(entry.reason)
      : 1,
})

const isStorable = (address: string): boolean =>
  address !== '' &&
  !address.includes('\0') &&
  address.isWellFormed() &&
  Buffer.byteLength(address) <= longestAddressBytes
