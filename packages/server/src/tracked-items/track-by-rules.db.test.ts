/** Items that rules have followed: from the accepted event to the look, on real Postgres with a fake Universign. */
import { randomUUID } from 'node:crypto'
import { instant, toIso } from '@carillon/domain/clock'
import { asId, parseId, printId } from '@carillon/domain/ids'
import { testApi } from '@carillon/testkit/test-api'
import {
  startedTransaction,
  startTrackedItems,
  type TrackedItemsRig,
} from '@carillon/testkit/tracked-items-rig'
import { expect, test } from 'vitest'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import { deleteIntegration } from '../integrations/delete-integration.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { addRuleRoutes } from '../rules/routes.ts'
import type { ItemView } from './schema.ts'

const renderer = createTemplateRenderer()

/** The rig with the API of rules, and a rule that tracks `quote.sent`. */
const start = async () => {
  const s = await startTrackedItems()
  const { connectors, newId } = s.services
  const api = await testApi(s.db, (server) => {
    addRuleRoutes(server, { pool: s.db.app, connectors, renderer, newId })
  })
  const key = await api.key({ tenantId: s.tenantId })
  const send = async (method: 'POST' | 'PATCH' | 'GET' | 'DELETE', path: string, body?: object) =>
    await api.send(key, method, `/api/v1/rules${path}`, body === undefined ? {} : { body })
  const rule = async (integration: string, more: object = {}): Promise<string> => {
    const reply = await send('POST', '', ruleOf(integration, more))
    if (reply.status !== 201) throw new Error(JSON.stringify(reply.body))
    return (reply.body as { id: string }).id
  }
  const accept = async (...events: readonly IncomingEvent[]) =>
    (await s.services.acceptEvents(s.db.engine, events)).events
  return {
    ...s,
    send,
    rule,
    accept,
    items: async (): Promise<readonly ItemView[]> =>
      ((await s.call('GET', '')).body as { items: ItemView[] }).items,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await s[Symbol.asyncDispose]()
    },
  }
}

const ruleOf = (integration: string, more: object = {}) => ({
  name: 'follow quotes',
  eventType: 'quote.sent',
  action: {
    type: 'track',
    integration,
    remoteId: '{{ data.tx }}',
    reference: '{{ data.quote }}',
    metadata: { customer: '{{ data.customer }}' },
    ...more,
  },
})

const sent = (of: Pick<TrackedItemsRig, 'tenantId'>, data: object, id: string = randomUUID()) => {
  const time = instant(Date.UTC(2026, 10, 22, 12))
  const view = { id, source: 'crm', type: 'quote.sent', time: toIso(time), data }
  return { tenantId: of.tenantId, view, time, dataJson: JSON.stringify(data) }
}

test('what an event names is followed, looked at soon, and its changes are events', async () => {
  await using s = await start()
  const id = await s.integration()
  const rule = await s.rule(id)
  s.peer.transactions.set('tx_1', startedTransaction)
  await s.accept(sent(s, { tx: 'tx_1', quote: 'DE1', customer: 'C7' }))
  const [item] = await s.items()
  expect(item).toMatchObject({
    integration: id,
    remoteId: 'tx_1',
    reference: 'DE1',
    metadata: { customer: 'C7' },
    needsSync: true,
    lastSyncedAt: null,
  })
  await s.look()
  expect(await s.item(item?.id ?? '')).toMatchObject({ localState: 'EN_COURS' })
  expect(await s.log()).toMatchObject([{ type: 'event:quote.sent', success: true }])
  expect(await s.events()).toMatchObject([
    { type: 'quote.sent' },
    { type: 'status.changed', data: { reference: 'DE1', metadata: { customer: 'C7' } } },
  ])
  const { rows } = await s.db.owner.query('SELECT created_by FROM tracked_items')
  expect(rows).toEqual([{ created_by: `rule:${parseId('rule', rule)}` }])
  const { rows: rounds } = await s.db.owner.query('SELECT 1 AS one FROM tracker_rounds')
  expect(rounds).toHaveLength(1)
})

test('a duplicate of an event changes nothing', async () => {
  await using s = await start()
  await s.rule(await s.integration())
  await s.accept(sent(s, { tx: 'tx_1' }, 'e1'))
  const again = await s.accept(sent(s, { tx: 'tx_2', quote: 'DE2' }, 'e1'))
  expect(again).toMatchObject([{ duplicate: true }])
  expect(await s.items()).toMatchObject([{ remoteId: 'tx_1', reference: null }])
})

test('an item that is there stays, and what it lacks is filled in', async () => {
  await using s = await start()
  const id = await s.integration()
  await s.rule(id)
  const { id: item } = await s.track(id, 'tx_1', { metadata: { own: 1 } })
  await s.accept(sent(s, { tx: 'tx_1', quote: 'DE1', customer: 'C7' }))
  await s.accept(sent(s, { tx: 'tx_1', quote: 'DE9', customer: 'C9' }))
  expect(await s.items()).toMatchObject([{ id: item, reference: 'DE1', metadata: { own: 1 } }])
})

test('several events of one batch about one item make one, and rules that track alike too', async () => {
  await using s = await start()
  const id = await s.integration()
  await s.rule(id, { metadata: false })
  await s.rule(id, { metadata: true })
  const accepted = await s.accept(
    sent(s, { tx: 'tx_2' }),
    sent(s, { tx: 'tx_1', quote: 'DE1' }),
    sent(s, { tx: 'tx_2', quote: 'DE2' }),
  )
  expect(accepted.every(({ duplicate }) => !duplicate)).toBe(true)
  const items = (await s.items()).toSorted((a, b) => (a.remoteId < b.remoteId ? -1 : 1))
  expect(items).toMatchObject([
    { remoteId: 'tx_1', reference: 'DE1', metadata: { tx: 'tx_1', quote: 'DE1' } },
    { remoteId: 'tx_2', reference: 'DE2', metadata: { tx: 'tx_2' } },
  ])
})

test('an event whose remote id is none is accepted, and the sync log says why nothing is followed', async () => {
  await using s = await start()
  const id = await s.integration()
  await s.rule(id)
  const [accepted] = await s.accept(sent(s, { quote: 'DE1' }), sent(s, { tx: 'a b' }))
  expect(await s.events()).toHaveLength(2)
  expect(await s.items()).toEqual([])
  const log = await s.log('/looks?success=false')
  expect(log).toMatchObject([
    { remoteId: 'a b', item: null, integration: id, type: 'event:quote.sent' },
    { remoteId: '', error: 'Not followed: remoteId is empty.' },
  ])
  expect(log[1]?.event).toBe(printId('event', asId('event', accepted?.eventId ?? '')))
})

test('metadata that a database refuses do not lose the event', async () => {
  await using s = await start()
  await s.rule(await s.integration(), { metadata: true })
  await s.accept(sent(s, { tx: 'tx_1', text: 'a\u0000\ud800' }))
  expect(await s.items()).toMatchObject([{ remoteId: 'tx_1', metadata: {} }])
  expect(await s.log()).toMatchObject([
    { success: false, error: expect.stringContaining('metadata was left out') },
  ])
})

test('a transaction that accepts the event and is undone leaves no item', async () => {
  await using s = await start()
  await s.rule(await s.integration())
  const client = await s.db.engine.connect()
  await client.query('BEGIN')
  await s.services.acceptEvents(client, [sent(s, { tx: 'tx_1' })])
  await client.query('ROLLBACK')
  client.release()
  expect(await s.items()).toEqual([])
  expect(await s.events()).toEqual([])
})

test('a tenant that follows too many gets the event and a line in the log', async () => {
  await using s = await start()
  const id = await s.integration()
  await s.rule(id)
  await s.track(id, 'tx_1')
  // A hundred thousand checks of keys that are known to be there take seconds.
  await s.db.owner.query(
    `ALTER TABLE tracked_items DISABLE TRIGGER USER, DROP CONSTRAINT tracked_items_tenant_id_fkey,
      DROP CONSTRAINT tracked_items_tenant_id_integration_id_fkey`,
  )
  await s.db.owner.query(
    `INSERT INTO tracked_items (tenant_id, id, integration_id, remote_id, created_by)
     SELECT $1, gen_random_uuid(), $2, 'old_' || n, 'test' FROM generate_series(1, 100000) n`,
    [s.tenantId, parseId('integration', id)],
  )
  await s.accept(sent(s, { tx: 'tx_new' }), sent(s, { tx: 'tx_1', quote: 'DE1' }))
  expect(await s.log()).toMatchObject([
    { remoteId: 'tx_new', success: false, error: expect.stringContaining('100000') },
  ])
  expect((await s.call('GET', '?remoteId=tx_new')).body).toMatchObject({ items: [] })
  expect((await s.call('GET', '?remoteId=tx_1')).body).toMatchObject({
    items: [{ reference: 'DE1' }],
  })
})

test('a rule names a tracker of its own tenant, and templates that can be read', async () => {
  await using s = await start()
  const webhook = await s.make.integration(s.tenantId)
  const own = printId('integration', asId('integration', webhook))
  const other = await s.make.tenant()
  const foreign = await s.make.integration(other, { connector: 'universign' })
  const theirs = printId('integration', asId('integration', foreign))
  const refused = async (integration: string, more: object = {}) => {
    const { status, body } = await s.send('POST', '', ruleOf(integration, more))
    expect(status).toBe(400)
    return (body as { errors: readonly { pointer: string; detail: string }[] }).errors
  }
  expect(await refused(own)).toMatchObject([
    { pointer: '/action/integration', detail: expect.stringContaining('no tracker') },
  ])
  expect(await refused(theirs)).toMatchObject([
    { pointer: '/action/integration', detail: expect.stringContaining('no integration') },
  ])
  const tracker = await s.integration()
  const metadata = { 'a/b': '{{' }
  expect(await refused(tracker, { remoteId: '{% x %}', metadata })).toMatchObject([
    { pointer: '/action/remoteId' },
    { pointer: '/action/metadata/a~1b' },
  ])
})

test("events of one tenant make no items of another's", async () => {
  await using s = await start()
  await s.rule(await s.integration())
  const other = asId('tenant', await s.make.tenant())
  await s.accept(sent({ tenantId: other }, { tx: 'tx_1' }))
  expect(await s.items()).toEqual([])
  await s.accept(sent(s, { tx: 'tx_1' }), sent({ tenantId: other }, { tx: 'tx_2' }))
  expect(await s.items()).toMatchObject([{ remoteId: 'tx_1' }])
  expect((await s.call('GET', '', undefined, {}, other)).body).toMatchObject({ items: [] })
})

test('an integration that a rule tracks with can not be deleted, until the rule does something else', async () => {
  await using s = await start()
  const id = await s.integration()
  const rule = await s.rule(id)
  const integrationId = parseId('integration', id)
  if (integrationId === undefined) throw new Error('no integration')
  const remove = async () =>
    await inTenant(s.db.app, s.tenantId, async (client) => {
      await deleteIntegration(client, s.tenantId, integrationId)
    })
  await expect(remove()).rejects.toMatchObject({ detail: expect.stringContaining(rule) })
  const bare = { name: 'renamed', enabled: false }
  expect(await s.send('PATCH', `/${rule}`, bare)).toMatchObject({
    status: 200,
    body: { ...bare, action: { type: 'track', integration: id }, steps: [] },
  })
  await expect(remove()).rejects.toMatchObject({ code: 'conflict' })
  expect(await s.send('DELETE', `/${rule}`)).toMatchObject({ status: 204 })
  await remove()
})

test('what would be followed can be asked before, for drafts and saved rules', async () => {
  await using s = await start()
  const id = await s.integration()
  const event = { type: 'quote.sent', data: { tx: 'tx_1', customer: 'C7' } }
  const draft = await s.send('POST', '/test', { rule: ruleOf(id), event })
  const wouldTrack = {
    integration: id,
    remoteId: 'tx_1',
    reference: null,
    metadata: { customer: 'C7' },
    problem: null,
  }
  expect(draft.body).toMatchObject({ matches: true, rules: [{ wouldTrack, wouldSend: null }] })
  await s.rule(id)
  expect((await s.send('POST', '/test', { event })).body).toMatchObject({ rules: [{ wouldTrack }] })
  const bad = await s.send('POST', '/test', { event: { type: 'quote.sent', data: {} } })
  expect(bad.body).toMatchObject({
    rules: [{ wouldTrack: { remoteId: '', problem: 'Not followed: remoteId is empty.' } }],
  })
  expect(await s.items()).toEqual([])
})
