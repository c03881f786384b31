/** The SQL of certified mail's receipts. They come by one mailbox and are about deliveries of its tenant: role engine. */
import type { Statement } from '../platform/db/statement.ts'

/**
 * Mails of ours, one row for each SMTP integration that had a turn of the delivery. $1 tenant, $2 deliveries. The rows of
 * `deliveries` are locked: two mailboxes may bring receipts of one delivery at the same time.
 */
export const findSentMails: Statement = {
  name: 'find_sent_mails',
  text: `
SELECT d.id AS delivery_id, s.integration_id, d.addresses[s.step + 1] AS address, i.settings->'from'->>'address' AS from_address
  FROM (SELECT id, addresses FROM deliveries WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR NO KEY UPDATE) d
  CROSS JOIN LATERAL (
    SELECT t.integration_id, t.step FROM settlements t WHERE t.tenant_id = $1 AND t.delivery_id = d.id AND t.attempt IS NOT NULL
    UNION
    SELECT q.integration_id, q.step FROM delivery_queue q WHERE q.tenant_id = $1 AND q.delivery_id = d.id) s
  JOIN integrations i ON i.tenant_id = $1 AND i.id = s.integration_id
 WHERE i.connector = 'smtp'`,
}

/** Keeps a certified fact; a repetition is not kept again. */
export const keepPart: Statement = {
  name: 'keep_pec_part',
  text: `
INSERT INTO pec_parts (tenant_id, delivery_id, part_key, kind, certified_at, reason, suppress, event_id, mailbox_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
}

/** All that is certified about a delivery. $1 tenant, $2 delivery. */
export const findParts: Statement = {
  name: 'find_pec_parts',
  text: `
SELECT part_key, kind, certified_at, reason, suppress, event_id FROM pec_parts
 WHERE tenant_id = $1 AND delivery_id = $2 ORDER BY certified_at, part_key LIMIT 200`,
}

/** How many claims without proof a delivery shows already. $1 tenant, $2 delivery. */
export const countUnverified: Statement = {
  name: 'count_unverified_receipts',
  text: `
SELECT count(*)::int AS n FROM receipts WHERE tenant_id = $1 AND delivery_id = $2 AND kind = 'unverified'`,
}
