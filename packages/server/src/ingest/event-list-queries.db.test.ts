/** Events by the beginning of their type: found type by type, through the index, as long as the types are few. */
import type { TenantId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { recordPlans } from '@carillon/testkit/record-plans'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { inTenant } from '../platform/db/transaction.ts'
import { listEvents } from './event-list-queries.ts'

const nothing = { type: undefined, source: undefined, since: undefined, until: undefined }

/** Events of these types, in this order; then what a prefix finds, with its plan. */
const search = async (types: readonly string[], prefix: string) => {
  await using db = await testDb()
  const tenantId = (await given(db.owner).tenant()) as TenantId
  await db.owner.query(
    `INSERT INTO events (tenant_id, id, source, source_id, type, time, data)
     SELECT $1, carillon_uuid_at((extract(epoch FROM now()) * 1000)::bigint + n, 0), 'shop', n, type, now(), '{}'
       FROM unnest($2::text[]) WITH ORDINALITY AS x(type, n)`,
    [tenantId, types],
  )
  return await inTenant(db.app, tenantId, async (app) => {
    const { client, plan } = await recordPlans(app)
    const { rows, scanEnd } = await listEvents(client, tenantId, {
      ...nothing,
      prefix,
      before: null,
      limit: 500,
    })
    return { found: rows.map(({ type }) => type), scanEnd, plan: plan.join('\n') }
  })
}

test('few types: by their index, newest first, and nothing that only comes close', async () => {
  const types = ['order.paid', 'orders', 'order.sent', 'Order.x', 'order.paid', 'zoo', 'order']
  const { found, scanEnd, plan } = await search(types, 'order.')
  expect(found).toEqual(['order.paid', 'order.sent', 'order.paid'])
  expect(scanEnd).toBeNull()
  expect(plan).toMatch(/Index Cond: .*type = 'order\.sent'/)
})

test('many types: event by event, and the same is found', async () => {
  const types = Array.from({ length: 120 }, (_, n) => `${n % 2 === 0 ? 'order' : 'other'}.${n}`)
  const { found } = await search(types, 'order.')
  expect(found).toEqual(types.filter((type) => type.startsWith('order.')).toReversed())
})

test('no type begins so: nothing, and no look at any event', async () => {
  const { found, plan } = await search(['order.paid'], 'zoo.')
  expect(found).toEqual([])
  expect(plan).not.toMatch(/pkey/)
})
