/** Contacts are found through indexes behind row-level security too, where only leakproof conditions reach one. */
import type { TenantId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { recordPlans } from '@carillon/testkit/record-plans'
import { testDb } from '@carillon/testkit/test-db'
import type { PoolClient } from 'pg'
import { expect, test } from 'vitest'
import { inTenant } from '../../platform/db/transaction.ts'
import { listContacts } from './contact-lists.ts'
import { findContactsOfBatch } from './import-batch.ts'

const planOf = async (
  ask: (client: PoolClient, tenantId: TenantId) => Promise<unknown>,
): Promise<string> => {
  await using db = await testDb()
  const tenantId = (await given(db.owner).tenant()) as TenantId
  await db.owner.query(
    `INSERT INTO contacts (tenant_id, id, email, phone, external_id)
     SELECT $1, uuidv7(), 'n' || n || '@example.org', '+39' || 100000 + n, n FROM generate_series(1, 5000) AS n`,
    [tenantId],
  )
  await db.owner.query('ANALYZE contacts')
  return await inTenant(db.app, tenantId, async (app) => {
    const { client, plan } = await recordPlans(app)
    await ask(client, tenantId)
    return plan.join('\n')
  })
}

test('a search looks into an index for each way in which a contact may be meant', async () => {
  const plan = await planOf((client, tenantId) =>
    listContacts(client, tenantId, { q: '39 12', limit: 50 }),
  )
  const keys = ['email_key', 'telegram_key', 'name_key', 'last_name_key', 'external_id', 'phone']
  const missing = keys.filter((key) => !new RegExp(`Index Cond: .*\\b${key} ~>=~`).test(plan))
  expect(missing).toEqual([])
})

test('a batch of an import finds its contacts one by one', async () => {
  const batch = { ids: [], phones: ['+391'], emails: ['a@example.org'], externalIds: ['x'] }
  const plan = await planOf((client, tenantId) =>
    findContactsOfBatch(client, tenantId, batch, { lock: true }),
  )
  const missing = ['email_key', 'phone', 'external_id'].filter(
    (key) => !new RegExp(`Index Cond: .*\\b${key} = `).test(plan),
  )
  expect(missing).toEqual([])
})
