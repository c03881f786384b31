/** The lookout sees what the loops would find: each question says yes when its loop's own statement finds something, and no when not. */
import { connectors } from '@carillon/connectors/registry.gen'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import {
  claimCampaignsAcrossTenants,
  campaignsDueAcrossTenants,
} from './campaigns/queries/progress.ts'
import * as replays from './delivery/replays/queries.ts'
import { findOpenTenantsAcrossTenants } from './fan-outs/queries/claims.ts'
import { fanOutsDueAcrossTenants } from './fan-outs/queries/due.ts'
import * as live from './live/queries.ts'
import * as membershipDue from './membership-syncs/queries/due.ts'
import * as membershipRuns from './membership-syncs/queries/runs.ts'
import * as membershipSyncs from './membership-syncs/queries/syncs.ts'
import { createAskForWork, type WorkQuestion } from './platform/db/ask-for-work.ts'
import type { Pool, PoolClient } from './platform/db/pool.ts'
import { query } from './platform/db/statement.ts'
import { inTransaction } from './platform/db/transaction.ts'
import * as receipts from './receipts/queries.ts'
import * as reports from './reports/queries.ts'
import * as schedules from './schedules/queries.ts'
import { sourceConnectors } from './sources/source-connectors.ts'
import * as sources from './sources/queries/runner.ts'
import { trackersOf } from './tracked-items/follow-hints.ts'
import { hintsDueAcrossTenants } from './tracked-items/queries/due-hints.ts'
import * as rounds from './tracked-items/queries/rounds.ts'

type Case = {
  readonly name: string
  readonly question: WorkQuestion
  /** `:t` the tenant, `:i` an integration of it (universign), `:at` when it is due. */
  readonly arrange: readonly string[]
  /** Makes it due for another reason than time: there is nothing that is due later. */
  readonly isTimeless?: true
  /** What the loop finds; rolled back. */
  readonly find: (client: PoolClient) => Promise<unknown>
}

const id = 'gen_random_uuid()'
const sync = `INSERT INTO membership_syncs (tenant_id, id, name, source, target, list, on_inactive, max_removals_percent, created_by, next_run_at, pending_keys)
  VALUES (:t, ${id}, 's', :i, :i, 'l', 'hold', 10, 'test',`
const hint = `INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type) VALUES (:t, :i, 'h', 'k', 'x')`
const item = `INSERT INTO tracked_items (tenant_id, id, integration_id, remote_id, created_by, hints, looking_until) VALUES (:t, ${id}, :i, 'r', 'test', 1,`
const asPool = (client: PoolClient): Pool => client as unknown as Pool

const cases: readonly Case[] = [
  {
    name: 'campaigns',
    question: campaignsDueAcrossTenants,
    arrange: [
      `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, created_by, due_at)
       VALUES (:t, ${id}, 'c', '{}', now(), now() + interval '1 day', 'test', :at)`,
    ],
    find: async (client) => await query(client, claimCampaignsAcrossTenants, [1_000, 4, null]),
  },
  {
    name: 'fan-outs',
    question: fanOutsDueAcrossTenants,
    arrange: [
      `INSERT INTO fan_outs (tenant_id, id, event_id, subscription, origin, due_at) VALUES (:t, ${id}, ${id}, ${id}, 'rule', :at)`,
    ],
    find: async (client) => await query(client, findOpenTenantsAcrossTenants, []),
  },
  {
    name: 'replays',
    question: replays.replaysDueAcrossTenants,
    arrange: [
      `INSERT INTO replays (tenant_id, id, filter, rate, matched, before_id, created_by, due_at) VALUES (:t, ${id}, '{}', 1, 1, ${id}, 'test', :at)`,
    ],
    find: async (client) => await replays.claimReplayAcrossTenants(asPool(client), 1_000),
  },
  {
    name: 'membership runs',
    question: membershipDue.runsDueAcrossTenants,
    arrange: [
      `${sync} NULL, '{}')`,
      `INSERT INTO membership_runs (tenant_id, id, sync, mode, origin, policy, created_by, due_at)
       SELECT tenant_id, ${id}, id, 'full', 'hand', '{}', 'test', :at FROM membership_syncs`,
    ],
    find: async (client) =>
      await membershipRuns.claimAcrossTenants(asPool(client), {
        leaseMs: 1_000,
        most: 4,
        only: null,
      }),
  },
  {
    name: 'membership syncs by their schedule',
    question: membershipDue.syncsDueAcrossTenants,
    arrange: [`${sync} :at, '{}')`],
    find: async (client) => await membershipSyncs.takeDueAcrossTenants(client),
  },
  {
    name: 'membership syncs with hints',
    question: membershipDue.syncsHintedAcrossTenants,
    arrange: [`${sync} NULL, '{}')`, hint],
    isTimeless: true,
    find: async (client) => await membershipSyncs.findHintedAcrossTenants(client, 10),
  },
  {
    name: 'membership syncs with members to look at',
    question: membershipDue.syncsHintedAcrossTenants,
    arrange: [`${sync} NULL, '{a}')`],
    isTimeless: true,
    find: async (client) => await membershipSyncs.takePendingAcrossTenants(client),
  },
  {
    name: 'sources',
    question: sources.sourcesDueAcrossTenants(sourceConnectors(connectors).running),
    arrange: [
      `UPDATE integrations SET connector = 'http-poll'`,
      `INSERT INTO source_states (tenant_id, integration_id, next_poll_at) VALUES (:t, :i, :at)`,
    ],
    find: async (client) => {
      const [owner, run] = Array.from({ length: 2 }, () => crypto.randomUUID())
      const names = sourceConnectors(connectors).polled
      return await query(client, sources.claimAcrossTenants, [owner, 1_000, names, [run], [], 9])
    },
  },
  {
    name: 'schedules',
    question: schedules.schedulesDueAcrossTenants,
    arrange: [
      `INSERT INTO schedules (tenant_id, id, name, pattern, time_zone, event_type, data, missed, enabled, created_by, modified_by, next_run_at)
       VALUES (:t, ${id}, 's', '0 * * * *', 'UTC', 'x', '{}', 'skip', true, 'test', 'test', :at)`,
    ],
    find: async (client) => await schedules.takeDueAcrossTenants(client),
  },
  {
    name: 'daily reports',
    question: reports.reportsDueAcrossTenants,
    arrange: [
      `INSERT INTO report_settings (tenant_id, recipients, at, enabled, time_zone, last_day, next_run_at)
       SELECT tenant_id, '{a@example.org}', '05:30', true, time_zone, '2026-01-01', :at FROM tenants WHERE tenant_id = :t`,
    ],
    find: async (client) => await reports.takeDueAcrossTenants(client),
  },
  {
    name: 'daily reports of a tenant that has moved',
    question: reports.reportsDueAcrossTenants,
    arrange: [
      `INSERT INTO report_settings (tenant_id, recipients, at, enabled, time_zone, last_day, next_run_at)
       VALUES (:t, '{a@example.org}', '05:30', true, 'Asia/Tokyo', '2026-01-01', now() + interval '1 hour')`,
    ],
    isTimeless: true,
    find: async (client) => await reports.takeDueAcrossTenants(client),
  },
  {
    name: 'receipts',
    question: receipts.receiptsDueAcrossTenants,
    arrange: [
      `INSERT INTO receipts (tenant_id, integration_id, notice_key, kind, occurred_at, next_try_at) VALUES (:t, :i, 'n', 'delivered', now(), :at)`,
    ],
    find: async (client) => await query(client, receipts.takeWaitingAcrossTenants, [10, null]),
  },
  {
    name: 'questions to providers',
    question: receipts.pollsDueAcrossTenants,
    arrange: [
      `INSERT INTO receipt_polls (tenant_id, integration_id, provider_id, delivery_id, until, next_try_at) VALUES (:t, :i, 'p', ${id}, now(), :at)`,
    ],
    find: async (client) => await query(client, receipts.takeDuePollsAcrossTenants, [10, 1_000]),
  },
  {
    name: 'hints for trackers',
    question: hintsDueAcrossTenants(trackersOf({ connectors })),
    arrange: [hint],
    isTimeless: true,
    find: async (client) =>
      await rounds.findHintedAcrossTenants(client, trackersOf({ connectors })),
  },
  {
    name: 'looks',
    question: rounds.looksDueAcrossTenants,
    arrange: [`${item} :at)`],
    find: async (client) =>
      await rounds.takeLooksAcrossTenants(client, { limit: 9, perIntegration: 9, forMs: 1_000 }),
  },
  {
    name: 'rounds',
    question: rounds.roundsDueAcrossTenants,
    arrange: [
      `INSERT INTO tracker_rounds (tenant_id, integration_id, next_at) VALUES (:t, :i, :at)`,
    ],
    find: async (client) => await rounds.takeDueRoundAcrossTenants(client),
  },
  {
    name: 'rounds that are done',
    question: rounds.roundsDueAcrossTenants,
    arrange: [
      `INSERT INTO tracker_rounds (tenant_id, integration_id, next_at, round) VALUES (:t, :i, now() + interval '1 hour', ${id})`,
      `INSERT INTO sync_runs (tenant_id, id, integration_id) VALUES (:t, ${id}, :i)`,
    ],
    isTimeless: true,
    find: async (client) => await rounds.endRoundsAcrossTenants(client),
  },
  {
    name: 'rounds that were paused and whose settings have changed',
    question: rounds.roundsDueAcrossTenants,
    arrange: [
      `INSERT INTO tracker_rounds (tenant_id, integration_id, next_at, version, paused_until)
       SELECT tenant_id, id, now(), version + 1, now() + interval '1 hour' FROM integrations WHERE id = :i`,
    ],
    isTimeless: true,
    find: async (client) => {
      await rounds.liftPausesAcrossTenants(client)
      const lifted = 'SELECT FROM tracker_rounds WHERE paused_until IS NULL'
      return (await client.query(lifted)).rowCount
    },
  },
  {
    name: 'live streams',
    question: live.watchedAcrossTenants,
    arrange: [`INSERT INTO live_watches (tenant_id, until) VALUES (:t, now() + interval '1 hour')`],
    isTimeless: true,
    find: async (client) => [...(await live.findWatchedAcrossTenants(asPool(client)))],
  },
]

const isSomething = (found: unknown): boolean =>
  Array.isArray(found) ? found.length > 0 : found !== undefined && found !== null && found !== 0

/** A database with nothing to do, and how to ask both sides. */
const rig = async () => {
  const db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const integrationId = await given(db.owner).integration(tenantId, { connector: 'universign' })
  const ask = createAskForWork(
    db.engine,
    cases.map(({ question }) => question),
  )
  const undone = new Error('rolled back')
  return {
    arrange: async ({ arrange }: Case, at: string) => {
      for (const text of arrange)
        await db.owner.query(
          text
            .replaceAll(':t', `'${tenantId}'`)
            .replaceAll(':i', `'${integrationId}'`)
            .replaceAll(':at', at),
        )
    },
    suspend: async () => await db.owner.query('UPDATE tenants SET suspended_at = now()'),
    says: async (one: Case) => (await ask(cases.map((each) => each === one)))[cases.indexOf(one)],
    finds: async ({ find }: Case) => {
      const seen: { found?: unknown } = {}
      await expect(
        inTransaction(db.engine, async (client) => {
          seen.found = await find(client)
          throw undone
        }),
      ).rejects.toBe(undone)
      return isSomething(seen.found)
    },
    [Symbol.asyncDispose]: db[Symbol.asyncDispose],
  }
}

const named = (some: readonly Case[]) => some.map((one) => [one.name, one] as const)

test.each(named(cases))('%s are seen when there are any, and not before', async (_name, one) => {
  await using c = await rig()
  expect([await c.finds(one), await c.says(one)]).toEqual([false, false])
  await c.arrange(one, `now() - interval '1 second'`)
  expect([await c.finds(one), await c.says(one)]).toEqual([true, true])
})

test.each(named(cases.filter(({ isTimeless }) => isTimeless !== true)))(
  '%s are not seen before their time',
  async (_name, one) => {
    await using c = await rig()
    await c.arrange(one, `now() + interval '1 hour'`)
    expect([await c.finds(one), await c.says(one)]).toEqual([false, false])
  },
)

test.each(named(cases))(
  '%s of a suspended tenant are seen only if their loop would find them',
  async (_name, one) => {
    await using c = await rig()
    await c.suspend()
    await c.arrange(one, `now() - interval '1 second'`)
    expect(await c.says(one)).toBe(await c.finds(one))
  },
)

test('what is not asked is not looked at, and values go to their own question', async () => {
  await using db = await testDb()
  const ask = createAskForWork(db.engine, [
    { text: '1 / (length($1::text) - 1) > 0', values: ['a'] },
    { text: '$1::int = 7 AND $2::text = $3', values: [7, 'b', 'b'] },
    { text: '$1::int = 7', values: [8] },
  ])
  expect(await ask([false, true, true])).toEqual([null, true, false])
  await expect(ask([true, true, true])).rejects.toThrow('division by zero')
})
