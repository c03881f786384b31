/**
 * Open deliveries by the million, put into the tables directly: copies of one that the API has made, a thousand to an event
 * as a campaign has them. Filling may skip the wait for the disk, measuring never does.
 */
import { withClient } from '@carillon/testkit/database-url'

const chunk = 250_000

/** Row `n` of `total` is due this much before now: the first ones longest ago, all within the last hour. */
const fillSql = `
WITH template AS (
  SELECT d.*, e.source, e.type, e.time, e.data, q.integration_id
    FROM deliveries d JOIN events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
    JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id ORDER BY d.id LIMIT 1
), rows AS (
  SELECT n, n / 1000 AS event_number, uuidv7() AS id FROM generate_series($1::int, $2::int) AS n
), new_events AS (
  SELECT event_number, uuidv7() AS event_id FROM (SELECT DISTINCT event_number FROM rows) x
), stored AS (
  INSERT INTO events (tenant_id, id, source, source_id, type, time, data)
  SELECT t.tenant_id, e.event_id, t.source, 'backlog-' || e.event_number, t.type, t.time, t.data
    FROM template t CROSS JOIN new_events e
), made AS (
  INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, created_at)
  SELECT t.tenant_id, r.id, e.event_id, t.rule_id, t.plan_id, t.addresses, t.recipient, now() + interval '7 days', now()
    FROM template t CROSS JOIN rows r JOIN new_events e USING (event_number)
)
INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
SELECT t.tenant_id, r.id, t.integration_id, now() - interval '1 hour' + r.n / $3::float * interval '50 minutes', now() + interval '7 days'
  FROM template t CROSS JOIN rows r`

/** Adds rows `from`..`to` (exclusive) of a backlog that will have `total`. */
export const fillBacklog = async (
  url: string,
  { from, to, total }: { readonly from: number; readonly to: number; readonly total: number },
): Promise<void> =>
  await withClient(url, async (client) => {
    await client.query(`SET synchronous_commit = off; SET work_mem = '256MB'`)
    for (let at = from; at < to; at += chunk)
      await client.query(fillSql, [at, Math.min(at + chunk, to) - 1, total])
    await client.query('VACUUM (ANALYZE) delivery_queue')
  })

/** Queue rows that come and go while somebody's snapshot keeps them from being cleaned up, due before all that is open. */
export const churnUnderSnapshot = async (url: string, rows: number): Promise<void> =>
  await withClient(url, async (client) => {
    await client.query('SET synchronous_commit = off')
    await client.query(
      `
WITH template AS (SELECT tenant_id, integration_id FROM delivery_queue LIMIT 1)
INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
SELECT tenant_id, uuidv7(), integration_id, now() - interval '2 hours' + n * interval '1 microsecond', now() + interval '7 days'
  FROM template CROSS JOIN generate_series(1, $1::int) AS n`,
      [rows],
    )
    await client.query(`DELETE FROM delivery_queue WHERE due_at < now() - interval '110 minutes'`)
  })
