/**
 * A tenant with a source whose connector is the test's, and runners of it ("workers") that a test turns by hand: for tests
 * of the runner over a real database. Not for connectors and not for whole processes.
 */
import { randomBytes } from 'node:crypto'
import { defineReader, type Connector } from '@carillon/connectors/define-connector'
import type { Source } from '@carillon/connectors/source'
import { createAcceptEvents } from '@carillon/server/ingest/accept-events'
import { monotonicMs, systemClock } from '@carillon/server/platform/clock'
import { createSystemIdGenerator } from '@carillon/server/platform/ids'
import { createMetrics } from '@carillon/server/platform/metrics'
import { createKeyring } from '@carillon/server/platform/secrets/keyring'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { createSourceRunner } from '@carillon/server/sources/run-sources'
import type { OnStored } from '@carillon/server/sources/store-batch'
import Type from 'typebox'
import { given } from './given.ts'
import { quietLog } from './quiet-log.ts'
import { testDb, type TestDb } from './test-db.ts'

export type SourceRunner = ReturnType<typeof createSourceRunner>

export type SourceRig = {
  readonly db: TestDb
  readonly tenantId: string
  /** UUID. */
  readonly integrationId: string
  /** A runner as of another process. */
  readonly worker: (more?: { readonly leaseMs?: number }) => SourceRunner
  readonly connectors: Readonly<Record<string, Connector>>
  readonly state: () => Promise<Record<string, unknown>>
  readonly runs: () => Promise<readonly Record<string, unknown>[]>
  /** The ids that the source gave its events, in the order in which they were accepted. */
  readonly events: (type?: string) => Promise<readonly string[]>
  /** The source is due. */
  readonly makeDue: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const nowhere = { kind: 'not_sent', reason: 'blocked', message: 'a test' } as const

/** `await using rig = await sourceRig({ poll: async () => ... })`. */
export const sourceRig = async (
  source: Source<object, object>,
  more: { readonly onStored?: OnStored } = {},
): Promise<SourceRig> => {
  const db = await testDb()
  const make = given(db.owner)
  const tenantId = await make.tenant()
  const integrationId = await make.integration(tenantId, { connector: 'well', channel: 'x' })
  const well = defineReader({
    id: 'well',
    name: 'Well',
    docs: '',
    settings: Type.Object({}),
    secrets: Type.Object({}),
    source,
  })
  const connectors = { well }
  const newId = createSystemIdGenerator()
  const renderer = createTemplateRenderer()
  const runners: SourceRunner[] = []
  const worker: SourceRig['worker'] = ({ leaseMs = 30_000 } = {}) => {
    const runner = createSourceRunner({
      pool: db.engine,
      keyring: createKeyring([{ id: 'test', key32: randomBytes(32) }], 'test'),
      connectors,
      http: { request: async () => nowhere },
      imap: { connect: async () => ({ kind: 'failed', reason: 'blocked', message: 'a test' }) },
      verifySignature: async () => {
        throw new Error('not in this test')
      },
      renderer,
      acceptEvents: createAcceptEvents({ newId, renderer, shard: 0 }),
      onAccepted: () => {},
      ...more,
      newId,
      clock: systemClock,
      random: () => 0.5,
      monotonicMs,
      log: quietLog,
      metrics: createMetrics(),
      leaseMs,
    })
    runners.push(runner)
    return runner
  }
  await worker().adopt()
  return {
    db,
    tenantId,
    integrationId,
    worker,
    connectors,
    ...looking(db, integrationId),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(runners.map(async (runner) => await runner.stop()))
      await db[Symbol.asyncDispose]()
    },
  }
}

/** What a test sees and moves of the source. */
const looking = (
  db: TestDb,
  integrationId: string,
): Pick<SourceRig, 'state' | 'runs' | 'events' | 'makeDue'> => {
  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await db.owner.query<Record<string, unknown>>(sql, [integrationId])).rows
  return {
    state: async () => {
      const [row = {}] = await rows(
        `SELECT *, cursor::jsonb AS cursor, extract(epoch FROM next_poll_at - now())::float8 * 1000 AS wait_ms
           FROM source_states WHERE integration_id = $1`,
      )
      return row
    },
    runs: async () =>
      await rows('SELECT * FROM source_runs WHERE integration_id = $1 ORDER BY started_at'),
    events: async (type = 'drop') => {
      const found = await db.owner.query<{ source_id: string }>(
        'SELECT source_id FROM events WHERE type = $1 ORDER BY id',
        [type],
      )
      return found.rows.map((row) => row.source_id)
    },
    makeDue: async () =>
      void (await rows(
        'UPDATE source_states SET next_poll_at = now() WHERE integration_id = $1 RETURNING 1',
      )),
  }
}
