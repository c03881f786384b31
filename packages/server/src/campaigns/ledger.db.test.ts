/** The ledger: after whatever is done to a campaign's deliveries, its counters are the sums of the rows. */
import { randomUUID } from 'node:crypto'
import { engineRig, type EngineRig } from '@carillon/testkit/engine-rig'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb } from '@carillon/testkit/test-db'
import { addMs } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import type { Decision } from '@carillon/domain/turn'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cancelDelivery } from '../delivery/queries/deliveries.ts'
import type { ClaimedDelivery, SettledTurn } from '../delivery/store.ts'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { systemClock } from '../platform/clock.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { endWaitingAcrossTenants, moveFinalAcrossTenants } from '../receipts/queries.ts'
import { createCampaignRunner, type CampaignRunner } from './run-campaigns.ts'

type Scene = EngineRig & {
  readonly campaign: string
  readonly integrationId: string
  readonly runner: CampaignRunner
}

const contacts = 30
const unreachable = 3

const arrange = async (rig: EngineRig): Promise<Scene> => {
  const { db, tenantId } = rig
  const integrationId = await given(db.owner).integration(tenantId, {
    connector: 'http-sms',
    channel: 'sms',
  })
  await db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [integrationId])
  await db.owner.query(
    `INSERT INTO contacts (tenant_id, id, phone) SELECT $1, carillon_uuid_at(1700000000000, n),
            CASE WHEN n > $3::int THEN '+79' || lpad(n::text, 9, '0') END FROM generate_series(1, $2::int) n`,
    [tenantId, contacts, unreachable],
  )
  const campaign = randomUUID()
  await db.owner.query(
    `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, created_by)
     VALUES ($1, $2, 'c', '{"text": "x"}', now() - interval '1 hour', now() + interval '1 hour', 'test')`,
    [tenantId, campaign],
  )
  const newId = createSystemIdGenerator()
  const runner = createCampaignRunner({
    pool: db.engine,
    shard: 33,
    acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
    onAccepted: () => undefined,
    newId,
    leaseMs: 30_000,
    log: quietLog,
    wakeLanes: () => undefined,
  })
  return { ...rig, campaign, integrationId, runner }
}

const turns = async ({ runner }: Scene, count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) await runner.turn()
}

const ledger = async ({ db, campaign }: Scene) => {
  const { rows } = await db.owner.query<Record<string, number>>(
    `SELECT sum(made)::int AS made, sum(attempts)::int AS attempts, sum(sent)::int AS sent, sum(delivered)::int AS delivered,
            sum(bounced)::int AS bounced, sum(failed)::int AS failed, sum(expired)::int AS expired, sum(canceled)::int AS canceled,
            sum(skipped)::int AS skipped FROM campaign_counters WHERE campaign = $1`,
    [campaign],
  )
  return rows[0]
}

const rowsOf = async ({ db, campaign }: Scene) => {
  const { rows } = await db.owner.query<Record<string, number>>(
    `SELECT (SELECT count(*) FROM deliveries WHERE campaign = $1)::int AS made, count(outcome)::int AS attempts,
            count(*) FILTER (WHERE state = 'sent')::int AS sent, count(*) FILTER (WHERE state = 'delivered')::int AS delivered,
            count(*) FILTER (WHERE state = 'bounced')::int AS bounced, count(*) FILTER (WHERE state = 'failed')::int AS failed,
            count(*) FILTER (WHERE state = 'expired')::int AS expired, count(*) FILTER (WHERE state = 'canceled')::int AS canceled,
            count(*) FILTER (WHERE state = 'skipped')::int AS skipped
       FROM settlements s WHERE EXISTS (SELECT FROM deliveries d WHERE d.id = s.delivery_id AND d.campaign = $1)`,
    [campaign],
  )
  return rows[0]
}

type Command =
  | { readonly kind: 'settle'; readonly take: number; readonly end: 'sent' | 'failed' | 'retry' }
  | { readonly kind: 'cancelOne' | 'expire' | 'proven' | 'pause' | 'resume' | 'cancel' }
  | { readonly kind: 'receipt'; readonly to: 'delivered' | 'bounced' }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle'),
      take: fc.integer({ min: 1, max: 5 }),
      end: fc.constantFrom('sent', 'failed', 'retry'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('receipt'),
      to: fc.constantFrom('delivered', 'bounced'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('cancelOne', 'expire', 'proven', 'pause', 'resume'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel') }) },
)

const ends: Readonly<
  Record<'sent' | 'failed' | 'retry', (claim: ClaimedDelivery) => readonly [Outcome, Decision]>
> = {
  sent: () => [
    { kind: 'accepted', ids: [] },
    { kind: 'final', state: 'sent', reason: 'taken' },
  ],
  failed: () => [
    { kind: 'recipient_rejected', reason: 'no' },
    { kind: 'final', state: 'failed', reason: 'no' },
  ],
  retry: ({ progress }) => [
    { kind: 'retry', scope: 'message', reason: 'no' },
    { kind: 'pending', reason: 'retry', detail: 'no', dueAt: systemClock.now(), progress },
  ],
}

const settle = async (
  { store, tenantId, integrationId }: Scene,
  { take, end }: Extract<Command, { kind: 'settle' }>,
): Promise<void> => {
  const from = addMs(systemClock.now(), -86_400_000)
  const lane = { tenantId, integrationId, priority: 1, take, from, onlyPassing: false }
  const claims = await store.claim([lane], { owner: randomUUID(), leaseMs: 30_000 })
  if (claims.length === 0) return
  await store.settle(
    claims.map((claim): SettledTurn => {
      const [outcome, decision] = ends[end](claim)
      const startedAt = systemClock.now()
      const sent = { claim, startedAt, durationMs: 1, outcome, decision, channel: 'sms' }
      return { ...sent, nextIntegrationId: integrationId }
    }),
  )
}

const move = async (scene: Scene, state: string): Promise<void> => {
  const { db, campaign } = scene
  await db.owner.query(
    `UPDATE campaigns SET state = $2, sweep = 1, sweep_cursor = NULL, due_at = now(), fence = fence + 1
      WHERE id = $1 AND state IN ('running', 'paused')`,
    [campaign, state],
  )
  await turns(scene, 2)
}

/** The integration of the row that a question finds. */
const wayOf = (question: string): string =>
  `SELECT integration_id AS id FROM delivery_queue WHERE delivery_id = (${question})`

const obey = async (scene: Scene, told: Command): Promise<void> => {
  const { db, tenantId, campaign, store } = scene
  const one = async (text: string): Promise<string | undefined> =>
    (await db.owner.query<{ id: string }>(text, [campaign])).rows[0]?.id
  const waiting = `SELECT delivery_id AS id FROM delivery_queue WHERE campaign = $1 AND state = 'pending' ORDER BY 1 LIMIT 1`
  switch (told.kind) {
    case 'settle':
      return await settle(scene, told)
    case 'cancelOne':
      await db.engine.query(cancelDelivery.text, [tenantId, await one(waiting), 'somebody', 0])
      return
    case 'proven':
      await db.engine.query(endWaitingAcrossTenants.text, [
        [tenantId],
        [await one(waiting)],
        [await fenceOf(scene, waiting)],
        0,
        [0],
        [await one(wayOf(waiting))],
      ])
      return
    case 'expire':
      await db.owner.query(
        `UPDATE delivery_queue SET send_until = now() - interval '1 s', campaign = campaign WHERE delivery_id = $1`,
        [await one(waiting)],
      )
      await db.owner.query(`UPDATE campaigns SET ends_at = now() - interval '1 ms' WHERE id = $1`, [
        campaign,
      ])
      await store.expire(1)
      await db.owner.query(
        `UPDATE campaigns SET ends_at = now() + interval '1 hour' WHERE id = $1`,
        [campaign],
      )
      return
    case 'receipt': {
      const { rows } = await db.owner.query<{ id: string; turn: number }>(
        `SELECT delivery_id AS id, turn FROM settlements WHERE campaign = $1 AND state = 'sent' ORDER BY 1 LIMIT 2`,
        [campaign],
      )
      await db.engine.query(moveFinalAcrossTenants.text, [
        rows.map(() => tenantId),
        rows.map(({ id }) => id),
        rows.map(({ turn }) => turn),
        rows.map(() => 'sent'),
        rows.map(() => told.to),
        0,
      ])
      return
    }
    case 'pause':
      return await move(scene, 'paused')
    case 'resume':
      return await move(scene, 'running')
    case 'cancel':
      return await move(scene, 'canceled')
  }
}

const fenceOf = async ({ db, campaign }: Scene, waiting: string): Promise<number | undefined> =>
  (
    await db.owner.query<{ fence: number }>(
      `SELECT fence FROM delivery_queue WHERE delivery_id = (SELECT id FROM (${waiting}) x)`,
      [campaign],
    )
  ).rows[0]?.fence

test('counters are the sums of the rows after every command', { timeout: 120_000 }, async () => {
  await using db = await testDb()
  const rig = await engineRig(db)
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 10, maxLength: 25 }), async (commands) => {
      const tenantId = await given(db.owner).tenant()
      const scene = await arrange({ ...rig, tenantId })
      await turns(scene, 3)
      expect(await ledger(scene)).toMatchObject({ made: contacts, skipped: unreachable })
      for (const told of commands) {
        await obey(scene, told)
        expect(await ledger(scene), told.kind).toEqual(await rowsOf(scene))
      }
      await move(scene, 'canceled')
      await db.owner.query('UPDATE campaigns SET due_at = now() WHERE id = $1', [scene.campaign])
      await turns(scene, 1)
      const { rows } = await db.owner.query(
        'SELECT finished_at IS NOT NULL AS finished FROM campaigns WHERE id = $1',
        [scene.campaign],
      )
      expect(rows).toEqual([{ finished: true }])
    }),
    { numRuns: 15 },
  )
})
