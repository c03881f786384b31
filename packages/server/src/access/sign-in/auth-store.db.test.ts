import type { CleanedWhere, DBAdapter } from 'better-auth/adapters'
import { expect, test } from 'vitest'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { createSystemIdGenerator } from '../../platform/ids.ts'
import { hashSessionToken } from '../hash-session-token.ts'
import { createAuthStore } from './auth-store.ts'

const newId = createSystemIdGenerator()

/** As better-auth sets it up: models named after our tables, ids by us. */
const storeOf = (db: TestDb): DBAdapter =>
  createAuthStore(db.engine)({
    user: { modelName: 'auth_users' },
    account: { modelName: 'auth_accounts' },
    session: { modelName: 'auth_sessions' },
    verification: { modelName: 'auth_verifications' },
    advanced: { database: { generateId: () => newId('request') } },
  })

type User = { readonly id: string; readonly email: string; readonly createdAt: Date }
type Session = { readonly id: string; readonly token: string; readonly expiresAt: Date }

const addUser = async (store: DBAdapter, email: string): Promise<User> =>
  await store.create<Record<string, unknown>, User>({
    model: 'user',
    data: { name: 'N', email, emailVerified: false, createdAt: new Date(), updatedAt: new Date() },
  })
const addSession = async (store: DBAdapter, userId: string, token: string): Promise<Session> =>
  await store.create<Record<string, unknown>, Session>({
    model: 'session',
    data: {
      userId,
      token,
      expiresAt: new Date('2030-01-02T03:04:05.678Z'),
      createdAt: new Date(),
      updatedAt: new Date(),
    },
  })
const eq = (field: string, value: CleanedWhere['value']) => [{ field, value }]

test('fields are columns, ids are ours and grow, times come back as dates to the millisecond', async () => {
  await using db = await testDb()
  const store = storeOf(db)
  const [one, other] = [await addUser(store, 'a@b.c'), await addUser(store, 'b@b.c')]
  expect(other.id > one.id).toBe(true)
  expect(one.createdAt).toBeInstanceOf(Date)
  const session = await addSession(store, one.id, 'token-token-token')
  expect(session.expiresAt.toISOString()).toBe('2030-01-02T03:04:05.678Z')
  const found = await store.findOne<User>({ model: 'user', where: eq('email', 'a@b.c') })
  expect(found).toEqual(one)
})

test("a session's token is stored as its hash, found by the token, and never given out as the hash's owner knows it not", async () => {
  await using db = await testDb()
  const store = storeOf(db)
  const { id } = await addUser(store, 'a@b.c')
  const token = 'plain-token-of-a-session'
  expect(await addSession(store, id, token)).toMatchObject({ token })
  const { rows } = await db.owner.query('SELECT token FROM auth_sessions')
  expect(rows).toEqual([{ token: hashSessionToken(token) }])
  const byToken = await store.findOne<Session>({ model: 'session', where: eq('token', token) })
  expect(byToken).toMatchObject({ token })
  // The hash is no token.
  const byHash = eq('token', hashSessionToken(token))
  expect(await store.findOne({ model: 'session', where: byHash })).toBe(null)
  const listed = await store.findMany<Session>({ model: 'session', where: eq('userId', id) })
  expect(listed.map((session) => session.token)).toEqual([hashSessionToken(token)])
  const many = [{ field: 'token', operator: 'in' as const, value: [token, 'unknown'] }]
  expect(await store.findMany({ model: 'session', where: many })).toHaveLength(1)
  await store.delete({ model: 'session', where: eq('token', token) })
  expect(await store.count({ model: 'session' })).toBe(0)
})

test('conditions: all of the ANDs and one of the ORs, null, comparisons, sets', async () => {
  await using db = await testDb()
  const store = storeOf(db)
  for (const name of ['a', 'b', 'c']) await addUser(store, `${name}@x.y`)
  const emails = async (where: Parameters<DBAdapter['findMany']>[0]['where']) =>
    (
      await store.findMany<User>({
        model: 'user',
        where,
        sortBy: { field: 'email', direction: 'asc' },
      })
    ).map(({ email }) => email.charAt(0))
  expect(
    await emails([
      { field: 'email', value: 'a@x.y', connector: 'OR' },
      { field: 'email', value: 'c@x.y', connector: 'OR' },
      { field: 'image', value: null },
    ]),
  ).toEqual(['a', 'c'])
  expect(await emails([{ field: 'email', operator: 'ne', value: 'b@x.y' }])).toEqual(['a', 'c'])
  expect(await emails([{ field: 'email', operator: 'gte', value: 'b@x.y' }])).toEqual(['b', 'c'])
  expect(await emails([{ field: 'email', operator: 'not_in', value: ['a@x.y'] }])).toEqual([
    'b',
    'c',
  ])
  expect(await emails([{ field: 'image', operator: 'ne', value: null }])).toEqual([])
  await expect(emails([{ field: 'email', operator: 'contains', value: 'x' }])).rejects.toThrow(
    /operator contains/,
  )
})

test('what is consumed is given to one, however many come', async () => {
  await using db = await testDb()
  const store = storeOf(db)
  await store.create({
    model: 'verification',
    data: {
      identifier: 'proof',
      value: 'x',
      expiresAt: new Date(),
      createdAt: new Date(),
      updatedAt: new Date(),
    },
  })
  const taken = await Promise.all(
    Array.from({ length: 12 }, async () =>
      store.consumeOne({ model: 'verification', where: eq('identifier', 'proof') }),
    ),
  )
  expect(taken.filter((row) => row !== null)).toHaveLength(1)
  expect(await store.count({ model: 'verification' })).toBe(0)
})

test('what a transaction did is undone when it fails', async () => {
  await using db = await testDb()
  const store = storeOf(db)
  const failing = store.transaction(async (inside) => {
    await inside.create({
      model: 'user',
      data: { name: 'N', email: 'a@b.c', emailVerified: true },
    })
    expect(await inside.count({ model: 'user' })).toBe(1)
    throw new Error('given up')
  })
  await expect(failing).rejects.toThrow('given up')
  expect(await store.count({ model: 'user' })).toBe(0)
})

test('an update changes what fits and nothing else; without a condition nothing is deleted by mistake', async () => {
  await using db = await testDb()
  const store = storeOf(db)
  await addUser(store, 'a@b.c')
  await addUser(store, 'b@b.c')
  const changed = await store.update<{ readonly name: string }>({
    model: 'user',
    where: eq('email', 'a@b.c'),
    update: { name: 'Anna' },
  })
  expect(changed).toMatchObject({ name: 'Anna', email: 'a@b.c' })
  expect(
    await store.updateMany({ model: 'user', where: eq('name', 'N'), update: { name: 'M' } }),
  ).toBe(1)
  expect(await store.deleteMany({ model: 'user', where: eq('email', 'nobody@b.c') })).toBe(0)
  expect(await store.count({ model: 'user' })).toBe(2)
})
