import { startPeopleApi, testKeyring } from '@carillon/testkit/people-api'
import { expect, test } from 'vitest'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { showSetupToken } from './show-setup-token.ts'
import { isSetupToken, setupTokenOf } from './setup-token.ts'

const person = { email: 'anna@example.org', name: 'Anna', password: 'a long enough password' }
const url = '/api/v1/setup/by-token'

test('with the token of the printed link the first person is made, once', async () => {
  await using rig = await startPeopleApi()
  const token = await showSetupToken(rig.db.engine, testKeyring)
  expect(token).toMatch(/^[\w-]{32}$/)
  const made = await rig.api.send(undefined, 'POST', url, { body: { token, ...person } })
  expect(made).toMatchObject({ status: 201, body: { email: person.email, platformAdmin: true } })
  expect(await rig.api.send(undefined, 'GET', '/api/v1/setup')).toMatchObject({
    body: { needed: false },
  })
  const again = { token, ...person, email: 'eve@example.org' }
  expect(await rig.api.send(undefined, 'POST', url, { body: again })).toMatchObject({
    status: 409,
    body: { code: 'conflict' },
  })
  expect(await showSetupToken(rig.db.engine, testKeyring)).toBeUndefined()
})

test.each([['not-the-token'], ['A'.repeat(32)], ['x'.repeat(200)]])(
  'the token %s makes nobody',
  async (token) => {
    await using rig = await startPeopleApi()
    const answer = await rig.api.send(undefined, 'POST', url, { body: { token, ...person } })
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/token' }] } })
    expect(await rig.db.owner.query('SELECT FROM auth_users')).toMatchObject({ rowCount: 0 })
  },
)

test('of many who come at once with the token one is first', async () => {
  await using rig = await startPeopleApi()
  const token = setupTokenOf(testKeyring)
  const answers = await Promise.all(
    ['a', 'b', 'c'].map(async (name) =>
      rig.api.send(undefined, 'POST', url, {
        body: { token, ...person, email: `${name}@example.org` },
      }),
    ),
  )
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409])
})

test('guessing is slowed down', async () => {
  await using rig = await startPeopleApi()
  const statuses: number[] = []
  for (let n = 0; n < 32; n += 1) {
    const body = { token: `guess-number-${n}`, ...person }
    statuses.push((await rig.api.send(undefined, 'POST', url, { body })).status)
  }
  expect(statuses.slice(0, 30)).not.toContain(429)
  expect(statuses.at(-1)).toBe(429)
})

test('another installation has another token; an older key of the same one is still known', () => {
  const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const before = createKeyring([{ id: 'k1', key32: old }], 'k1')
  const after = createKeyring(
    [
      { id: 'k2', key32: fresh },
      { id: 'k1', key32: old },
    ],
    'k2',
  )
  expect(setupTokenOf(after)).not.toBe(setupTokenOf(before))
  expect(isSetupToken(after, setupTokenOf(before))).toBe(true)
  expect(isSetupToken(before, setupTokenOf(after))).toBe(false)
})
