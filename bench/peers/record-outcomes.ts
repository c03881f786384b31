/** The peers' record of outcomes: gathered, and written in batches by one flusher, which is the fastest that we found. */
import { Pool } from 'pg'

export type Outcome = {
  readonly n: number
  readonly status: number
  readonly startedAt: Date
  readonly durationMs: number
}

export type OutcomeRecorder = {
  /** Resolves when it is durable. */
  readonly record: (outcome: Outcome) => Promise<void>
  readonly close: () => Promise<void>
}

const batchMax = 1_000
const lingerMs = 3

const table = `
CREATE TABLE IF NOT EXISTS outcomes (
  id bigint PRIMARY KEY, state text NOT NULL, http_status smallint, started_at timestamptz NOT NULL, duration_ms int NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX IF NOT EXISTS outcomes_by_state ON outcomes (state, id)`

const insert = {
  name: 'record',
  text: `
INSERT INTO outcomes (id, state, http_status, started_at, duration_ms)
SELECT id, CASE WHEN status < 300 THEN 'sent' ELSE 'failed' END, status, started_at, duration_ms
  FROM unnest($1::bigint[], $2::smallint[], $3::timestamptz[], $4::int[]) AS t(id, status, started_at, duration_ms)`,
}

type Waiting = { readonly outcome: Outcome; readonly resolve: () => void }

/** Makes the table if need be. */
export const openOutcomes = async (databaseUrl: string): Promise<OutcomeRecorder> => {
  const pool = new Pool({ connectionString: databaseUrl, max: 2 })
  await pool.query(table)
  const waiting: Waiting[] = []
  let isBusy = false

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      const outcomes = batch.map(({ outcome }) => outcome)
      await pool.query({
        ...insert,
        values: [
          outcomes.map(({ n }) => n),
          outcomes.map(({ status }) => status),
          outcomes.map(({ startedAt }) => startedAt),
          outcomes.map(({ durationMs }) => Math.round(durationMs)),
        ],
      })
      for (const { resolve } of batch) resolve()
    }
    isBusy = false
  }

  return {
    record: (outcome) =>
      new Promise((resolve) => {
        waiting.push({ outcome, resolve })
        if (isBusy) return
        isBusy = true
        setTimeout(() => void flush(), lingerMs)
      }),
    close: async () => await pool.end(),
  }
}
