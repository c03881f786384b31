import { expect, test } from 'vitest'
import { asId, printId } from '@carillon/domain/ids'
import { startedTransaction, startTrackedItems } from '@carillon/testkit/tracked-items-rig'
import { runDueRound } from './run-rounds.ts'
import type { ItemView } from './schema.ts'

test('an item is looked at soon after it was made, and its changes are events', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', startedTransaction)
  const made = await s.track(id, 'tx_1', { reference: 'DE00012', metadata: { quote: 12 } })
  expect(made).toMatchObject({
    localState: 'EN_ATTENTE',
    remoteState: null,
    needsSync: true,
    lastSyncedAt: null,
    syncAttempts: 0,
    participants: [],
  })
  await s.look()
  expect(await s.item(made.id)).toMatchObject({
    localState: 'EN_COURS',
    remoteState: 'started',
    needsSync: true,
    syncAttempts: 1,
    sentAt: '2026-11-22T12:00:00.000Z',
    participants: [{ order: 1, email: 'anna@example.org', name: 'Anna Rossi', status: 'waiting' }],
    documents: [{ id: 'doc_1', name: 'quote.pdf' }],
  })
  s.peer.transactions.set('tx_1', { ...startedTransaction, state: 'completed' })
  expect((await s.call('POST', `/${made.id}/sync`)).body).toMatchObject({
    localState: 'SIGNE',
    needsSync: false,
  })
  expect(await s.events()).toMatchObject([
    { data: { before: 'EN_ATTENTE', after: 'EN_COURS' } },
    {
      source: 'carillon/tracked-items',
      source_id: `${made.id}/2`,
      type: 'status.changed',
      data: {
        item: made.id,
        integration: id,
        reference: 'DE00012',
        remoteId: 'tx_1',
        remoteState: 'completed',
        before: 'EN_COURS',
        after: 'SIGNE',
        metadata: { quote: 12 },
        participants: [{ order: 1, email: 'anna@example.org' }],
        documents: [{ id: 'doc_1' }],
      },
    },
  ])
  const log = await s.log(`/${made.id}/log`)
  expect(log).toMatchObject([
    { type: 'manual', success: true, before: 'EN_COURS', after: 'SIGNE', error: null },
    { type: 'created', before: 'EN_ATTENTE', after: 'EN_COURS' },
  ])
  expect(log[0]?.changes).toContainEqual({
    field: 'localState',
    before: 'EN_COURS',
    after: 'SIGNE',
  })
  expect(log[0]?.event).toMatch(/^evt_/)
})

test('the older dialect reads the same', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tr_1', {
    state: 'refused',
    signers: [{ name: 'Anna', email: 'anna@example.org', status: 'refused', url: 'https://s/1' }],
    documents: [{ url: 'https://d/1' }],
  })
  const { id: item } = await s.track(id, 'tr_1')
  await s.look()
  expect(await s.item(item)).toMatchObject({
    localState: 'REFUSE',
    needsSync: false,
    participants: [{ status: 'refused', url: 'https://s/1' }],
    documents: [{ id: '1', url: 'https://d/1' }],
  })
})

test('a final state is left alone, by rounds and by hand, unless it is forced', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', { state: 'expired' })
  const { id: item } = await s.track(id, 'tx_1')
  await s.look()
  s.peer.transactions.set('tx_1', { state: 'completed' })
  const asked = s.peer.requests.length
  await s.later()
  await runDueRound(s.services)
  await s.look()
  await s.call('POST', `/${item}/sync`, {})
  expect(s.peer.requests.length).toBe(asked)
  expect(await s.item(item)).toMatchObject({ localState: 'EXPIRE' })
  const forced = await s.call('POST', `/${item}/sync`, { force: true })
  expect(forced.body).toMatchObject({ localState: 'SIGNE' })
  s.peer.transactions.set('tx_1', { state: 'draft' })
  const again = await s.call('POST', `/${item}/sync`, { force: true })
  expect(again.body).toMatchObject({ localState: 'SIGNE', remoteState: 'draft' })
  expect((await s.log(`/${item}/log`))[0]?.note).toContain('priority')
})

test('a refusal is known from the hook only, and the state is read again', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', startedTransaction)
  const { id: item } = await s.track(id, 'tx_1')
  await s.look()
  s.peer.transactions.set('tx_1', { ...startedTransaction, stalled: true })
  const refusal = {
    reason: 'signature_refusal',
    participant: 'anna@example.org',
    at: '2026-11-22T11:59:00.000Z',
  }
  await s.hint(id, 'tx_1', 'action.stalled', { refusal })
  await s.look()
  expect(await s.item(item)).toMatchObject({
    localState: 'REFUSE',
    refusedAt: '2026-11-22T11:59:00.000Z',
    refusal,
    isStalled: true,
  })
  expect((await s.log(`/${item}/log`))[0]).toMatchObject({
    type: 'webhook:action.stalled',
    forced: true,
  })
  s.peer.transactions.set('tx_1', { ...startedTransaction, state: 'cancelled' })
  await s.hint(id, 'tx_1', 'transaction.lifecycle.cancelled')
  await s.look()
  expect(await s.item(item)).toMatchObject({ localState: 'REFUSE', remoteState: 'cancelled' })
})

test('a hook about something that nobody follows is refused, with a line in the log', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  await s.hint(id, 'tx_9')
  await s.look()
  expect(s.peer.requests).toEqual([])
  expect(await s.log()).toMatchObject([
    {
      item: null,
      integration: id,
      remoteId: 'tx_9',
      type: 'webhook:transaction.lifecycle.completed',
      success: false,
      error: expect.stringContaining('Nobody follows'),
    },
  ])
})

test('where the settings say so such a hook makes the item', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration({ trackUnknown: true })
  s.peer.transactions.set('tx_9', { ...startedTransaction, stalled: true })
  await s.hint(id, 'tx_9', 'action.stalled', { refusal: { reason: 'review_refusal' } })
  await s.look()
  const { body } = await s.call('GET', '?remoteId=tx_9')
  expect(body).toMatchObject({ items: [{ localState: 'REFUSE', remoteId: 'tx_9' }] })
})

test('requests that make no sense are refused with a pointer', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  const hook = printId('integration', asId('integration', await s.make.integration(s.tenantId)))
  const refused = async (body: object) => await s.call('POST', '', body)
  expect(await refused({ integration: 'int_x', remoteId: 'tx_1' })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/integration' }] },
  })
  expect(await refused({ integration: hook, remoteId: 'tx_1' })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/integration', detail: expect.stringContaining('tracker') }] },
  })
  expect(await refused({ integration: id, remoteId: '../x' })).toMatchObject({ status: 400 })
  const metadata = { long: 'x'.repeat(17_000) }
  expect(await refused({ integration: id, remoteId: 'tx_1', metadata })).toMatchObject({
    status: 400,
    body: { errors: [{ pointer: '/metadata' }] },
  })
  await s.track(id, 'tx_1')
  expect(await refused({ integration: id, remoteId: 'tx_1' })).toMatchObject({ status: 409 })
})

test('the same Idempotency-Key makes one item', async () => {
  await using s = await startTrackedItems()
  const body = { integration: await s.integration(), remoteId: 'tx_1' }
  const headers = { 'idempotency-key': 'once' }
  const first = await s.call('POST', '', body, headers)
  const second = await s.call('POST', '', body, headers)
  expect(second.body).toEqual(first.body)
  expect(second.headers).toMatchObject({ 'idempotent-replayed': 'true' })
})

test('items are filtered, paged and forgotten; other tenants see nothing', async () => {
  await using s = await startTrackedItems()
  const id = await s.integration()
  for (const n of [1, 2, 3]) {
    s.peer.transactions.set(`tx_${n}`, { state: n === 2 ? 'completed' : 'started' })
    await s.track(id, `tx_${n}`, { reference: `DE${n}` })
  }
  await s.look()
  const idsOf = async (query: string) =>
    ((await s.call('GET', query)).body as { items: ItemView[] }).items.map(
      ({ remoteId }) => remoteId,
    )
  expect(await idsOf('?state=SIGNE')).toEqual(['tx_2'])
  expect(await idsOf('?needsSync=true')).toEqual(['tx_3', 'tx_1'])
  expect(await idsOf('?reference=DE3')).toEqual(['tx_3'])
  expect(await idsOf(`?integration=${id}`)).toHaveLength(3)
  expect(await idsOf('?integration=int_x')).toEqual([])
  const page = (await s.call('GET', '?limit=2')).body as { nextCursor: string }
  expect(await idsOf(`?limit=2&cursor=${page.nextCursor}`)).toEqual(['tx_1'])
  const { items } = (await s.call('GET', '?reference=DE1')).body as { items: ItemView[] }
  const item = items[0]?.id ?? ''
  const other = await s.make.tenant()
  for (const path of ['', '/log'])
    expect(await s.call('GET', `/${item}${path}`, undefined, {}, other)).toMatchObject({
      status: 404,
    })
  expect(await s.call('DELETE', `/${item}`, undefined, {}, other)).toMatchObject({ status: 404 })
  expect(await s.call('DELETE', `/${item}`)).toMatchObject({ status: 204 })
  expect(await s.call('GET', `/${item}`)).toMatchObject({ status: 404 })
})
