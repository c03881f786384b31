/** What the database says after a run, read in one snapshot as the owner. For `verify-ledgers.ts`, which judges it. */
import type { Pool, PoolClient } from '@carillon/server/platform/db/pool'

export type Turn = {
  readonly turn: number
  readonly state: string
  readonly outcome: string | null
  readonly attempt: number | null
  readonly possibleDuplicate: boolean
}

export type DeliveryFacts = {
  readonly id: string
  /** Epoch ms. */
  readonly sendUntil: number
  /** Its end, or its state in the queue. */
  readonly state: string
  /** Rows in the queue, and how many of them are leased. */
  readonly queued: number
  readonly sending: number
  /** In the order of their fences. */
  readonly turns: readonly Turn[]
}

export type DatabaseView = {
  readonly deliveries: ReadonlyMap<string, DeliveryFacts>
  /** `tenant/source/id` of every event, and what it led to. */
  readonly events: ReadonlyMap<string, { readonly events: number; readonly deliveries: number }>
  /** Leases and waiting rows that somebody should have taken care of. */
  readonly overdue: readonly string[]
  /** Counters that are not the sum of their rows. */
  readonly counterFaults: readonly string[]
  /** A hash of every settled turn. */
  readonly history: ReadonlyMap<string, string>
}

/** Reads it all: made for runs of up to a few 100,000 deliveries. */
export const readDatabase = async (db: Pool): Promise<DatabaseView> => {
  const client = await db.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const turns = await readTurns(client)
    const view = {
      deliveries: await readDeliveries(client, turns),
      events: await readEvents(client),
      overdue: await readOverdue(client),
      counterFaults: await readCounterFaults(client),
      history: new Map(
        turns.map(({ delivery_id, turn, hash }) => [`${delivery_id}/${turn}`, hash]),
      ),
    }
    await client.query('COMMIT')
    return view
  } finally {
    client.release()
  }
}

type TurnRow = {
  readonly delivery_id: string
  readonly turn: number
  readonly state: string
  readonly outcome: string | null
  readonly attempt: number | null
  readonly possible_duplicate: boolean
  readonly hash: string
}

const readTurns = async (client: PoolClient): Promise<readonly TurnRow[]> =>
  (
    await client.query<TurnRow>(
      `SELECT delivery_id, turn, state, outcome, attempt, possible_duplicate, md5(s::text) AS hash
         FROM settlements s ORDER BY delivery_id, turn`,
    )
  ).rows

const readDeliveries = async (
  client: PoolClient,
  turns: readonly TurnRow[],
): Promise<ReadonlyMap<string, DeliveryFacts>> => {
  const byDelivery = Map.groupBy(turns, ({ delivery_id }) => delivery_id)
  const { rows } = await client.query<{ id: string; send_until: number; state: string | null }>(
    `SELECT d.id, d.send_until, q.state FROM deliveries d
       LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id`,
  )
  return new Map(
    rows.map((row): [string, DeliveryFacts] => {
      const own = byDelivery.get(row.id) ?? []
      return [
        row.id,
        {
          id: row.id,
          sendUntil: row.send_until,
          state: row.state ?? own.at(-1)?.state ?? 'nowhere',
          queued: row.state === null ? 0 : 1,
          sending: row.state === 'sending' ? 1 : 0,
          turns: own.map(({ turn, state, outcome, attempt, possible_duplicate }) => ({
            turn,
            state,
            outcome,
            attempt,
            possibleDuplicate: possible_duplicate,
          })),
        },
      ]
    }),
  )
}

const readEvents = async (client: PoolClient): Promise<DatabaseView['events']> => {
  const { rows } = await client.query<{ name: string; events: number; deliveries: number }>(
    `SELECT t.slug || '/' || e.source || '/' || e.source_id AS name, count(DISTINCT e.id)::int AS events,
            count(d.id)::int AS deliveries
       FROM events e JOIN tenants t ON t.tenant_id = e.tenant_id
       LEFT JOIN deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id
      GROUP BY 1`,
  )
  return new Map(rows.map(({ name, ...counts }) => [name, counts]))
}

const readOverdue = async (client: PoolClient): Promise<readonly string[]> => {
  const { rows } = await client.query<{ fault: string }>(
    `SELECT delivery_id || CASE state WHEN 'sending' THEN ': its lease ran out and nobody noticed'
                                      ELSE ': its deadline passed and it waits on' END AS fault
       FROM delivery_queue
      WHERE (state = 'sending' AND due_at < clock_timestamp() - interval '10 seconds')
         OR (state = 'pending' AND send_until < clock_timestamp() - interval '10 seconds')`,
  )
  return rows.map(({ fault }) => fault)
}

/**
 * Created by tenant, ends and attempts by tenant and integration: where an exchange was made is where it counts. And slots are what
 * days are, whoever wrote them (only what is never taken back: a receipt moves a day's `sent`).
 */
const readCounterFaults = async (client: PoolClient): Promise<readonly string[]> => {
  const states = ['sent', 'failed', 'expired', 'suppressed', 'canceled', 'skipped']
  const sums = (of: (state: string) => string): string => states.map(of).join(', ')
  const { rows } = await client.query<{ fault: string }>(
    `WITH counted AS (
       SELECT tenant_id, integration_id, sum(attempts) AS attempts, ${sums((s) => `sum(${s}) AS ${s}`)}
         FROM delivery_counters GROUP BY 1, 2
     ), rows AS (
       SELECT tenant_id, integration_id, count(outcome) AS attempts,
              ${sums((s) => `count(*) FILTER (WHERE state = '${s}') AS ${s}`)}
         FROM settlements GROUP BY 1, 2
     ), made AS (
       SELECT tenant_id, sum(created) AS n FROM delivery_counters GROUP BY 1
     ), there AS (
       SELECT tenant_id, count(*) AS n FROM deliveries GROUP BY 1
     )
     SELECT 'counters of integration ' || coalesce(c.integration_id, r.integration_id) || ' say ' ||
            row_to_json(c) || ', the rows say ' || row_to_json(r) AS fault
       FROM counted c FULL JOIN rows r USING (tenant_id, integration_id)
      WHERE (coalesce(c.attempts, 0), ${sums((s) => `coalesce(c.${s}, 0)`)})
            <> (coalesce(r.attempts, 0), ${sums((s) => `coalesce(r.${s}, 0)`)})
     UNION ALL
     SELECT 'tenant ' || tenant_id || ' counts ' || coalesce(m.n, 0) || ' created of ' || coalesce(t.n, 0)
       FROM made m FULL JOIN there t USING (tenant_id) WHERE coalesce(m.n, 0) <> coalesce(t.n, 0)
     UNION ALL
     SELECT 'integration ' || coalesce(d.integration_id, s.integration_id) || ' has days of ' || row_to_json(d) || ' and slots of ' || row_to_json(s)
       FROM (SELECT tenant_id, integration_id, sum(created) AS created, sum(attempts) AS attempts FROM delivery_counters GROUP BY 1, 2) d
       FULL JOIN (SELECT tenant_id, integration_id, sum(created) AS created, sum(attempts) AS attempts FROM slot_counters
                   WHERE campaign = '00000000-0000-0000-0000-000000000000' GROUP BY 1, 2) s USING (tenant_id, integration_id)
      WHERE (d.created, d.attempts) IS DISTINCT FROM (s.created, s.attempts)`,
  )
  return rows.map(({ fault }) => fault)
}
