import { expect, test } from 'vitest'
import { contactsRig, type ContactsRig } from '@carillon/testkit/contacts-rig'
import { contactJobs } from './jobs.ts'

const turn = async (c: ContactsRig, name: string): Promise<number> => {
  const job = contactJobs({ pool: c.db.engine }).find((each) => each.name === name)
  if (job === undefined) throw new Error(`there is no job ${name}`)
  return await job.turn()
}
const givenImport = async (c: ContactsRig, state: string, age: string): Promise<void> => {
  await c.db.owner.query(
    `WITH made AS (
       INSERT INTO contact_imports (tenant_id, id, state, dry_run, created_by, started_at, updated_at, finished_at)
       SELECT $1, gen_random_uuid(), $2, false, 'usr_x', now() - $3::interval, now() - $3::interval,
              CASE WHEN $2::text <> 'running' THEN now() END RETURNING id)
     INSERT INTO contact_import_rows (tenant_id, import_id, seq, row, reason) SELECT $1, id, 1, 2, 'x' FROM made`,
    [c.tenantId, state, age],
  )
}
const statesOf = async (c: ContactsRig): Promise<readonly string[]> => {
  const { rows } = await c.db.owner.query<{ state: string }>(
    'SELECT state FROM contact_imports ORDER BY started_at',
  )
  return rows.map(({ state }) => state)
}

test('an import that has not moved for ten minutes is interrupted, and one that has is not', async () => {
  await using c = await contactsRig()
  await givenImport(c, 'running', '11 minutes')
  await givenImport(c, 'running', '9 minutes')
  expect(await turn(c, 'end lost imports')).toBe(1)
  expect(await statesOf(c)).toEqual(['interrupted', 'running'])
  expect(await turn(c, 'end lost imports')).toBe(0)
})

test('imports are forgotten after thirty days, with their reports', async () => {
  await using c = await contactsRig()
  await givenImport(c, 'done', '31 days')
  await givenImport(c, 'failed', '29 days')
  expect(await turn(c, 'purge imports')).toBe(1)
  expect(await statesOf(c)).toEqual(['failed'])
  const { rows } = await c.db.owner.query('SELECT 1 FROM contact_import_rows')
  expect(rows).toHaveLength(1)
})
