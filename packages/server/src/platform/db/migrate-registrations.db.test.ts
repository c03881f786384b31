/** Registrations that are one by today's comparison, and were made before it: all stay, and nothing fails on them. */
import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { databaseUrl, withClient } from '@carillon/testkit/database-url'
import { quietLog } from '@carillon/testkit/quiet-log'
import { expect, inject, test } from 'vitest'
import { migrate } from './migrate.ts'

const own = fileURLToPath(new URL('../../../migrations', import.meta.url))
const before = '0019_keys_behind_row_security'

/** A folder with the migrations up to `before`. */
const upTo = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'carillon-before-'))
  const isEarly = (path: string) =>
    !path.endsWith('.sql') || path.slice(own.length + 1) < `${before}/`
  await cp(own, directory, { recursive: true, filter: isEarly })
  await writeFile(join(directory, 'HEAD'), `${before}\n`)
  return directory
}

const tenant = '0199a5c2-0000-7000-8000-00000000000a'
const subscription = '0199a5c2-0000-7000-8000-00000000000b'
const id = (n: number): string => `0199a5c2-0000-7000-8000-0000000001${String(n).padStart(2, '0')}`
const registrations: readonly (readonly [number, string, string])[] = [
  [3, 'email', 'Anna@example.org'],
  [1, 'email', 'anna@example.org'],
  [2, 'email', 'bruno@example.org'],
  [5, 'telegram', '@Anna'],
  [4, 'telegram', '@anna'],
  [6, 'webhook', 'https://example.org/A'],
  [7, 'webhook', 'https://example.org/a'],
]

test('every registration is there after the migration, and the oldest of each address is the one', async () => {
  const { adminUrl } = inject('carillonDatabase')
  const name = `carillon_twins_${randomBytes(6).toString('hex')}`
  const onServer = (sql: string) => withClient(adminUrl, (client) => client.query(sql))
  await onServer(`CREATE DATABASE ${name} TEMPLATE template0`)
  const url = databaseUrl(adminUrl, name)
  const directory = await upTo()
  try {
    const { applied } = await migrate({ url, log: quietLog, directory })
    expect(applied).toHaveLength((await readdir(directory)).length - 1)
    const rows = await withClient(url, async (client) => {
      await client.query('SET ROLE carillon_engine')
      await client.query(
        `INSERT INTO tenants (tenant_id, slug, name) VALUES ('${tenant}', 'a', 'A')`,
      )
      await client.query(
        `INSERT INTO subscriptions (tenant_id, id, subscription_id, label, created_by, modified_by) VALUES ('${tenant}', '${subscription}', 'S', 'S', 'x', 'x')`,
      )
      for (const [n, channel, address] of registrations)
        await client.query(
          `INSERT INTO registrations (tenant_id, id, subscription, user_id, channel, address) VALUES ($1, $2, $3, 'u', $4, $5)`,
          [tenant, id(n), subscription, channel, address],
        )
      await migrate({ url, log: quietLog })
      return (
        await client.query<{ id: string; twin: number }>(
          'SELECT id, twin FROM registrations ORDER BY id',
        )
      ).rows
    })
    expect(rows).toEqual([0, 0, 1, 0, 1, 0, 0].map((twin, index) => ({ id: id(index + 1), twin })))
  } finally {
    await onServer(`DROP DATABASE ${name} WITH (FORCE)`)
    await rm(directory, { recursive: true })
  }
})
