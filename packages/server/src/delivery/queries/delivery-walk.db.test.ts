/** Whichever filter drives a walk, and however small its windows are, it finds the same deliveries: those that fit. */
import type { DeliveryState } from '@carillon/domain/delivery-status'
import type { TenantId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { givenDeliveries } from '@carillon/testkit/given-deliveries'
import { testDb } from '@carillon/testkit/test-db'
import type { PoolClient } from 'pg'
import { expect, test } from 'vitest'
import { inTenant } from '../../platform/db/transaction.ts'
import { countOfWalk, walkWith, type Walk } from '../../platform/db/bounded-walk.ts'
import { planDeliveries, type DeliveryWanted } from './delivery-walk.ts'

const count = 30
const window = 7
const states = ['failed', 'sent', 'pending', 'canceled'] as const

type Known = {
  readonly state: (typeof states)[number]
  readonly recipient: string
  readonly integration: string
  readonly rule: string
  readonly userId: string | null
  readonly campaign: string | null
}

const rig = async () => {
  const db = await testDb()
  const builders = given(db.owner)
  const tenantId = (await builders.tenant()) as TenantId
  const integrations = [await builders.integration(tenantId), await builders.integration(tenantId)]
  const rules = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
  const campaign = crypto.randomUUID()
  const known = Array.from({ length: count }, (_, n): Known => ({
    state: states[n % 4] ?? 'failed',
    recipient: n % 3 === 0 ? 'Anna@example.org' : `n${n}@example.org`,
    integration: integrations[n % 5 === 0 ? 1 : 0] ?? '',
    rule: rules[n % 3] ?? '',
    userId: n % 2 === 0 ? 'u1' : null,
    campaign: n % 7 < 3 ? campaign : null,
  }))
  const ids = await givenDeliveries(
    db.owner,
    { tenantId, integrationId: integrations[0] ?? '' },
    known.map(({ recipient: to, state, integration: integrationId, rule: ruleId }) => ({
      to,
      state,
      integrationId,
      ruleId,
    })),
  )
  for (const [at, id] of ids.entries()) {
    const values = [tenantId, id, known[at]?.userId, known[at]?.campaign]
    await db.owner.query(
      `WITH a AS (UPDATE deliveries SET user_id = $3, campaign = $4 WHERE tenant_id = $1 AND id = $2),
            b AS (UPDATE delivery_queue SET campaign = $4 WHERE tenant_id = $1 AND delivery_id = $2)
       UPDATE settlements SET campaign = $4 WHERE tenant_id = $1 AND delivery_id = $2 AND $3::text IS NOT DISTINCT FROM $3`,
      values,
    )
  }
  // An earlier turn with another integration: it is not where the delivery is.
  await db.owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, step, integration_id, started_at, next_due_at, settled_at)
     SELECT $1, id, 0, 'pending', 'retry', 1, 0, $3, now(), now(), now() FROM unnest($2::uuid[]) AS id`,
    [tenantId, ids, integrations[1]],
  )
  return { db, tenantId, integrations, rules, campaign, known, ids }
}

const nothing = {
  states: [],
  event: null,
  integration: null,
  rule: null,
  recipient: null,
  subscription: null,
  userId: null,
  fanOut: null,
  campaign: null,
  since: null,
  until: null,
  ids: null,
  prefix: null,
} as const satisfies Omit<DeliveryWanted, 'tenantId'>

/** Of deliveries older than `before`, and the values of its statement. */
const walkOf = (
  wanted: DeliveryWanted,
  driver: string,
  { before, size }: { readonly before: string | null; readonly size: number },
): { readonly walk: Walk; readonly values: unknown[] } => {
  const values: unknown[] = [wanted.tenantId]
  const drivers = planDeliveries(wanted, before, (value) => `$${values.push(value)}`)
  const own = drivers.find(({ name }) => name === driver)
  if (own === undefined) throw new Error(`no index ${driver}`)
  return { walk: walkWith(own, { window: size, limit: 100, order: 'DESC' }), values }
}

const driversOf = (wanted: DeliveryWanted): readonly string[] =>
  planDeliveries(wanted, null, () => '').map(({ name }) => name)

/** How many there are, by windows that end one after the other. */
const countBy = async (
  client: PoolClient,
  wanted: DeliveryWanted,
  driver: string,
): Promise<number> => {
  let found = 0
  let before: string | null = null
  for (;;) {
    const { walk, values } = walkOf(wanted, driver, { before, size: window })
    const { rows } = await client.query<{ n: number; scan_end: string | null }>(
      countOfWalk(walk),
      values,
    )
    found += rows[0]?.n ?? 0
    before = rows[0]?.scan_end ?? null
    if (before === null) return found
  }
}

test('every pair of filters finds what fits, by each index that leads there', async () => {
  const c = await rig()
  await using _db = c.db
  const [early, late] = [c.ids.slice(0, 12), c.ids.slice(9)]
  const of = (wanted: readonly DeliveryState[]) => (one: Known) => wanted.includes(one.state)
  const filters: readonly (readonly [
    Partial<DeliveryWanted>,
    (one: Known, id: string) => boolean,
  ])[] = [
    [{}, () => true],
    [{ states: ['failed'] }, of(['failed'])],
    [{ states: ['sent', 'pending', 'sending', 'canceled'] }, of(['sent', 'pending', 'canceled'])],
    [{ integration: c.integrations[1] ?? '' }, (one) => one.integration === c.integrations[1]],
    [{ rule: c.rules[1] ?? '' }, (one) => one.rule === c.rules[1]],
    [{ recipient: 'Anna@example.org' }, (one) => one.recipient === 'Anna@example.org'],
    [{ userId: 'u1' }, (one) => one.userId === 'u1'],
    [{ campaign: c.campaign }, (one) => one.campaign === c.campaign],
    [{ ids: early }, (_one, id) => early.includes(id)],
    [{ ids: late }, (_one, id) => late.includes(id)],
    [{ prefix: 'ann' }, (one) => one.recipient.startsWith('Ann')],
    [{ since: '2020-01-01T00:00:00Z' }, () => true],
    [{ until: '2020-01-01T00:00:00Z' }, () => false],
  ]
  await inTenant(c.db.app, c.tenantId, async (client) => {
    for (const [one, fitsOne] of filters)
      for (const [other, fitsOther] of filters) {
        const name = Object.keys(other)[0] ?? ''
        if (one === other || Object.hasOwn(one, name)) continue
        const wanted: DeliveryWanted = { tenantId: c.tenantId, ...nothing, ...one, ...other }
        const expected = c.known.filter((known, at) => {
          const id = c.ids[at] ?? ''
          return fitsOne(known, id) && fitsOther(known, id)
        }).length
        for (const driver of driversOf(wanted)) {
          const found = await countBy(client, wanted, driver)
          expect({ ...one, ...other, driver, found }).toEqual({
            ...one,
            ...other,
            driver,
            found: expected,
          })
        }
      }
  })
})

test('a window bounds what is looked at, whatever there is', async () => {
  const c = await rig()
  await using _db = c.db
  const wanted = {
    tenantId: c.tenantId,
    ...nothing,
    states: ['failed'],
    rule: c.rules[1] ?? '',
  } as const
  await inTenant(c.db.app, c.tenantId, async (client) => {
    const { walk, values } = walkOf(wanted, 'states', { before: null, size: 3 })
    const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) ${countOfWalk(walk)}`,
      values,
    )
    const plan = rows.map((row) => String(row['QUERY PLAN'])).join('\n')
    expect(plan).not.toMatch(/Hash|Nested Loop/)
    const looked = [...plan.matchAll(/loops=(\d+)/g)].map(([, loops]) => Number(loops))
    expect(Math.max(...looked)).toBe(3)
  })
})
