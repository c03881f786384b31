import { expect, test } from 'vitest'
import { defaultBreaker } from '@carillon/domain/breaker'
import { policyOf, type Plan } from '@carillon/domain/plan'
import { engineRig } from '@carillon/testkit/engine-rig'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { asActor, currentActor } from '../platform/actor.ts'
import { monotonicMs } from '../platform/clock.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createProgress } from '../platform/lifecycle/progress.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createTimeGatherer } from './gather-times.ts'
import { loadPlans } from './load-plans.ts'
import { runWorker } from './run-worker.ts'
import type { Sender } from './sender.ts'

/** Every address is refused for good; `actors` gets who acts. */
const refusing = (db: TestDb, integrationId: string, actors: Set<string | undefined>): Sender => {
  const plans = new Map<string, Plan>()
  return {
    load: async (claims) => {
      const wanted = claims.map(({ tenantId, planId }) => ({ tenantId, id: planId }))
      for (const [id, { plan }] of await loadPlans(db.engine, wanted)) plans.set(id, plan)
    },
    prepare: ({ planId }) => {
      const plan = plans.get(planId)
      if (plan === undefined) throw new Error('plan not loaded')
      return {
        policy: policyOf(plan),
        channel: 'test',
        onUnknown: 'resend',
        breakerPolicy: defaultBreaker,
        recipientLimit: undefined,
        integrationOf: () => integrationId,
        next: {
          kind: 'exchange',
          exchange: async () => {
            actors.add(currentActor())
            return { kind: 'recipient_rejected', reason: 'no such user', suppress: 'invalid' }
          },
        },
      }
    },
    traits: () => ({ concurrency: 64, weight: 1, rate: undefined }),
  }
}

// Whoever posts an event wakes the worker. What the worker does from then on is its own doing: the audit log must not say
// that a person has suppressed what a provider has refused.

test('a worker that a request has woken acts for nobody', async () => {
  await using db = await testDb()
  const rig = await engineRig(db)
  const integrationId = await given(db.owner).integration(rig.tenantId)
  await given(db.owner).rule(rig.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
  const actors = new Set<string | undefined>()
  const running = await runWorker({
    store: rig.store,
    sender: refusing(db, integrationId, actors),
    concurrency: 8,
    leaseMs: 30_000,
    stopWithinMs: 1_000,
    progress: createProgress(monotonicMs),
    log: quietLog,
    times: createTimeGatherer(),
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    signal: new AbortController().signal,
  })
  // Several, because the worker may find one of them by itself in the moment before it is woken.
  for (let failed = 1; failed <= 3; failed += 1) {
    await asActor('key_0someone', async () => {
      await db.owner.query('DELETE FROM suppressions')
      await rig.accept(1)
      running.value.wake()
      await eventually(async () => expect(await rig.states()).toEqual({ failed }))
    })
  }
  await running.stop(new AbortController().signal)
  expect([...actors]).toEqual([undefined])
  const { rows } = await db.owner.query(
    `SELECT actor, action FROM audit_log WHERE kind = 'suppression'`,
  )
  expect(rows).toEqual([])
})
