/** Expanding by the subscription's own texts, on real Postgres: who gets what, who is skipped and why, in how many chunks. */
import { fanOutRig, type FanOutRig } from '@carillon/testkit/fan-out-rig'
import { describe, expect, test } from 'vitest'
import { createClaimFanOuts, type ClaimedFanOut } from './claim-fan-outs.ts'
import { prepareChunk } from './expand-fan-out.ts'

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

  test('texts go by channel and language: the registration’s, else the tenant’s, else the one without', async () => {
    await using rig = await fanOutRig()
    await rig.byDefault('email')
    await rig.byDefault('sms')
    await rig.db.owner.query(`UPDATE tenants SET language = 'it'`)
    const subscription = await rig.given.subscription(rig.tenantId, {
      content: {
        default: { text: 'plain' },
        email: {
          text: 'mail',
          languages: { it: { text: 'posta' }, pt: { subject: 'Oi', text: 'correio' } },
        },
      },
    })
    const wanted = [
      { language: 'pt-BR', text: 'correio', builtin: 'it' },
      { language: 'en', text: 'posta', builtin: 'en' },
      { text: 'posta', builtin: 'it' },
      { channel: 'sms', language: 'pt', text: 'plain', builtin: 'it' },
    ]
    for (const [at, { text: _text, builtin: _builtin, ...registration }] of wanted.entries())
      await rig.given.registrations(rig.tenantId, subscription, { from: at + 1, ...registration })
    await rig.fanOut(subscription)
    await rig.expandAll()
    const plans = (await deliveries(rig)).map((row) => row['plan'])
    expect(plans).toMatchObject(
      wanted.map(({ text, builtin }) => ({ content: { text }, language: builtin })),
    )
  })

  test('who has no way is skipped with the reason, and the ledger adds up', async () => {
    await using rig = await fanOutRig()
    await rig.byDefault('email')
    await rig.byDefault('sms', false)
    await rig.byDefault('telegram')
    const subscription = await rig.given.subscription(rig.tenantId, {
      content: { email: { text: 'x' }, sms: { text: 'x' }, teams: { text: 'x' } },
    })
    for (const [channel, count] of [
      ['email', 3],
      ['sms', 2],
      ['teams', 4],
      ['telegram', 1],
    ] as const)
      await rig.given.registrations(rig.tenantId, subscription, { channel, count })
    const id = await rig.fanOut(subscription)
    await rig.expandAll()
    expect(await rig.row(id)).toMatchObject({
      state: 'done',
      audience: 10,
      made: 3,
      skipped: 7,
      skips: {
        'the default integration for the channel "sms" is switched off': 2,
        'no default integration for the channel "teams"': 4,
        'no text for the channel "telegram"': 1,
      },
    })
    expect(await ledger(rig)).toEqual(sums(3))
  })

  test('a second fan-out of the same texts has the same plan; a changed default integration has another', async () => {
    await using rig = await fanOutRig()
    const first = await rig.byDefault('email')
    const subscription = await rig.given.subscription(rig.tenantId, { content })
    await rig.given.registrations(rig.tenantId, subscription)
    for (let round = 0; round < 2; round += 1) {
      await rig.fanOut(subscription)
      await rig.expandAll()
    }
    await rig.db.owner.query('UPDATE integrations SET is_default = false')
    const second = await rig.byDefault('email')
    await rig.fanOut(subscription)
    await rig.expandAll()
    const rows = await deliveries(rig)
    expect(rows.map((row) => row['integration_id'])).toEqual([first, first, second])
    expect(new Set(rows.map((row) => row['plan_id'])).size).toBe(2)
  })
})

/** Changes behind a chunk's back: a large audience is read in id order, 5,000 at a time. */
describe('while a large audience is expanded', () => {
  const begin = async (count: number) => {
    const rig = await fanOutRig()
    await rig.byDefault('email')
    const subscription = await rig.given.subscription(rig.tenantId, { content })
    await rig.given.registrations(rig.tenantId, subscription, { count })
    const id = await rig.fanOut(subscription)
    await rig.expander.turn()
    return { ...rig, subscription, id }
  }
  type Begun = Awaited<ReturnType<typeof begin>>
  const change = async ({ db }: Begun, sql: string) => await db.owner.query(sql)

  test('who registers meanwhile is for the next one', async () => {
    await using rig = await begin(5_001)
    expect(await rig.row(rig.id)).toMatchObject({ state: 'open', audience: 5_001, made: 5_000 })
    await rig.given.registrations(rig.tenantId, rig.subscription, { from: 9_001, count: 10 })
    await rig.expandAll()
    expect(await rig.row(rig.id)).toMatchObject({ state: 'done', audience: 5_001, made: 5_001 })
    expect(await ledger(rig)).toEqual(sums(5_001))
  })

  test('who leaves or is switched off before the turn comes gets nothing', async () => {
    await using rig = await begin(5_010)
    await change(rig, `DELETE FROM registrations WHERE user_id IN ('u1', 'u5001', 'u5002')`)
    await change(rig, `UPDATE registrations SET enabled = false WHERE user_id IN ('u2', 'u5003')`)
    await rig.expandAll()
    expect(await rig.row(rig.id)).toMatchObject({ state: 'done', audience: 5_007, made: 5_007 })
    const { rows } = await rig.db.owner.query(
      `SELECT user_id FROM deliveries WHERE user_id IN ('u1', 'u2', 'u5001', 'u5002', 'u5003', 'u5004') ORDER BY 1`,
    )
    expect(rows.map((row: { user_id: string }) => row.user_id)).toEqual(['u1', 'u2', 'u5004'])
  })

  test('a subscription that is switched off stops it: what was made stays, and it says why', async () => {
    await using rig = await begin(5_001)
    await change(rig, 'UPDATE subscriptions SET enabled = false, version = version + 1')
    await rig.expandAll()
    expect(await rig.row(rig.id)).toMatchObject({
      state: 'failed',
      made: 5_000,
      error_code: 'subscription_disabled',
      error_message: 'Subscription is disabled',
    })
    expect(await ledger(rig)).toEqual(sums(5_000))
  })

  test('new texts are for whose turn is still to come', async () => {
    await using rig = await begin(5_003)
    await change(
      rig,
      `UPDATE subscriptions SET content = '{"default": {"text": "new"}}', version = version + 1`,
    )
    await rig.expandAll()
    const { rows } = await rig.db.owner.query(
      `SELECT p.body->'content'->>'text' AS text, count(*)::int AS n FROM deliveries d JOIN plans p ON p.id = d.plan_id GROUP BY 1 ORDER BY 2`,
    )
    expect(rows).toEqual([
      { text: 'new', n: 3 },
      { text: 'Hello {{ data.name }}', n: 5_000 },
    ])
  })

  test('two processes share it, nobody is skipped and nobody gets two', async () => {
    await using rig = await begin(20_000)
    const others = [rig.another(), rig.another(), rig.expander]
    const work = async (expander: (typeof others)[number]): Promise<void> => {
      while ((await rig.row(rig.id)).state === 'open') await expander.turn()
    }
    await Promise.all(others.map(work))
    expect(await rig.row(rig.id)).toMatchObject({ state: 'done', made: 20_000, audience: 20_000 })
    expect(await ledger(rig)).toEqual(sums(20_000))
  })

  test('a holder whose lease was taken over writes nothing', async () => {
    await using rig = await begin(5_001)
    const late = await claimNow(rig)
    const prepared = await prepareChunk(late, rig.services)
    await change(rig, 'UPDATE fan_outs SET fence = fence + 1')
    if (prepared.kind !== 'chunk') throw new Error(`there is no chunk: ${prepared.kind}`)
    expect(await prepared.run(new AbortController().signal)).toEqual({ kind: 'lost' })
    expect(await ledger(rig)).toEqual(sums(5_000))
    expect(await rig.row(rig.id)).toMatchObject({ state: 'open', made: 5_000 })
  })

  const claimNow = async (rig: Begun): Promise<ClaimedFanOut> => {
    const [claim] = await createClaimFanOuts(rig.services)(1)
    if (claim === undefined) throw new Error('nothing was there to be claimed')
    return claim
  }
})

test('what breaks is tried again later and goes on where it was; what always breaks fails at last', async () => {
  await using rig = await fanOutRig()
  await rig.byDefault('email')
  const subscription = await rig.given.subscription(rig.tenantId, { content })
  await rig.given.registrations(rig.tenantId, subscription)
  const rename = async (from: string, to: string) =>
    await rig.db.owner.query(`ALTER TABLE ${from} RENAME TO ${to}`)
  const tryNow = async () => {
    await rig.db.owner.query('UPDATE fan_outs SET due_at = now()')
    await rig.expander.turn()
  }
  const id = await rig.fanOut(subscription)
  await rename('delivery_counters', 'hidden')
  await tryNow()
  const row = await rig.row(id)
  expect({ ...row, isLater: row.waits > 0 }).toMatchObject({ tries: 1, made: 0, isLater: true })
  await rename('hidden', 'delivery_counters')
  await tryNow()
  expect(await rig.row(id)).toMatchObject({ state: 'done', made: 1, tries: 0 })
  const other = await rig.fanOut(subscription)
  await rename('delivery_counters', 'hidden')
  while ((await rig.row(other)).state === 'open') await tryNow()
  await rename('hidden', 'delivery_counters')
  expect(await rig.row(other)).toMatchObject({
    state: 'failed',
    tries: 9,
    error_code: 'expansion_broken',
  })
  expect(await ledger(rig)).toEqual(sums(1))
})

test('a suspended tenant waits with the rest of its audience until it goes on', async () => {
  await using rig = await fanOutRig()
  await rig.byDefault('email')
  const subscription = await rig.given.subscription(rig.tenantId, { content })
  await rig.given.registrations(rig.tenantId, subscription)
  const id = await rig.fanOut(subscription)
  const suspend = async (at: string) =>
    await rig.db.owner.query(`UPDATE tenants SET suspended_at = ${at}`)
  await suspend('now()')
  expect(await rig.expander.turn()).toBe('idle')
  expect(await rig.row(id)).toMatchObject({ state: 'open', made: 0 })
  await suspend('NULL')
  await rig.expandAll()
  expect(await rig.row(id)).toMatchObject({ state: 'done', made: 1 })
})

test("tenants come in turn: another one's large audience keeps a small one waiting for a chunk at most", async () => {
  await using rig = await fanOutRig()
  await rig.byDefault('email')
  const large = await rig.given.subscription(rig.tenantId, { content })
  await rig.given.registrations(rig.tenantId, large, { count: 12_000 })
  const bulk: string[] = []
  for (let n = 0; n < 3; n += 1) bulk.push(await rig.fanOut(large))
  await rig.expander.turn()
  const chunks = async (): Promise<number> => {
    const rows = await Promise.all(bulk.map(async (each) => await rig.row(each)))
    return rows.reduce((sum, row) => sum + row.chunks, 0)
  }
  const before = await chunks()
  const tenantId = await rig.given.tenant()
  const integration = await rig.given.integration(tenantId, { channel: 'email' })
  await rig.db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [integration])
  const small = await rig.given.subscription(tenantId, { content })
  await rig.given.registrations(tenantId, small, { count: 2 })
  const id = await rig.fanOut(small, { tenantId })
  while ((await rig.row(id)).state === 'open') await rig.expander.turn()
  expect(await rig.row(id)).toMatchObject({ state: 'done', made: 2 })
  expect((await chunks()) - before).toBeLessThanOrEqual(1)
})
