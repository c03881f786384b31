import { expect, test } from 'vitest'
import { asId, parseId, printId } from '@carillon/domain/ids'
import { startedTransaction, startTrackedItems } from '@carillon/testkit/tracked-items-rig'
import { followHints } from './follow-hints.ts'
import { lookAtItem } from './look-at-item.ts'
import { takeLooksAcrossTenants } from './queries/rounds.ts'
import { runDueRound } from './run-rounds.ts'
import type { ItemView, RunView } from './schema.ts'

const { signal } = new AbortController()

test('a round takes the fifty oldest that need it, and one failure stops nobody', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  for (let n = 0; n < 60; n += 1) {
    s.peer.transactions.set(`tx_${n}`, startedTransaction)
    await s.track(id, `tx_${n}`)
  }
  await s.look()
  s.peer.transactions.set('tx_3', { ...startedTransaction, state: 'completed' })
  s.peer.faults.set('tx_4', [{ status: 500 }])
  s.peer.transactions.delete('tx_5')
  const asked = s.peer.requests.length
  await s.later()
  await runDueRound(s.services)
  await s.look()
  await runDueRound(s.services)
  expect(s.peer.requests.length - asked).toBe(50)
  const { items } = (await s.call('GET', '/runs')).body as { items: RunView[] }
  expect(items).toMatchObject([
    { totalFound: 50, success: 48, failed: 2, skipped: 0, statusChanges: 1, byHand: false },
  ])
  expect(items[0]?.endedAt).not.toBeNull()
  const { itemLooks, itemChanges } = s.services.metrics
  const countsOf = async (metric: typeof itemLooks | typeof itemChanges) =>
    (await metric.get()).values.map(({ labels, value }) => [...Object.values(labels), value])
  expect(await countsOf(itemLooks)).toEqual([
    ['universign', 'success', 60 + 48],
    ['universign', 'failed', 2],
  ])
  expect(await countsOf(itemChanges)).toContainEqual(['universign', 'SIGNE', 1])
  const five = (await s.call('GET', '?remoteId=tx_5')).body as { items: ItemView[] }
  expect(five.items[0]).toMatchObject({
    needsSync: true,
    lastError: expect.stringContaining('404'),
  })
  await s.later()
  await runDueRound(s.services)
  await s.look()
  // Whoever had to wait comes first now.
  const paths = s.peer.requests.slice(asked).map(({ path }) => path)
  expect(new Set(paths).size).toBe(60)
})

test('a round by hand says what it came to, and two at once are one', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', startedTransaction)
  await s.track(id, 'tx_1')
  const run = await s.call('POST', '/runs', { integration: id })
  expect(run).toMatchObject({ status: 202, body: { totalFound: 1, byHand: true, endedAt: null } })
  expect(await s.call('POST', '/runs', { integration: id })).toMatchObject({ status: 409 })
  await s.look()
  await runDueRound(s.services)
  const { body } = await s.call('GET', `/runs/${(run.body as RunView).id}`)
  expect(body).toMatchObject({ success: 1, failed: 0, statusChanges: 1 })
})

test('who asks to slow down is left alone for that long, with all its items', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  const other = await s.integration()
  for (const tx of ['tx_1', 'tx_2', 'tx_3', 'tx_4', 'tx_5', 'tx_6'])
    s.peer.transactions.set(tx, startedTransaction)
  await s.track(id, 'tx_1')
  await s.look()
  for (const tx of ['tx_2', 'tx_3', 'tx_4', 'tx_5', 'tx_6']) await s.track(id, tx)
  for (const tx of ['tx_1', 'tx_2', 'tx_3', 'tx_4', 'tx_5', 'tx_6'])
    s.peer.faults.set(tx, [{ status: 429, headers: { 'retry-after': '120' } }])
  const asked = s.peer.requests.length
  await s.look()
  // So many at the same time, and then nobody.
  expect(s.peer.requests.length - asked).toBe(4)
  const { rows } = await s.db.owner.query(
    `SELECT round(extract(epoch FROM paused_until - now()))::int AS seconds FROM tracker_rounds WHERE paused_until IS NOT NULL`,
  )
  expect(rows).toEqual([{ seconds: expect.toSatisfy((n: number) => n > 110 && n <= 120) }])
  s.peer.transactions.set('tx_7', startedTransaction)
  const { id: item } = await s.track(other, 'tx_7')
  await s.look()
  expect(await s.item(item)).toMatchObject({ localState: 'EN_COURS' })
})

test('a key that is refused pauses the integration, and new settings try it at once', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', startedTransaction)
  const { id: item } = await s.track(id, 'tx_1')
  await runDueRound(s.services)
  await s.look()
  s.peer.lock(true)
  s.peer.transactions.set('tx_1', { ...startedTransaction, state: 'completed' })
  await s.hint(id, 'tx_1')
  await s.look()
  expect(await s.item(item)).toMatchObject({ lastError: expect.stringContaining('401') })
  s.peer.lock(false)
  await s.db.owner.query('UPDATE tracked_items SET looking_until = NULL')
  await s.look()
  expect(await s.item(item)).toMatchObject({ localState: 'EN_COURS' })
  await s.db.owner.query('UPDATE integrations SET version = version + 1')
  await runDueRound(s.services)
  await s.look()
  expect(await s.item(item)).toMatchObject({ localState: 'SIGNE', lastError: null })
})

test('looks at the same time write one change, one event', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', startedTransaction)
  const { id: item } = await s.track(id, 'tx_1')
  await s.look()
  s.peer.transactions.set('tx_1', { ...startedTransaction, state: 'completed' })
  await s.hint(id, 'tx_1')
  await followHints(s.services)
  await Promise.all([
    s.look(),
    s.look(),
    ...Array.from({ length: 4 }, () => s.call('POST', `/${item}/sync`, { force: true })),
  ])
  const changes = (await s.events()).filter(({ data }) => data['after'] === 'SIGNE')
  expect(changes).toHaveLength(1)
  expect((await s.item(item)).needsSync).toBe(false)
})

test('what was asked before another look wrote does not overwrite it', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', { ...startedTransaction, state: 'draft' })
  const { id: item } = await s.track(id, 'tx_1')
  await s.look()
  const slow = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const times = { n: 0 }
  const request: typeof s.services.http.request = async (...given) => {
    const reply = await s.services.http.request(...given)
    times.n += 1
    asked.resolve()
    if (times.n === 1) await slow.promise
    return reply
  }
  const services = { ...s.services, http: { request } }
  const look = {
    tenantId: s.tenantId,
    itemId: parseId('trackedItem', item) ?? '',
    type: 'poll',
    isForced: false,
    round: null,
    signal,
  } as const
  const late = lookAtItem(look, services)
  await asked.promise
  s.peer.transactions.set('tx_1', startedTransaction)
  await s.call('POST', `/${item}/sync`)
  slow.resolve()
  await late
  expect(times.n).toBe(2)
  expect(await s.item(item)).toMatchObject({ remoteState: 'started', localState: 'EN_COURS' })
})

test('tenants with many integrations share the looks', async () => {
  await using s = await startTrackedItems()
  const tenants = [s.tenantId, await s.make.tenant()] as const
  for (let n = 0; n < 40; n += 1) {
    const tenant = tenants[n < 20 ? 0 : 1]
    const id = await s.make.integration(tenant, { connector: 'universign', channel: `x${n}` })
    const integration = printId('integration', asId('integration', id))
    await s.call('POST', '', { integration, remoteId: 'tx_1' }, {}, tenant)
  }
  const taken = await takeLooksAcrossTenants(s.db.engine, {
    limit: 16,
    perIntegration: 4,
    forMs: 40_000,
  })
  const mine = taken.filter(({ tenant_id }) => tenant_id === s.tenantId)
  expect([taken.length, mine.length]).toEqual([16, 8])
})
