import { expect, test } from 'vitest'
import { connector as universign } from '@carillon/connectors/universign/universign'
import { connector as webhook } from '@carillon/connectors/webhook/webhook'
import { instant } from '@carillon/domain/clock'
import { asId, parseId, printId } from '@carillon/domain/ids'
import { startFakeUniversign } from '@carillon/testkit/fake-universign'
import { given } from '@carillon/testkit/given'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { createAcceptEvents } from '../ingest/accept-events.ts'
import { sealSecrets } from '../integrations/seal-secrets.ts'
import { createHttpOut } from '../platform/outbound/http-out.ts'
import { createKeyring } from '../platform/secrets/keyring.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { followHints } from './follow-hints.ts'
import { lookAtItem, type LookServices } from './look-at-item.ts'
import { lookAtWaiting } from './look-at-waiting.ts'
import { addTrackedItemRoutes } from './routes.ts'
import { runDueRound } from './run-rounds.ts'
import type { ItemView, LogView, RunView } from './schema.ts'

const signal = new AbortController().signal

const setUp = async () => {
  const [db, peer] = [await testDb(), await startFakeUniversign()]
  const make = given(db.owner)
  const keyring = createKeyring([{ id: 'k1', key32: Buffer.alloc(32, 7) }], 'k1')
  const http = createHttpOut({ allowPrivate: ['127.0.0.0/8'] })
  const clock = { at: instant(Date.UTC(2026, 10, 22, 12)) }
  const tenantId = asId('tenant', await make.tenant())
  let services: LookServices | undefined
  const api = await testApi(db, (server, newId) => {
    services = {
      pool: db.engine,
      keyring,
      connectors: { universign, webhook },
      http: http.port,
      acceptEvents: createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 }),
      onAccepted: () => {},
      newId,
      clock: { now: () => clock.at },
      monotonicMs: () => performance.now(),
    }
    addTrackedItemRoutes(server, { pool: db.app, services })
  })
  if (services === undefined) throw new Error('no services')
  const built = services

  const integration = async (settings: object = {}, of = tenantId): Promise<string> => {
    const values = { connector: 'universign', settings: { baseUrl: peer.url, ...settings } }
    const id = await make.integration(of, values)
    const place = { tenantId: of, id: asId('integration', id), secrets: { apiKey: peer.apiKey } }
    const { secrets } = sealSecrets(keyring, place)
    await db.owner.query('UPDATE integrations SET secrets = $2, channel = NULL WHERE id = $1', [
      id,
      secrets,
    ])
    return printId('integration', asId('integration', id))
  }
  const keys = new Map<string, string>()
  const keyOf = async (of: string): Promise<string> => {
    const known = keys.get(of) ?? (await api.key({ tenantId: of }))
    keys.set(of, known)
    return known
  }
  const call = async (
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
    of: string = tenantId,
  ) =>
    await api.send(await keyOf(of), method, `/api/v1/tracked-items${path}`, {
      headers,
      ...(body === undefined ? {} : { body }),
    })
  return {
    db,
    peer,
    make,
    tenantId,
    clock,
    call,
    integration,
    services: built,
    track: async (of: string, remoteId: string, more: object = {}): Promise<ItemView> => {
      const reply = await call('POST', '', { integration: of, remoteId, ...more })
      expect(reply).toMatchObject({ status: 201 })
      return reply.body as ItemView
    },
    /** Looks until nothing waits. */
    look: async (): Promise<void> => {
      await followHints({ ...built, log: quietLog })
      while ((await lookAtWaiting({ ...built, log: quietLog }, signal)) > 0);
    },
    item: async (id: string): Promise<ItemView> => (await call('GET', `/${id}`)).body as ItemView,
    log: async (path = '/looks'): Promise<readonly LogView[]> =>
      ((await call('GET', path)).body as { items: LogView[] }).items,
    events: async () =>
      (
        await db.owner.query<{ source: string; source_id: string; type: string; data: string }>(
          'SELECT source, source_id, type, data::text AS data FROM events ORDER BY id',
        )
      ).rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> })),
    hint: async (
      integrationId: string,
      key: string,
      type = 'transaction.lifecycle.completed',
      data: object | null = null,
    ): Promise<void> => {
      await db.owner.query(
        'INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type, data) VALUES ($1, $2, gen_random_uuid()::text, $3, $4, $5)',
        [
          tenantId,
          parseId('integration', integrationId),
          key,
          type,
          data === null ? null : JSON.stringify(data),
        ],
      )
    },
    /** As if these waits were over. */
    later: async (): Promise<void> => {
      await db.owner.query(
        `UPDATE tracker_rounds SET next_at = now() - interval '1 s', paused_until = NULL`,
      )
      await db.owner.query(
        'UPDATE tracked_items SET not_before = NULL, looking_until = NULL, last_tried_at = last_tried_at',
      )
    },
    [Symbol.asyncDispose]: async () => {
      await http.close()
      await api[Symbol.asyncDispose]()
      await peer[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

const started = {
  state: 'started',
  participants: [{ email: 'anna@example.org', full_name: 'Anna Rossi' }],
  documents: [{ id: 'doc_1', name: 'quote.pdf' }],
}

test('an item is looked at soon after it was made, and its changes are events', async () => {
  await using s = await setUp()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', started)
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
  s.peer.transactions.set('tx_1', { ...started, state: 'completed' })
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
  await using s = await setUp()
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
  await using s = await setUp()
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
  await using s = await setUp()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', started)
  const { id: item } = await s.track(id, 'tx_1')
  await s.look()
  s.peer.transactions.set('tx_1', { ...started, stalled: true })
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
  s.peer.transactions.set('tx_1', { ...started, state: 'cancelled' })
  await s.hint(id, 'tx_1', 'transaction.lifecycle.cancelled')
  await s.look()
  expect(await s.item(item)).toMatchObject({ localState: 'REFUSE', remoteState: 'cancelled' })
})

test('a hook about something that nobody follows is refused, with a line in the log', async () => {
  await using s = await setUp()
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
  await using s = await setUp()
  const id = await s.integration({ trackUnknown: true })
  s.peer.transactions.set('tx_9', { ...started, stalled: true })
  await s.hint(id, 'tx_9', 'action.stalled', { refusal: { reason: 'review_refusal' } })
  await s.look()
  const { body } = await s.call('GET', '?remoteId=tx_9')
  expect(body).toMatchObject({ items: [{ localState: 'REFUSE', remoteId: 'tx_9' }] })
})

test('a round takes the fifty oldest that need it, and one failure stops nobody', async () => {
  await using s = await setUp()
  const id = await s.integration()
  for (let n = 0; n < 60; n += 1) {
    s.peer.transactions.set(`tx_${n}`, started)
    await s.track(id, `tx_${n}`)
  }
  await s.look()
  s.peer.transactions.set('tx_3', { ...started, state: 'completed' })
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
  await using s = await setUp()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', started)
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
  await using s = await setUp()
  const id = await s.integration()
  const other = await s.integration()
  for (const tx of ['tx_1', 'tx_2', 'tx_3', 'tx_4', 'tx_5', 'tx_6'])
    s.peer.transactions.set(tx, started)
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
  s.peer.transactions.set('tx_7', started)
  const { id: item } = await s.track(other, 'tx_7')
  await s.look()
  expect(await s.item(item)).toMatchObject({ localState: 'EN_COURS' })
})

test('a key that is refused pauses the integration, and new settings try it at once', async () => {
  await using s = await setUp()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', started)
  const { id: item } = await s.track(id, 'tx_1')
  await runDueRound(s.services)
  await s.look()
  s.peer.lock(true)
  s.peer.transactions.set('tx_1', { ...started, state: 'completed' })
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
  await using s = await setUp()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', started)
  const { id: item } = await s.track(id, 'tx_1')
  await s.look()
  s.peer.transactions.set('tx_1', { ...started, state: 'completed' })
  await s.hint(id, 'tx_1')
  await followHints({ ...s.services, log: quietLog })
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
  await using s = await setUp()
  const id = await s.integration()
  s.peer.transactions.set('tx_1', { ...started, state: 'draft' })
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
  s.peer.transactions.set('tx_1', started)
  await s.call('POST', `/${item}/sync`)
  slow.resolve()
  await late
  expect(times.n).toBe(2)
  expect(await s.item(item)).toMatchObject({ remoteState: 'started', localState: 'EN_COURS' })
})

test('requests that make no sense are refused with a pointer', async () => {
  await using s = await setUp()
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
  await using s = await setUp()
  const body = { integration: await s.integration(), remoteId: 'tx_1' }
  const headers = { 'idempotency-key': 'once' }
  const first = await s.call('POST', '', body, headers)
  const second = await s.call('POST', '', body, headers)
  expect(second.body).toEqual(first.body)
  expect(second.headers).toMatchObject({ 'idempotent-replayed': 'true' })
})

test('items are filtered, paged and forgotten; other tenants see nothing', async () => {
  await using s = await setUp()
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
