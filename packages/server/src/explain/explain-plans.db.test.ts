/** A person's registrations are found by the person, not among all of the subscription. */
import type { TenantId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { recordPlans } from '@carillon/testkit/record-plans'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { inTenant } from '../platform/db/transaction.ts'
import { readRegistrations } from './queries.ts'

test('who is meant leads to the registrations: by user id, and by address behind row-level security', async () => {
  await using db = await testDb()
  const builders = given(db.owner)
  const tenantId = (await builders.tenant()) as TenantId
  const subscription = await builders.subscription(tenantId, { subscriptionId: 'news' })
  await builders.registrations(tenantId, subscription, { count: 2_000 })
  await db.owner.query('ANALYZE registrations')
  const asked = { subscriptionId: 'news', addresses: ['U7@example.org'], limit: 20 }
  const { found, plan } = await inTenant(db.app, tenantId, async (app) => {
    const recorded = await recordPlans(app)
    const rows = await readRegistrations(recorded.client, tenantId, { ...asked, person: 'u5' })
    return { found: rows.map(({ address }) => address), plan: recorded.plan.join('\n') }
  })
  expect(found).toEqual(['u5@example.org', 'u7@example.org'])
  expect(plan).toMatch(/Index Cond: .*\(user_id = /)
  expect(plan).toMatch(/Index Cond: .*\(address_key = ANY/)
})
