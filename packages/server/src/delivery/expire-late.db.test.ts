/** The sweep over passed deadlines meets a row that the database refuses to end: the others end all the same. */
import { engineRig } from '@carillon/testkit/engine-rig'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { isPassingDbError } from '../platform/db/translate-error.ts'
import { createExpireLate } from './expire-late.ts'

test('one poisoned row is set aside for five minutes, and does not keep the others from their end', async () => {
  await using db = await testDb()
  const r = await engineRig(db)
  const integrationId = await given(db.owner).integration(r.tenantId)
  await given(db.owner).rule(r.tenantId, { plan: { steps: [{ integrationId, to: 'a' }] } })
  await r.accept(5)
  await db.owner.query(
    `UPDATE delivery_queue SET send_until = now() - interval '1 minute' - (row_number * interval '1 second')
       FROM (SELECT delivery_id AS id, row_number() OVER () FROM delivery_queue) x WHERE id = delivery_id`,
  )
  // The one that has been late for the longest is the first that every sweep meets.
  const { rows } = await db.owner.query<{ id: string }>(
    'SELECT delivery_id AS id FROM delivery_queue ORDER BY send_until LIMIT 1',
  )
  const poisoned = rows[0]?.id ?? ''
  await db.owner.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE invalid_text_representation USING MESSAGE = 'refused by the test'; END $$`)
  await db.owner.query(`CREATE TRIGGER refuse BEFORE INSERT ON settlements
    FOR EACH ROW WHEN (NEW.delivery_id = '${poisoned}') EXECUTE FUNCTION refuse()`)
  const aside: string[] = []
  let nowMs = 0
  const expire = createExpireLate({
    pool: db.engine,
    shard: 0,
    monotonicMs: () => nowMs,
    isPassing: isPassingDbError,
    onSetAside: (_error, row) => void aside.push(row.deliveryId),
  })
  expect(await expire(500)).toBe(4)
  expect(aside).toEqual([poisoned])
  expect(await r.states()).toEqual({ expired: 4, pending: 1 })

  expect(await expire(500)).toBe(0)
  expect(aside.length).toBe(1)

  await db.owner.query('DROP TRIGGER refuse ON settlements')
  nowMs = 300_000
  expect(await expire(500)).toBe(1)
  expect(await r.states()).toEqual({ expired: 5 })
})
