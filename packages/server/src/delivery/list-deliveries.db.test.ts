/** Lists and counts by several states, by the beginning of an address, and by filters without an index. */
import { printId, asId } from '@carillon/domain/ids'
import { given } from '@carillon/testkit/given'
import { givenDeliveries, type GivenDelivery } from '@carillon/testkit/given-deliveries'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'
import { addDeliveryRoutes } from './routes.ts'

type Page = {
  readonly items: readonly { readonly to: string }[]
  readonly nextCursor: string | null
}

const rig = async (deliveries: readonly GivenDelivery[]) => {
  const db = await testDb()
  const api = await testApi(db, (server, newId) =>
    addDeliveryRoutes(server, { pool: db.app, newId, shard: 0, wake: () => undefined }),
  )
  const tenantId = await given(db.owner).tenant()
  const integrationId = await given(db.owner).integration(tenantId)
  await givenDeliveries(db.owner, { tenantId, integrationId }, deliveries)
  const key = await api.key({ tenantId })
  const get = async (query: string): Promise<unknown> =>
    (await api.send(key, 'GET', `/api/v1/deliveries${query}`)).body
  const found = async (query: string): Promise<readonly string[]> =>
    ((await get(query)) as Page).items.map(({ to }) => to)
  const dispose = async (): Promise<void> => {
    await api[Symbol.asyncDispose]()
    await db[Symbol.asyncDispose]()
  }
  return { db, api, key, tenantId, integrationId, get, found, [Symbol.asyncDispose]: dispose }
}

const several: readonly GivenDelivery[] = [
  { to: 'anna@example.org', state: 'failed' },
  { to: 'bruno@example.org', state: 'sent' },
  { to: 'anna.rossi@example.org', state: 'pending' },
  { to: 'annb@example.org', state: 'expired' },
  { to: '+39100', state: 'failed' },
]

test('several states come in one order, page after page, and the count is theirs', async () => {
  await using c = await rig(several)
  const query = '?state=failed,pending,expired'
  expect(await c.found(query)).toEqual([
    '+39100',
    'annb@example.org',
    'anna.rossi@example.org',
    'anna@example.org',
  ])
  const first = (await c.get(`${query}&limit=3`)) as Page
  expect(await c.found(`${query}&limit=3&cursor=${first.nextCursor}`)).toEqual(['anna@example.org'])
  expect(await c.get('/count?state=failed,pending,expired')).toEqual({ count: 4, isExact: true })
  expect(await c.get('/count')).toEqual({ count: 5, isExact: true })
})

test('a search finds by the beginning of the address, whatever the case, and by nothing else', async () => {
  await using c = await rig(several)
  expect(await c.found('?search=anna')).toEqual(['anna.rossi@example.org', 'anna@example.org'])
  expect(await c.found('?search=ANNA')).toEqual(['anna.rossi@example.org', 'anna@example.org'])
  expect(await c.found('?search=ANNA&state=failed')).toEqual(['anna@example.org'])
  expect(await c.found(`?search=${encodeURIComponent('%a')}`)).toEqual([])
  expect(await c.found('?search=example')).toEqual([])
})

test('the search reaches the index behind row-level security', async () => {
  await using c = await rig(several)
  const { rows } = await c.db.owner.query<{ proname: string }>(
    `SELECT proname FROM pg_proc WHERE proname IN ('text_pattern_ge', 'text_pattern_lt') AND NOT proleakproof`,
  )
  expect(rows).toEqual([])
})

test('a filter by integration finds what another integration has not sent', async () => {
  await using c = await rig([{ to: 'a', state: 'sent' }])
  const other = await given(c.db.owner).integration(c.tenantId)
  await givenDeliveries(c.db.owner, { tenantId: c.tenantId, integrationId: other }, [
    { to: 'b', state: 'failed' },
    { to: 'c', state: 'pending' },
  ])
  const query = `?integration=${printId('integration', asId('integration', other))}`
  expect(await c.found(query)).toEqual(['c', 'b'])
  expect(await c.found(`${query}&state=failed`)).toEqual(['b'])
})

test('an unknown state is refused, and named', async () => {
  await using c = await rig([])
  const { status, body } = await c.api.send(c.key, 'GET', '/api/v1/deliveries?state=failed,gone')
  expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('state')])
})
