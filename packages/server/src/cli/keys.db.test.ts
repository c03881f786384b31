import { randomBytes } from 'node:crypto'
import { printId, asId } from '@carillon/domain/ids'
import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { recordingIo } from '@carillon/testkit/recording-io'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createKeyring, sealedKeyId, type Keyring } from '../platform/secrets/keyring.ts'
import { parseSecretKeys } from '../platform/secrets/secret-keys.ts'
import { keysVerb } from './keys.ts'
import { rotateSecrets } from './rotate-secrets.ts'

const oldKey = `old:${randomBytes(32).toString('base64')}`
const newKey = `new:${randomBytes(32).toString('base64')}`
const lostKey = `lost:${randomBytes(32).toString('base64')}`

const ringOf = (text: string): Keyring => {
  const parsed = parseSecretKeys(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return createKeyring(parsed.keys, parsed.activeId)
}

const plaintext = '{"password":"CANARY-7"}'
type Secret = { readonly tenantId: string; readonly id: string }

const placeOf = ({ tenantId, id }: Secret) =>
  ({ tenantId, table: 'integrations', column: 'secrets', rowId: id }) as const

const sealedWith = async (db: TestDb, key: string, tenantId: string): Promise<Secret> => {
  const secret = { tenantId, id: await given(db.owner).integration(tenantId) }
  const sealed = ringOf(key).seal(plaintext, placeOf(secret))
  await db.owner.query('UPDATE integrations SET secrets = $1 WHERE id = $2', [sealed, secret.id])
  return secret
}

const stored = async (db: TestDb, { id }: Secret): Promise<Buffer> => {
  const { rows } = await db.owner.query<{ secrets: Buffer }>(
    'SELECT secrets FROM integrations WHERE id = $1',
    [id],
  )
  const [row] = rows
  if (row === undefined) throw new Error('the integration is gone')
  return row.secrets
}

/** Rotations that wait for somebody else's transaction. */
const waitingForLock = async (db: TestDb): Promise<number> => {
  const { rows } = await db.owner.query(
    `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'carillon keys' AND wait_event_type = 'Lock'`,
  )
  return rows.length
}

const rotate = async (db: TestDb, keys: string, args: readonly string[] = []) => {
  const io = recordingIo({ CARILLON_DATABASE_URL: db.url, CARILLON_SECRET_KEY: keys })
  return { code: await keysVerb.run(['rotate', ...args], io), io }
}

test('after a rotation the new key alone opens every secret of every tenant, and nothing else has changed', async () => {
  await using db = await testDb()
  const build = given(db.owner)
  const tenants = [await build.tenant(), await build.tenant()]
  const secrets = await Promise.all(
    tenants.map(async (tenantId) => await sealedWith(db, oldKey, tenantId)),
  )
  await build.integration(tenants[0] ?? '')
  await db.owner.query('UPDATE integrations SET deleted_at = now() WHERE id = $1', [secrets[1]?.id])
  const before = await db.owner.query(
    'SELECT id, version, updated_at FROM integrations ORDER BY id',
  )

  const { code, io } = await rotate(db, `${newKey},${oldKey}`)
  expect([code, io.outLines]).toEqual([
    0,
    ['2 rewrapped with key "new", 0 have it already, 0 can not be opened'],
  ])
  const ring = ringOf(newKey)
  for (const secret of secrets)
    expect(ring.open(await stored(db, secret), placeOf(secret))).toEqual({
      ok: true,
      plaintextJson: plaintext,
    })
  const after = await db.owner.query('SELECT id, version, updated_at FROM integrations ORDER BY id')
  expect(after.rows).toEqual(before.rows)

  const again = await rotate(db, `${newKey},${oldKey}`)
  expect(again.io.outLines).toEqual([
    '0 rewrapped with key "new", 2 have it already, 0 can not be opened',
  ])
  expect([...io.outLines, ...io.errLines].join()).not.toContain('CANARY')
})

test('a secret that no key opens is named with its remedy, left as it is, and does not hold up the others', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const [good, lost] = [
    await sealedWith(db, oldKey, tenantId),
    await sealedWith(db, lostKey, tenantId),
  ]
  const lostBytes = await stored(db, lost)
  const { code, io } = await rotate(db, `${newKey},${oldKey}`)
  expect(code).toBe(1)
  expect(io.outLines[0]).toBe('1 rewrapped with key "new", 0 have it already, 1 can not be opened')
  expect(io.outLines[1]).toMatch(/sealed with key "lost".*CARILLON_SECRET_KEY/)
  expect(io.outLines[2]).toContain(printId('integration', asId('integration', lost.id)))
  expect(sealedKeyId(await stored(db, good))).toBe('new')
  expect(await stored(db, lost)).toEqual(lostBytes)
})

test('a dry run counts and writes nothing', async () => {
  await using db = await testDb()
  const secret = await sealedWith(db, oldKey, await given(db.owner).tenant())
  const { code, io } = await rotate(db, `${newKey},${oldKey}`, ['--dry-run'])
  expect([code, io.outLines]).toEqual([
    0,
    ['1 would be rewrapped with key "new", 0 have it already, 0 can not be opened'],
  ])
  expect(sealedKeyId(await stored(db, secret))).toBe('old')
})

test('several pages are gone through, and a rotation that was broken off goes on where it was', async () => {
  await using db = await testDb()
  const tenantId = await given(db.owner).tenant()
  const ring = ringOf(oldKey)
  const ids = Array.from(
    { length: 450 },
    (_, index) => `0199a5c2-7b1e-7def-8123-${String(index).padStart(12, '0')}`,
  )
  const sealed = ids.map((id) => ring.seal(plaintext, placeOf({ tenantId, id })))
  await db.owner.query(
    `INSERT INTO integrations (tenant_id, id, connector, channel, name, settings, secrets)
     SELECT $1, id, 'smtp', 'email', 'n', '{}', secrets FROM unnest($2::uuid[], $3::bytea[]) AS given(id, secrets)`,
    [tenantId, ids, sealed],
  )
  const keyring = ringOf(`${newKey},${oldKey}`)
  const broken = rotateSecrets({
    pool: db.engine,
    keyring,
    dryRun: false,
    onPage: () => {
      throw new Error('pulled the plug')
    },
  })
  await expect(broken).rejects.toThrow('pulled the plug')
  const { code, io } = await rotate(db, `${newKey},${oldKey}`)
  expect([code, io.outLines]).toEqual([
    0,
    ['250 rewrapped with key "new", 200 have it already, 0 can not be opened'],
  ])
  expect(io.errLines).toHaveLength(3)
})

test('a secret that is set anew during a rotation stays as it was set', async () => {
  await using db = await testDb()
  const secret = await sealedWith(db, oldKey, await given(db.owner).tenant())
  const fresh = ringOf(newKey).seal('{"password":"fresh"}', placeOf(secret))
  const other = await db.owner.connect()
  try {
    await other.query('BEGIN')
    await other.query('UPDATE integrations SET secrets = $1 WHERE id = $2', [fresh, secret.id])
    const rotating = rotate(db, `${newKey},${oldKey}`)
    await eventually(async () => expect(await waitingForLock(db)).toBe(1))
    await other.query('COMMIT')
    expect((await rotating).code).toBe(0)
  } finally {
    other.release()
  }
  expect(ringOf(newKey).open(await stored(db, secret), placeOf(secret))).toEqual({
    ok: true,
    plaintextJson: '{"password":"fresh"}',
  })
})

test('a database that does not answer is said in a line, without the password', async () => {
  const io = recordingIo({
    CARILLON_DATABASE_URL: 'postgres://carillon:CANARY@127.0.0.1:9/carillon',
    CARILLON_SECRET_KEY: newKey,
  })
  expect(await keysVerb.run(['rotate'], io)).toBe(1)
  expect(io.errLines[0]).toMatch(/ECONNREFUSED/)
  expect(io.errLines.join()).not.toContain('CANARY')
})
