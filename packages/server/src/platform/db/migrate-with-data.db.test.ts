/** Our own migrations on a database that has worked with the first one: every row stays, and counts as before. */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { databaseUrl, withClient } from '@carillon/testkit/database-url'
import { quietLog } from '@carillon/testkit/quiet-log'
import { expect, inject, test } from 'vitest'
import { migrate } from './migrate.ts'

const first = '0001_foundation'
const own = fileURLToPath(new URL('../../../migrations', import.meta.url))

/** A folder with the first migration only. */
const onlyFirst = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'carillon-first-'))
  await copyFile(join(own, `${first}.sql`), join(directory, `${first}.sql`))
  await writeFile(join(directory, 'HEAD'), `${first}\n`)
  return directory
}

const tenant = '0199a5c2-0000-7000-8000-00000000000a'
const integration = '0199a5c2-0000-7000-8000-00000000000b'
const plan = '0199a5c2-0000-7000-8000-00000000000c'
const id = (n: number): string => `0199a5c2-0000-7000-8000-0000000001${String(n).padStart(2, '0')}`

/** One of each thing, as the first version has written them; of deliveries an open one and an ended one. */
const rows = `
INSERT INTO tenants (tenant_id, slug, name) VALUES ('${tenant}', 'acme', 'Acme');
INSERT INTO api_keys (tenant_id, id, name, prefix, hash, scopes) VALUES
  ('${tenant}', '${id(1)}', 'own', 'car_', sha256('a'), '{*}'), (NULL, '${id(2)}', 'platform', 'car_', sha256('b'), '{*}');
INSERT INTO idempotency_keys VALUES ('${tenant}', 'k', 'POST /x', sha256('c'), 201, '{}');
INSERT INTO integrations (tenant_id, id, connector, channel, name, settings, is_default)
  VALUES ('${tenant}', '${integration}', 'twilio', 'sms', 'SMS', '{}', true);
INSERT INTO integration_states (tenant_id, integration_id) VALUES ('${tenant}', '${integration}');
INSERT INTO recipient_limits VALUES ('${tenant}', '${integration}', 'x', now());
INSERT INTO suppressions (tenant_id, channel, address, reason, delivery_id, expires_at) VALUES
  ('${tenant}', 'email', 'gone@example.org', 'invalid', '${id(21)}', NULL),
  ('${tenant}', 'sms', '+393331234567', 'unsubscribed', NULL, now() + interval '1 day');
INSERT INTO plans (tenant_id, id, hash, body) VALUES ('${tenant}', '${plan}', sha256('d'), '{"steps": []}');
INSERT INTO rules (tenant_id, id, name, event_type, filter, action, plan_id) VALUES
  ('${tenant}', '${id(3)}', 'r', 't', '{}', '{"type": "send"}', '${plan}');
INSERT INTO event_keys VALUES ('${tenant}', 'shop', '1', '${id(10)}');
INSERT INTO events (tenant_id, id, source, source_id, type, time, data) VALUES ('${tenant}', '${id(10)}', 'shop', '1', 't', now(), '{"a": 1}');
INSERT INTO deliveries (tenant_id, id, event_id, rule_id, plan_id, addresses, recipient, send_until, created_at) VALUES
  ('${tenant}', '${id(20)}', '${id(10)}', '${id(3)}', '${plan}', '{x}', 'x', now() + interval '1 day', now()),
  ('${tenant}', '${id(21)}', '${id(10)}', '${id(3)}', '${plan}', '{x}', 'x', now() + interval '1 day', now());
INSERT INTO delivery_queue (tenant_id, delivery_id, integration_id, due_at, send_until)
  VALUES ('${tenant}', '${id(20)}', '${integration}', now(), now() + interval '1 day');
INSERT INTO settlements (tenant_id, delivery_id, turn, state, outcome, attempt, step, integration_id, started_at, provider_ids, settled_at)
  VALUES ('${tenant}', '${id(21)}', 1, 'sent', 'accepted', 1, 0, '${integration}', now(), '{SM1}', now());
INSERT INTO delivery_counters (tenant_id, day, integration_id, shard, created, sent) VALUES ('${tenant}', current_date, '${integration}', 0, 2, 1);`

const tables = [...rows.matchAll(/INSERT INTO (\w+)/g)].map(([, name = '']) => name)

test('what the first version has written is there after all later migrations, column by column', async () => {
  const { adminUrl } = inject('carillonDatabase')
  const name = `carillon_data_${randomBytes(6).toString('hex')}`
  const onServer = (sql: string) => withClient(adminUrl, (client) => client.query(sql))
  await onServer(`CREATE DATABASE ${name} TEMPLATE template0`)
  const url = databaseUrl(adminUrl, name)
  const directory = await onlyFirst()
  const asEngine = async <T>(read: Parameters<typeof withClient<T>>[1]): Promise<T> =>
    withClient(url, async (client) => {
      await client.query('SET ROLE carillon_engine')
      return read(client)
    })
  /** The rows of each table as JSON. */
  const readAll = async (): Promise<Readonly<Record<string, readonly Record<string, unknown>[]>>> =>
    asEngine(async (client) => {
      const found: Record<string, readonly Record<string, unknown>[]> = {}
      for (const table of tables) {
        const { rows: all } = await client.query<{ row: Record<string, unknown> }>(
          `SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY to_jsonb(t)::text`,
        )
        found[table] = all.map(({ row }) => row)
      }
      return found
    })
  try {
    expect((await migrate({ url, log: quietLog, directory })).applied).toEqual([first])
    await asEngine(async (client) => client.query(rows))
    const before = await readAll()
    // Of this one the spelling is made that of all others.
    await asEngine(async (client) =>
      client.query(`INSERT INTO suppressions (tenant_id, channel, address, reason) VALUES
        ('${tenant}', 'email', 'Capitals@example.org', 'gone'), ('${tenant}', 'email', 'CAPITALS@example.org', 'gone')`),
    )
    expect((await migrate({ url, log: quietLog })).applied.length).toBeGreaterThan(5)
    const after = await readAll()
    for (const table of tables) {
      const more = table === 'suppressions' ? 1 : 0
      expect(after[table]?.length, table).toBe((before[table]?.length ?? 0) + more)
      for (const row of before[table] ?? [])
        expect(after[table], table).toContainEqual(expect.objectContaining(row))
    }
    expect(after['suppressions']).toContainEqual(
      expect.objectContaining({ address: 'capitals@example.org', reason: 'gone' }),
    )
    // What is changed from now on is on record, in a chain that begins here.
    await asEngine(async (client) => client.query(`UPDATE rules SET name = 'new'`))
    const { rows: entries } = await asEngine(async (client) =>
      client.query(`SELECT seq, action FROM audit_log WHERE tenant_id = '${tenant}'`),
    )
    expect(entries).toContainEqual({ seq: '1', action: 'rule.changed' })
  } finally {
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`)
    await rm(directory, { recursive: true })
  }
})
