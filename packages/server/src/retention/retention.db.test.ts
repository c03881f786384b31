import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { expect, test } from 'vitest'
import { asId, type DeliveryId, type EventId } from '@carillon/domain/ids'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { forgetOld } from './forget-old.ts'
import { dropEmptyPartitionsAcrossTenants } from './queries.ts'

const uuidAt = async (owner: Pool, daysAgo: number, n = 0): Promise<string> => {
  const { rows } = await owner.query<{ id: string }>(
    `SELECT carillon_uuid_floor(now() - $1 * interval '1 day' + $2 * interval '1 ms') AS id`,
    [daysAgo, n],
  )
  return rows[0]?.id ?? ''
}

type Given = { readonly daysAgo: number; readonly isOpen?: boolean }

/** An event with a delivery that was made then. */
const insert = async (
  owner: Pool,
  tenantId: string,
  { daysAgo, isOpen = false }: Given,
): Promise<{ readonly event: EventId; readonly delivery: DeliveryId }> => {
  const event = asId('event', await uuidAt(owner, daysAgo))
  const delivery = asId('delivery', await uuidAt(owner, daysAgo, 1))
  const integration = randomUUID()
  await owner.query(
    `INSERT INTO events (tenant_id, id, source, source_id, type, time, data) VALUES ($1, $2, 's', $3, 't', now(), '{}')`,
    [tenantId, event, String(daysAgo)],
  )
  await owner.query('INSERT INTO event_keys VALUES ($1, $2, $3, $4)', [
    tenantId,
    's',
    String(daysAgo),
    event,
  ])
  await owner.query(
    `INSERT INTO deliveries (tenant_id, id, event_id, plan_id, addresses, recipient, send_until, created_at)
     VALUES ($1, $2, $3, $4, '{x}', 'x', now(), now())`,
    [tenantId, delivery, event, randomUUID()],
  )
  await owner.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, step, integration_id, started_at, settled_at)
     VALUES ($1, $2, 1, 'failed', 0, $3, now(), now())`,
    [tenantId, delivery, integration],
  )
  await owner.query(
    `INSERT INTO receipts (tenant_id, integration_id, notice_key, delivery_id, kind, occurred_at)
     VALUES ($1, $2, 'n', $3, 'delayed', now())`,
    [tenantId, integration, delivery],
  )
  if (isOpen)
    await owner.query(
      `INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
       VALUES ($1, $2, $3, now(), now() + interval '1 day')`,
      [tenantId, delivery, integration],
    )
  return { event, delivery }
}

const count = async (owner: Pool, tenantId: string): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const table of ['events', 'event_keys', 'deliveries', 'settlements', 'receipts']) {
    const { rows } = await owner.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`,
      [tenantId],
    )
    counts[table] = rows[0]?.n ?? -1
  }
  return counts
}

const all = (n: number) => ({
  events: n,
  event_keys: n,
  deliveries: n,
  settlements: n,
  receipts: n,
})

test('what is older than the tenant keeps it goes, with all that belongs to it; the rest stays', async () => {
  await using db = await testDb()
  const [short, forever] = [await given(db.owner).tenant(), await given(db.owner).tenant()]
  await db.owner.query('UPDATE tenants SET retention_days = 30 WHERE tenant_id = $1', [short])
  for (const tenantId of [short, forever])
    for (const daysAgo of [1, 29, 31, 400]) await insert(db.owner, tenantId, { daysAgo })
  while ((await forgetOld(db.engine)) > 0);
  expect(await count(db.owner, short)).toEqual(all(2))
  expect(await count(db.owner, forever)).toEqual(all(4))
})

test('an open delivery stays, however old, and so does its event', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await db.owner.query('UPDATE tenants SET retention_days = 1')
  await insert(db.owner, tenantId, { daysAgo: 100, isOpen: true })
  while ((await forgetOld(db.engine)) > 0);
  expect(await count(db.owner, tenantId)).toEqual(all(1))
})

/** Partitions of so many weeks, a hundred days ago. */
const makeOldPartitions = async (owner: Pool, weeks: number): Promise<void> => {
  let made = 1
  while (made > 0) {
    const { rows } = await owner.query<{ made: number }>(
      `SELECT carillon_ensure_partitions(now() - interval '100 days', $1) AS made`,
      [weeks],
    )
    made = rows[0]?.made ?? 0
  }
}

/** As the loop does it: one after the other. */
const dropAll = async (engine: Pool): Promise<number> => {
  let dropped = 0
  while ((await dropEmptyPartitionsAcrossTenants(engine)) > 0) dropped += 1
  return dropped
}

test('an old partition is dropped when nothing is in it any more, and only then', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await makeOldPartitions(db.owner, 2)
  const { delivery } = await insert(db.owner, tenantId, { daysAgo: 100 })
  const partitions = async (): Promise<number> => {
    const { rows } = await db.owner.query(
      `SELECT FROM pg_class WHERE relname ~ '^(events|deliveries|settlements)_\\d{8}$' AND relkind = 'r'`,
    )
    return rows.length
  }
  const before = await partitions()
  // The week after it is empty, in three tables.
  expect(await dropAll(db.engine)).toBe(3)
  expect(await partitions()).toBe(before - 3)
  await db.owner.query('DELETE FROM deliveries WHERE id = $1', [delivery])
  await db.owner.query('VACUUM deliveries')
  expect(await dropAll(db.engine)).toBe(1)
})

test('a row that comes while an empty partition is about to be dropped is not lost', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  await makeOldPartitions(db.owner, 1)
  const { rows } = await db.owner.query<{ part: string }>(
    `SELECT relname AS part FROM pg_class WHERE relname ~ '^settlements_\\d{8}$' ORDER BY relname LIMIT 1`,
  )
  const part = rows[0]?.part ?? ''
  // That week's deliveries and events go first, by their names.
  expect(await dropEmptyPartitionsAcrossTenants(db.engine)).toBe(1)
  expect(await dropEmptyPartitionsAcrossTenants(db.engine)).toBe(1)
  const writer = await db.owner.connect()
  await writer.query(`BEGIN; LOCK TABLE settlements, ${part} IN ROW EXCLUSIVE MODE`)
  const dropping = dropEmptyPartitionsAcrossTenants(db.engine).catch((error: unknown) => error)
  await eventually(async () => {
    const { rowCount } = await writer.query(`SELECT FROM pg_locks WHERE NOT granted
      AND relation IN ('settlements'::regclass, '${part}'::regclass)`)
    expect(rowCount).toBe(1)
  })
  await writer.query(
    `INSERT INTO settlements (tenant_id, delivery_id, turn, state, step, integration_id, started_at, settled_at)
     VALUES ($1, $2, 1, 'failed', 0, $1, now(), now())`,
    [tenantId, await uuidAt(db.owner, 100)],
  )
  await writer.query('COMMIT')
  writer.release()
  await dropping
  const { rowCount } = await db.owner.query('SELECT FROM settlements')
  expect(rowCount).toBe(1)
})
