import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './hash-password.ts'

test('a hash is a PHC string with the parameters of OWASP, another one every time', async () => {
  const [one, other] = [await hashPassword('correct horse'), await hashPassword('correct horse')]
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z\d+/]{22}\$[A-Za-z\d+/]{43}$/)
  expect(one).not.toBe(other)
})

test('only the password itself fits its hash', async () => {
  const hash = await hashPassword('correct horse')
  expect(await verifyPassword({ hash, password: 'correct horse' })).toBe(true)
  expect(await verifyPassword({ hash, password: 'correct horse ' })).toBe(false)
  expect(await verifyPassword({ hash, password: '' })).toBe(false)
})

test('letters that look and mean the same are the same, however they were typed', async () => {
  const hash = await hashPassword('perch\u00e9')
  expect(await verifyPassword({ hash, password: 'perche\u0301' })).toBe(true)
})

test('a hash of another making is judged by its own parameters', async () => {
  // The reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 (its README, -id for -i).
  const hash =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await verifyPassword({ hash, password: 'password' })).toBe(true)
  expect(await verifyPassword({ hash, password: 'passwore' })).toBe(false)
})

test.each(['', 'x', '$argon2i$v=19$m=16,t=2,p=1$c29tZXNhbHQ$AAAA', '$2b$10$abc'])(
  'what is no Argon2id hash fits no password: %j',
  async (hash) => {
    expect(await verifyPassword({ hash, password: 'x' })).toBe(false)
  },
)

test('a flood is told to come again, and those who wait are served', async () => {
  const many = await Promise.allSettled(
    Array.from({ length: 110 }, async () =>
      verifyPassword({ hash: '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAA', password: 'x' }),
    ),
  )
  const refused = many.filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(8)
  expect(refused[0]).toMatchObject({ reason: { code: 'unavailable', retryAfterSeconds: 5 } })
})
