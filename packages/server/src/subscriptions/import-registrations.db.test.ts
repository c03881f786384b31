import { describe, expect, test } from 'vitest'
import { subscriptionsRig, type SubscriptionsRig } from '@carillon/testkit/subscriptions-rig'
import type { TestReply } from '@carillon/testkit/test-api'
import type { RegistrationView } from './registration-schema.ts'

const rigWithA = async (): Promise<SubscriptionsRig> => {
  const s = await subscriptionsRig()
  await s.as('platform', 'POST', '/subscriptions', { subscriptionId: 'A' })
  return s
}
const itemsOf = ({ body }: TestReply): readonly RegistrationView[] =>
  (body as { items: readonly RegistrationView[] }).items
const mail = (name: string) => ({ channel: 'email', channelConfig: `${name}@x.example` })

describe('import', () => {
  test('right rows are stored, wrong ones reported; a repetition finds them all', async () => {
    await using s = await rigWithA()
    const rows = [
      { userId: 'u1', ...mail('U1'), language: 'it' },
      { userId: 'u2', channel: 'email', channelConfig: 'nobody' },
      { userId: 'u3', channel: 'nonsense', channelConfig: 'x' },
      { ...mail('u4') },
      'nonsense',
      { userId: 'u1', channel: 'email', channelConfig: 'U1@X.example', enabled: false },
      { userId: 'u5', channel: 'whatsapp', channelConfig: '333 1234567', country: 'IT' },
    ]
    const send = async () =>
      await s.as('key', 'POST', '/subscriptions/A/registrations/import', rows)
    const first = await send()
    expect(first).toMatchObject({
      status: 200,
      body: {
        created: 2,
        existing: 1,
        refused: 4,
        rows: [
          { index: 0, status: 'created', id: expect.stringMatching(/^reg_/) as unknown },
          { index: 1, status: 'refused', errors: [{ pointer: '/1/channelConfig' }] },
          { index: 2, status: 'refused', errors: [{ pointer: '/2/channel' }] },
          { index: 3, status: 'refused', errors: [{ pointer: '/3/userId' }] },
          { index: 4, status: 'refused', id: null },
          { index: 5, status: 'existing' },
          { index: 6, status: 'created' },
        ],
      },
    })
    expect((await send()).body).toMatchObject({ created: 0, existing: 3, refused: 4 })
    const stored = itemsOf(await s.as('admin', 'GET', '/subscriptions/A/registrations'))
    expect(stored.map((item) => [item.userId, item.channelConfig, item.enabled])).toEqual([
      ['u1', 'U1@x.example', false],
      ['u5', '+393331234567', true],
    ])
  })

  test('capitals make no other address, within an import and beside what is there', async () => {
    await using s = await rigWithA()
    const send = async (...addresses: readonly string[]) =>
      await s.as(
        'key',
        'POST',
        '/subscriptions/A/registrations/import',
        addresses.map((channelConfig) => ({ userId: 'u', channel: 'email', channelConfig })),
      )
    expect((await send('anna@x.example', 'Anna@X.example')).body).toMatchObject({
      created: 1,
      existing: 1,
    })
    expect((await send('ANNA@x.example')).body).toMatchObject({ created: 0, existing: 1 })
  })

  test('a thousand at once are one request; more, none, members and missing subscriptions are refused', async () => {
    await using s = await rigWithA()
    const rows = (n: number) =>
      Array.from({ length: n }, (_, at) => ({ userId: `u${at}`, ...mail('a') }))
    const send = async (caller: 'key' | 'anna' | 'stranger', body: object, id = 'A') =>
      await s.as(caller, 'POST', `/subscriptions/${id}/registrations/import`, body)
    expect((await send('key', rows(1_000))).body).toMatchObject({ created: 1_000, refused: 0 })
    expect((await send('key', rows(1_001))).status).toBe(400)
    expect((await send('key', [])).status).toBe(400)
    expect((await send('anna', rows(1))).status).toBe(403)
    expect((await send('stranger', rows(1))).status).toBe(404)
    expect((await send('key', rows(1), 'Missing')).status).toBe(404)
  })

  test('two imports of the same users in opposite orders end, both', async () => {
    await using s = await rigWithA()
    const rows = Array.from({ length: 300 }, (_, at) => ({ userId: `u${at}`, ...mail('a') }))
    const path = '/subscriptions/A/registrations/import'
    const replies = await Promise.all(
      [rows, rows.toReversed(), rows, rows.toReversed()].map((body) =>
        s.as('key', 'POST', path, body),
      ),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const created = replies.map(({ body }) => (body as { created: number }).created)
    expect(created.reduce((sum, n) => sum + n, 0)).toBe(300)
  })
})
