/** What the engine makes of the list: an address is found however it is written, for what its entry stops, as long as it holds. */
import { randomUUID } from 'node:crypto'
import type { Outcome } from '@carillon/domain/outcome'
import { engineRig, running, type EngineRig } from '@carillon/testkit/engine-rig'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { describe, expect, test } from 'vitest'
import { recordSuppressions, type NewSuppression } from './record-suppressions.ts'

type Rig = EngineRig & { readonly integrationId: string }

const mailRig = async (db: TestDb, to: string): Promise<Rig> => {
  const r = await engineRig(db)
  const integrationId = await given(db.owner).integration(r.tenantId, {
    connector: 'smtp',
    channel: 'email',
  })
  await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to }] } })
  return { ...r, integrationId }
}

const record = async (
  { db, tenantId }: Rig,
  entry: Omit<NewSuppression, 'tenantId' | 'channel'>,
): Promise<void> => {
  const client = await db.engine.connect()
  await recordSuppressions(client, [{ tenantId, channel: 'email', ...entry }])
  client.release()
}

/** Makes one delivery and lets a worker end it; returns its last state. */
const outcomeOf = async (
  r: Rig,
  outcome: Outcome = { kind: 'accepted', ids: [] },
): Promise<string> => {
  await r.accept(1)
  await running(
    r.worker(() => outcome, { channel: 'email' }),
    async () =>
      await eventually(async () => {
        const { rows } = await r.db.owner.query('SELECT FROM delivery_queue')
        expect(rows).toEqual([])
      }),
  )
  const { rows } = await r.db.owner.query<{ state: string }>(
    'SELECT state FROM settlements ORDER BY settled_at DESC LIMIT 1',
  )
  return rows[0]?.state ?? ''
}

describe('an address on the list is not written to', () => {
  test.each([
    ['as it stands there', 'anna@example.org'],
    ['as a template writes it, in other letters', 'Anna@Example.ORG'],
    ['with spaces', ' anna@example.org '],
  ])('%s', async (_what, to) => {
    await using db = await testDb()
    const r = await mailRig(db, to)
    await record(r, { address: 'anna@example.org', reason: 'complained' })
    expect(await outcomeOf(r)).toBe('suppressed')
  })

  test('another one is, and so is the same one on another channel', async () => {
    await using db = await testDb()
    const r = await mailRig(db, 'bruno@example.org')
    await record(r, { address: 'anna@example.org', reason: 'complained' })
    await db.owner.query(
      `INSERT INTO suppressions (tenant_id, channel, address, reason) VALUES ($1, 'sms', 'bruno@example.org', 'manual')`,
      [r.tenantId],
    )
    expect(await outcomeOf(r)).toBe('sent')
  })

  test('what an outcome puts there is found in every spelling', async () => {
    await using db = await testDb()
    const r = await mailRig(db, 'Anna@example.org')
    const gone = {
      kind: 'recipient_rejected',
      reason: 'no such user',
      suppress: 'invalid',
    } as const
    expect(await outcomeOf(r, gone)).toBe('failed')
    expect(await outcomeOf(r)).toBe('suppressed')
    const { rows } = await db.owner.query(
      'SELECT address, reason, scope, expires_at FROM suppressions',
    )
    expect(rows).toEqual([
      { address: 'anna@example.org', reason: 'invalid', scope: 'all', expires_at: null },
    ])
  })

  test('an entry that has ended stops nothing, and begins anew when it is said again', async () => {
    await using db = await testDb()
    const r = await mailRig(db, 'anna@example.org')
    await record(r, {
      address: 'anna@example.org',
      reason: 'manual',
      expiresAt: '2020-01-01T00:00:00Z',
    })
    expect(await outcomeOf(r)).toBe('sent')
    await record(r, { address: 'anna@example.org', reason: 'manual' })
    expect(await outcomeOf(r)).toBe('suppressed')
  })
})

test('bounces stop an address from the third on, for 30 days, and another reason stands beside them', async () => {
  await using db = await testDb()
  const r = await mailRig(db, 'anna@example.org')
  const bounced = { address: 'anna@example.org', reason: 'bounced' } as const
  await record(r, bounced)
  await record(r, bounced)
  expect(await outcomeOf(r)).toBe('sent')
  await record(r, bounced)
  expect(await outcomeOf(r)).toBe('suppressed')
  await record(r, { address: 'Anna@example.org', reason: 'complained' })
  const { rows } = await db.owner.query(
    `SELECT reason, strikes, round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM suppressions ORDER BY reason`,
  )
  expect(rows).toEqual([
    { reason: 'bounced', strikes: 3, days: 30 },
    { reason: 'complained', strikes: 1, days: null },
  ])
})

test('bounces that lie too far apart do not add up', async () => {
  await using db = await testDb()
  const r = await mailRig(db, 'anna@example.org')
  const bounced = { address: 'anna@example.org', reason: 'bounced' } as const
  await record(r, bounced)
  await record(r, bounced)
  await db.owner.query(`UPDATE suppressions SET updated_at = now() - interval '31 days'`)
  await record(r, bounced)
  expect(await outcomeOf(r)).toBe('sent')
})

describe('of a subscription', () => {
  const subscribed = async (db: TestDb) => {
    const r = await mailRig(db, 'anna@example.org')
    const make = given(db.owner)
    const subscription = await make.subscription(r.tenantId, { subscriptionId: 'News' })
    await make.registrations(r.tenantId, subscription)
    const { rows } = await db.owner.query<{ id: string }>('SELECT id FROM registrations')
    const registration = rows[0]?.id ?? ''
    /** The next delivery is one of this registration. */
    const deliver = async (): Promise<string> => {
      await r.accept(1)
      await db.owner.query(
        `UPDATE deliveries d SET subscription = $1, registration = $2 FROM delivery_queue q WHERE q.delivery_id = d.id`,
        [subscription, registration],
      )
      await running(
        r.worker(() => ({ kind: 'accepted', ids: [] })),
        async () =>
          await eventually(async () => {
            const queue = await db.owner.query('SELECT FROM delivery_queue')
            expect(queue.rows).toEqual([])
          }),
      )
      const last = await db.owner.query<{ state: string }>(
        'SELECT state FROM settlements ORDER BY settled_at DESC LIMIT 1',
      )
      return last.rows[0]?.state ?? ''
    }
    return { r, registration, deliver }
  }

  test('an entry with its scope stops its messages and no others', async () => {
    await using db = await testDb()
    const { r, deliver } = await subscribed(db)
    const entry = { address: 'anna@example.org', reason: 'unsubscribed' } as const
    await record(r, { ...entry, scope: 'subscription:Other' })
    await record(r, { ...entry, scope: 'campaigns' })
    expect(await deliver()).toBe('sent')
    await record(r, { ...entry, scope: 'subscription:News' })
    expect(await deliver()).toBe('suppressed')
    expect(await outcomeOf(r)).toBe('sent')
  })

  test.each([
    ['switched off', 'UPDATE registrations SET enabled = false'],
    ['deleted', 'DELETE FROM registrations'],
  ])(
    'a registration that was %s gets nothing any more, also what was planned before',
    async (_how, sql) => {
      await using db = await testDb()
      const { r, deliver } = await subscribed(db)
      expect(await deliver()).toBe('sent')
      await db.owner.query(sql)
      expect(await deliver()).toBe('suppressed')
      expect(await outcomeOf(r)).toBe('sent')
    },
  )
})

test('the next try of a delivery whose address was put there meanwhile is not made', async () => {
  await using db = await testDb()
  const r = await mailRig(db, 'Anna@example.org')
  await r.accept(1)
  let tries = 0
  const worker = r.worker(async () => {
    tries += 1
    await record(r, {
      address: 'anna@example.org',
      reason: 'unsubscribed',
      deliveryId: randomUUID(),
    })
    return { kind: 'retry', reason: 'busy', scope: 'message', afterMs: 1 }
  })
  await running(worker, async () => {
    await eventually(async () => expect(await r.states()).toEqual({ suppressed: 1 }))
  })
  expect(tries).toBe(1)
})

describe('an address that comes on the list while a worker holds a message to it', () => {
  test.each([
    ['anna@example.org', 'anna@example.org'],
    ['Anna@Example.org', 'anna@example.org'],
  ])('is not written to any more: %s', async (to, address) => {
    await using db = await testDb()
    const r = await mailRig(db, to)
    await r.accept(2)
    // The second one waits in the worker for its slot of the rate limit.
    const rate = { n: 1, perMs: 2_500, burst: 1 }
    const worker = r.worker(() => ({ kind: 'accepted', ids: [] }), { channel: 'email', rate })
    await running(worker, async () => {
      await eventually(async () => expect(await r.states()).toEqual({ sent: 1, sending: 1 }))
      await record(r, { address, reason: 'unsubscribed' })
      await eventually(async () => expect(await r.states()).toEqual({ sent: 1, suppressed: 1 }))
    })
    const { rows } = await db.owner.query(
      `SELECT max(turn) AS turns, count(*) FILTER (WHERE attempt IS NOT NULL)::int AS attempts FROM settlements WHERE state = 'suppressed'`,
    )
    // Its first turn: it was never given back and claimed again.
    expect(rows).toEqual([{ turns: 1, attempts: 0 }])
  })
})
