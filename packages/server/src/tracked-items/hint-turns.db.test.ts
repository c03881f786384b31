/** Whose hints are followed first: one integration of each tenant in turn, the oldest hint of each turn first. */
import type { Pool } from 'pg'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { findHintedAcrossTenants } from './queries/rounds.ts'

const hint = async (
  owner: Pool,
  of: { readonly tenantId: string; readonly integrationId: string },
  secondsAgo: number,
): Promise<void> => {
  await owner.query(
    `INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type, received_at)
     VALUES ($1, $2, gen_random_uuid()::text, 'k', 't', now() - make_interval(secs => $3))`,
    [of.tenantId, of.integrationId, secondsAgo],
  )
}

test('a tenant with many integrations that wait leaves room for the one of another', async () => {
  await using db = await testDb()
  const make = given(db.owner)
  const [many, one] = [await make.tenant(), await make.tenant()]
  const ofMany: string[] = []
  for (let n = 0; n < 25; n += 1) {
    const integrationId = await make.integration(many, { connector: 'tracked' })
    ofMany.push(integrationId)
    // Inserted the youngest first, and each with a later one that changes nothing.
    await hint(db.owner, { tenantId: many, integrationId }, 1_000 + n)
    await hint(db.owner, { tenantId: many, integrationId }, 1)
  }
  const other = await make.integration(one, { connector: 'tracked' })
  await hint(db.owner, { tenantId: one, integrationId: other }, 10)
  await hint(
    db.owner,
    { tenantId: one, integrationId: await make.integration(one, { connector: 'another' }) },
    5_000,
  )
  const found = await findHintedAcrossTenants(db.engine, ['tracked'])
  const oldestFirst = ofMany.toReversed()
  expect(found.map((row) => row.integration_id)).toEqual([
    oldestFirst[0],
    other,
    ...oldestFirst.slice(1, 19),
  ])
})
