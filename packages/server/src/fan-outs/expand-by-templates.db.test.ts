/** Expanding by the subscription's own texts, on real Postgres: who gets what, who is skipped and why, in how many chunks. */
import { fanOutRig, type FanOutRig } from '@carillon/testkit/fan-out-rig'
import { describe, expect, test } from 'vitest'

const content = { default: { text: 'Hello {{ data.name }}' } }

const deliveries = async ({ db }: FanOutRig) =>
  (
    await db.owner.query<Record<string, unknown>>(
      `SELECT d.*, p.body AS plan, q.integration_id, q.priority, q.send_until AS queue_until
         FROM deliveries d JOIN plans p ON p.id = d.plan_id LEFT JOIN delivery_queue q ON q.delivery_id = d.id ORDER BY d.id`,
    )
  ).rows

/** The ledger of the whole database: made once each, queued, counted. */
const ledger = async ({ db }: FanOutRig) =>
  (
    await db.owner.query<{ rows: number; people: number; queued: number; counted: number }>(
      `SELECT (SELECT count(*) FROM deliveries)::int AS rows, (SELECT count(DISTINCT registration) FROM deliveries)::int AS people,
              (SELECT count(*) FROM delivery_queue)::int AS queued, (SELECT coalesce(sum(created), 0) FROM delivery_counters)::int AS counted`,
    )
  ).rows[0]

const sums = (n: number) => ({ rows: n, people: n, queued: n, counted: n })

describe('expanding by templates', () => {
  test('every active registration gets one delivery by its channel, which says whose it is', async () => {
    await using rig = await fanOutRig()
    const [mail, sms] = [await rig.byDefault('email'), await rig.byDefault('sms')]
    const subscription = await rig.given.subscription(rig.tenantId, { content })
    await rig.given.registrations(rig.tenantId, subscription, { count: 2 })
    await rig.given.registrations(rig.tenantId, subscription, { from: 2, channel: 'sms' })
    await rig.given.registrations(rig.tenantId, subscription, { from: 9, enabled: false })
    const id = await rig.fanOut(subscription, { data: { name: 'Anna' } })
    await rig.expandAll()
    expect(await rig.row(id)).toMatchObject({
      state: 'done',
      audience: 3,
      made: 3,
      messages: 3,
      skipped: 0,
      chunks: 1,
    })
    const rows = await deliveries(rig)
    expect(rows.map((row) => [row['user_id'], row['integration_id'], row['addresses']])).toEqual([
      ['u1', mail, ['u1@example.org']],
      ['u2', mail, ['u2@example.org']],
      ['u2', sms, ['u2@example.org']],
    ])
    const [first] = rows
    expect(first).toMatchObject({ subscription, fan_out: id, priority: 0, resend_of: null })
    expect(first?.['send_until']).toBe(first?.['queue_until'])
    expect(await ledger(rig)).toEqual(sums(3))
    expect(rig.woken.toSorted()).toEqual([`${mail}/0`, `${sms}/0`].toSorted())
  })
})
