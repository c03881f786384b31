import { randomBytes, randomUUID } from 'node:crypto'
import type { Pool, PoolClient } from 'pg'
import { expect, test } from 'vitest'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createPool } from '../platform/db/pool.ts'
import { inTenant } from '../platform/db/transaction.ts'

// Meta-tests over every table there is: a new table is in them by itself, and fails them until it is walled.

const a = '0199a5c2-0000-7000-8000-00000000000a'
const b = '0199a5c2-0000-7000-8000-00000000000b'

/** Persons, and how they sign in: somebody may be in several tenants. */
const ofPersons = [
  'auth_accounts',
  'auth_attempts',
  'auth_providers',
  'auth_secrets',
  'auth_sessions',
  'auth_two_factors',
  'auth_users',
  'auth_verifications',
]
/** Tables that belong to no tenant. A new one needs a reason to be here. */
const tenantless = [...ofPersons, 'schema_migrations']

/** Partitions that statements name, so that they have their own policies. A new one needs a reason to be here. */
const namedPartitions = [
  // The hot path counts its slots itself; the triggers that do so for others are its parent's (0020-counters-of-hot-statements.md).
  'delivery_counters_hot',
]

const namesOf = async (owner: Pool, where: string): Promise<readonly string[]> => {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND ${where} ORDER BY 1`,
  )
  return rows.map(({ name }) => name)
}
const hasTenant = `EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped)`
const tenantTables = async (owner: Pool): Promise<readonly string[]> =>
  namesOf(owner, `NOT c.relispartition AND ${hasTenant}`)

test('every table belongs to tenants, or is known not to', async () => {
  await using db = await testDb()
  expect(await namesOf(db.owner, `NOT ${hasTenant}`)).toEqual(tenantless)
  expect((await tenantTables(db.owner)).length).toBeGreaterThan(10)
})

test('every table with a tenant_id has row-level security, forced on its owner too; partitions as well', async () => {
  await using db = await testDb()
  const open = await namesOf(
    db.owner,
    `${hasTenant} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`,
  )
  expect(open).toEqual([])
})

test('for the app every such table has one policy, by tenant, for reading and writing; for the engine one that lets all through', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query<{ table: string; policies: unknown }>(
    `SELECT tablename::text AS table, json_agg(json_build_object('role', roles::text, 'cmd', cmd, 'permissive', permissive,
              'using', qual, 'check', with_check) ORDER BY roles::text)::jsonb AS policies
       FROM pg_policies WHERE schemaname = 'public' GROUP BY 1 ORDER BY 1`,
  )
  const byTenant = '(tenant_id = ( SELECT carillon_tenant() AS carillon_tenant))'
  const all = { cmd: 'ALL', permissive: 'PERMISSIVE' }
  const expected = [
    { ...all, role: '{carillon_app}', using: byTenant, check: byTenant },
    { ...all, role: '{carillon_engine}', using: 'true', check: 'true' },
  ]
  const tables = [...(await tenantTables(db.owner)), ...namedPartitions].toSorted()
  const policies = rows.filter(({ table }) => table !== 'auth_users')
  expect(policies).toEqual(tables.map((table) => ({ table, policies: expected })))
})

test('of persons and their ways in the app can read nothing but what a list of members shows', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query<{ table: string; column: string }>(
    `SELECT table_name::text AS table, column_name::text AS column FROM information_schema.column_privileges
      WHERE grantee = 'carillon_app' AND table_name = ANY($1) ORDER BY 1, 2`,
    [tenantless],
  )
  const shown = ['disabled_at', 'email', 'id', 'name', 'platform_admin', 'two_factor_enabled']
  expect(rows).toEqual(shown.map((column) => ({ table: 'auth_users', column })))
  for (const table of ofPersons) {
    const reading = inTenant(db.app, a, async (client) => client.query(`SELECT * FROM ${table}`))
    expect([table, await errorOf(reading)]).toEqual([
      table,
      expect.stringContaining('permission denied'),
    ])
  }
})

test('the app sees the persons of its own tenant, and changes none', async () => {
  await using db = await testDb()
  const ids = { [a]: randomUUID(), [b]: randomUUID() }
  for (const [tenant, id] of Object.entries(ids)) {
    await db.owner.query('INSERT INTO tenants (tenant_id, slug, name) VALUES ($1, $2, $2)', [
      tenant,
      tenant,
    ])
    await db.engine.query('INSERT INTO auth_users (id, name, email) VALUES ($1, $2, $2)', [id, id])
    await db.engine.query(
      `INSERT INTO members (tenant_id, id, user_id, role) VALUES ($1, $2, $3, 'member')`,
      [tenant, randomUUID(), id],
    )
  }
  const see = `SELECT id FROM auth_users`
  expect((await db.app.query(see)).rows).toEqual([])
  const { rows: seen } = await inTenant(db.app, a, async (client) => client.query(see))
  expect(seen).toEqual([{ id: ids[a] }])
  for (const change of [
    `UPDATE auth_users SET platform_admin = true`,
    `DELETE FROM auth_users`,
    `INSERT INTO auth_users (id, name, email) VALUES ('${randomUUID()}', 'x', 'x')`,
  ]) {
    const changing = inTenant(db.app, a, async (client) => client.query(change))
    expect([change, await errorOf(changing)]).toEqual([
      change,
      expect.stringContaining('permission denied'),
    ])
  }
})

test('our roles are nobody: no superuser, no way round the policies, no owner of anything, no member of an owner', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query(
    `SELECT rolname::text AS role, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication AS mighty,
            EXISTS (SELECT FROM pg_class WHERE relowner = r.oid) AS owns,
            EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) AS "isMember",
            has_schema_privilege(r.oid, 'public', 'CREATE') AS creates
       FROM pg_roles r WHERE rolname LIKE 'carillon\\_%' ORDER BY 1`,
  )
  const harmless = { mighty: false, owns: false, isMember: false, creates: false }
  expect(rows).toEqual([
    { role: 'carillon_app', ...harmless },
    { role: 'carillon_engine', ...harmless },
  ])
})

test('what goes past row-level security is closed: TRUNCATE, partitions by name, views, functions with owner rights', async () => {
  await using db = await testDb()
  const any = (privileges: string) =>
    `(has_table_privilege('carillon_app', c.oid, '${privileges}') OR has_table_privilege('carillon_engine', c.oid, '${privileges}'))`
  expect(await namesOf(db.owner, any('TRUNCATE, REFERENCES, TRIGGER'))).toEqual([])
  const rights = any('SELECT, INSERT, UPDATE, DELETE')
  expect(await namesOf(db.owner, `c.relispartition AND ${rights}`)).toEqual(namedPartitions)
  const { rows } = await db.owner.query(
    `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
     UNION SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
        AND has_function_privilege('carillon_app', oid, 'EXECUTE')`,
  )
  expect(rows).toEqual([])
})

test('a function with owner rights names its search path, temporary tables last: nobody slips it a table of theirs', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query<{ name: string }>(
    `SELECT proname::text AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
        AND NOT coalesce(proconfig @> ARRAY['search_path=public, pg_temp'], false)`,
  )
  expect(rows).toEqual([])
})

type Column = { readonly name: string; readonly type: string }
type Row = Readonly<Record<string, unknown>>

/** Values that the type alone does not tell, because a CHECK wants certain ones. A new table that needs some fails by name. */
const particular: Readonly<Record<string, () => unknown>> = {
  'tenants.slug': () => `t-${randomBytes(4).toString('hex')}`,
  'api_keys.hash': () => randomBytes(32),
  'settlements.state': () => 'sent',
  'members.role': () => 'member',
  'invitations.role': () => 'member',
  'invitations.token_hash': () => randomBytes(32),
  'campaigns.ends_at': () => '2026-10-02',
  'suppressions.reason': () => 'manual',
  'receipts.kind': () => 'read',
  'pec_parts.kind': () => 'accepted',
  'membership_run_changes.change': () => 'subscribe',
  'membership_runs.mode': () => 'full',
  'membership_runs.origin': () => 'hand',
  'membership_syncs.on_inactive': () => 'hold',
  'schedules.missed': () => 'skip',
  // Nullable, but a rule has a plan or a subscription.
  'rules.plan_id': () => randomUUID(),
  'fan_outs.origin': () => 'rule',
  'subscriptions.subscription_id': () => randomBytes(8).toString('hex').replaceAll(/[0-9]/g, '_'),
}

const valueOf = (table: string, { name, type }: Column, tenantId: string): unknown => {
  if (name === 'tenant_id') return tenantId
  const chosen = particular[`${table}.${name}`]
  if (chosen !== undefined) return chosen()
  // The beginning of an id is its time, which decides its partition.
  if (type === 'uuid') return `0199a5c2-0000-7000-8000-${randomBytes(6).toString('hex')}`
  if (type === 'text') return randomBytes(4).toString('hex')
  if (type === 'bytea') return randomBytes(8)
  if (type.endsWith('[]')) return '{}'
  if (type.startsWith('json')) return '{}'
  if (type.startsWith('timestamp') || type === 'date') return '2025-10-02'
  if (type === 'boolean') return false
  return 1
}

/** A row with what must be given: the tenant, the NOT NULL columns without a default, and what is particular. */
const sampleRow = async (owner: Pool, table: string, tenantId: string): Promise<Row> => {
  const { rows } = await owner.query<Column>(
    `SELECT attname::text AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
      WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
        AND (attname = 'tenant_id' OR attrelid::regclass || '.' || attname = ANY ($2) OR (attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = ''))`,
    [table, Object.keys(particular)],
  )
  return Object.fromEntries(rows.map((column) => [column.name, valueOf(table, column, tenantId)]))
}

const insert = async (on: Pool | PoolClient, table: string, row: Row): Promise<void> => {
  const names = Object.keys(row)
  const places = names.map((_, at) => `$${at + 1}`)
  await on.query(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  )
}

/** One row of each of two tenants in every table, without the foreign keys: each table is looked at by itself. */
const fillAllTables = async (db: TestDb): Promise<readonly string[]> => {
  const { rows: keys } = await db.owner.query<{ table: string; name: string }>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name FROM pg_constraint
      WHERE contype = 'f' AND conparentid = 0 AND connamespace = 'public'::regnamespace`,
  )
  for (const { table, name } of keys) {
    await db.owner.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  }
  const tables = await tenantTables(db.owner)
  // Triggers write rows of their own into other tables.
  for (const table of tables) await db.owner.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
  for (const table of tables) {
    for (const tenantId of [a, b]) {
      const row = await sampleRow(db.owner, table, tenantId)
      await insert(db.owner, table, row).catch((error: unknown) => {
        throw new Error(`${table} takes no sample row: see "particular"`, { cause: error })
      })
    }
  }
  return tables
}

const count = async (on: Pool | PoolClient, sql: string): Promise<number> =>
  (await on.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0]?.n ?? -1

const errorOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? error.message : 'unknown'),
  )

test('without a tenant the app sees no row of any table, and can write none', async () => {
  await using db = await testDb()
  for (const table of await fillAllTables(db)) {
    expect([table, await count(db.owner, table)]).toEqual([table, 2])
    expect([table, await count(db.app, table)]).toEqual([table, 0])
    const row = await sampleRow(db.owner, table, a)
    expect([table, await errorOf(insert(db.app, table, row))]).toEqual([
      table,
      expect.stringContaining('row-level security'),
    ])
  }
})

/** Rows that nobody of ours changes or removes: to change one is refused whoever's it is. */
const writtenOnce: ReadonlySet<string> = new Set(['audit_log'])

test("in tenant A the app sees A's rows of every table and none of B's, and can neither change nor delete those", async () => {
  await using db = await testDb()
  const tables = await fillAllTables(db)
  const changed = async (text: string): Promise<number | string | null> =>
    await inTenant(db.app, a, async (client) => (await client.query(text, [b])).rowCount).catch(
      (error: unknown) => String(error),
    )
  for (const table of tables) {
    const seen = await inTenant(db.app, a, async (client) => [
      await count(client, table),
      await count(client, `${table} WHERE tenant_id = '${b}'`),
    ])
    expect([table, ...seen]).toEqual([table, 1, 0])
    const none = writtenOnce.has(table) ? expect.stringContaining('permission denied') : 0
    const statements = [
      `UPDATE ${table} SET tenant_id = tenant_id WHERE tenant_id = $1`,
      `DELETE FROM ${table} WHERE tenant_id = $1`,
    ]
    for (const text of statements) expect([text, await changed(text)]).toEqual([text, none])
  }
  for (const table of tables) {
    expect([table, await count(db.owner, `${table} WHERE tenant_id = '${b}'`)]).toEqual([table, 1])
  }
})

test("in tenant A the app can not write a row of B's, nor make one of A's into one of B's", async () => {
  await using db = await testDb()
  for (const table of await fillAllTables(db)) {
    const row = await sampleRow(db.owner, table, b)
    const inserting = await errorOf(
      inTenant(db.app, a, async (client) => insert(client, table, row)),
    )
    const moving = await errorOf(
      inTenant(db.app, a, async (client) =>
        client.query(`UPDATE ${table} SET tenant_id = $1`, [b]),
      ),
    )
    expect([table, inserting, moving]).toEqual([
      table,
      expect.stringContaining('row-level security'),
      expect.stringContaining(writtenOnce.has(table) ? 'permission denied' : 'row-level security'),
    ])
  }
})

test('keys of no tenant, the platform admins, are seen and made by no tenant', async () => {
  await using db = await testDb()
  const row = { id: b, name: 'x', prefix: 'x', hash: randomBytes(32), scopes: '{*}' }
  await insert(db.owner, 'api_keys', row)
  const counts = await inTenant(db.app, a, async (client) => [
    await count(client, 'api_keys'),
    (await client.query('UPDATE api_keys SET revoked_at = now()')).rowCount,
  ])
  expect(counts).toEqual([0, 0])
  const another = { ...row, id: a, hash: randomBytes(32) }
  const making = inTenant(db.app, a, async (client) => insert(client, 'api_keys', another))
  expect(await errorOf(making)).toContain('row-level security')
})

test("every foreign key between tenants' tables is within the tenant", async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query<{ name: string; columns: readonly string[] }>(
    `SELECT f.conrelid::regclass || ' -> ' || f.confrelid::regclass AS name,
            ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = f.conrelid AND attnum = ANY(f.conkey)) AS columns
       FROM pg_constraint f JOIN pg_class c ON c.oid = f.confrelid
      WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND ${hasTenant}`,
  )
  expect(rows.length).toBeGreaterThan(5)
  expect(rows.filter(({ columns }) => !columns.includes('tenant_id'))).toEqual([])
})

test('the engine sees all tenants', async () => {
  await using db = await testDb()
  for (const table of await fillAllTables(db)) {
    expect([table, await count(db.engine, table)]).toEqual([table, 2])
  }
})

/** Ends a transaction in one of the ways that there are. */
const endSomehow = async (client: PoolClient, way: number): Promise<void> => {
  if (way === 0) throw new Error('given up')
  if (way === 1) await client.query('SELECT 1 / 0')
  if (way === 2) await client.query(`SET LOCAL app.tenant = '${b}'`)
  if (way === 3) await client.query('SAVEPOINT here; ROLLBACK TO here')
}

test('a tenant does not stay on a connection, however its transaction ended', async () => {
  await using db = await testDb()
  await fillAllTables(db)
  const pool = createPool({
    url: db.url,
    role: 'app',
    max: 2,
    applicationName: 'test reuse',
    log: quietLog,
  })
  const leaks: unknown[] = []
  const reuse = async (at: number): Promise<void> => {
    await errorOf(
      inTenant(pool, at % 2 === 0 ? a : b, async (client) => endSomehow(client, at % 5)),
    )
    const rows = await count(pool, 'rules')
    const { rows: settings } = await pool.query<{ tenant: string | null }>(
      `SELECT nullif(current_setting('app.tenant', true), '') AS tenant`,
    )
    if (rows !== 0 || settings[0]?.tenant !== null) leaks.push([at, rows, settings])
  }
  await Promise.all(Array.from({ length: 1_000 }, async (_, at) => reuse(at)))
  await pool.end()
  expect(leaks).toEqual([])
})
