/** Trying an integration out with a real delivery, and closing its breaker: through the real engine to a real peer. */
import { randomUUID } from 'node:crypto'
import { connectors } from '@carillon/connectors/registry.gen'
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { quietLog } from '@carillon/testkit/quiet-log'
import type { TestReply } from '@carillon/testkit/test-api'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { createPostgresStore } from '../delivery/postgres-store.ts'
import { createSender } from '../delivery/send-delivery.ts'
import { createWorker } from '../delivery/worker.ts'
import { systemClock } from '../platform/clock.ts'
import { createHttpOut } from '../platform/outbound/http-out.ts'
import { createSmtpOut } from '../platform/outbound/smtp-out.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { systemTimers } from '../platform/timers.ts'

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json

/** A worker over the test's database; stops at the end of its scope. */
const startWorker = (c: ConfigApi) => {
  const [http, smtp] = [
    createHttpOut({ allowPrivate: ['127.0.0.0/8'] }),
    createSmtpOut({ allowPrivate: [] }),
  ]
  const pool = c.db.engine
  const worker = createWorker({
    store: createPostgresStore({
      pool,
      leasePool: pool,
      shard: 0,
      onBreakerOpened: async () => undefined,
    }),
    sender: createSender({
      pool,
      keyring: c.keyring,
      connectors,
      http: http.port,
      smtp: smtp.port,
      renderer: createTemplateRenderer(),
    }),
    now: systemClock.now,
    clockIsTrusted: () => true,
    timers: systemTimers,
    random: () => 0.5,
    owner: randomUUID(),
    log: quietLog,
    concurrency: 8,
    leaseMs: 30_000,
    pollMs: 20,
    onProgress: () => undefined,
  })
  worker.start()
  return {
    [Symbol.asyncDispose]: async () => {
      await worker.stop(1_000)
      await Promise.all([http.close(), smtp.close()])
    },
  }
}

const settled = async (c: ConfigApi): Promise<readonly Json[]> => {
  const { rows } = await c.db.owner.query<Json>(
    'SELECT state, outcome, reason FROM settlements ORDER BY turn',
  )
  return rows
}

test('a test message arrives as a signed delivery of an event that sets off no rule', async () => {
  await using c = await configApi()
  await using peer = await startHttpSink()
  const made = await c.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'hook {{ 1 }}',
    settings: { url: `${peer.url}/in` },
  })
  const integration = String(bodyOf(made)['id'])
  const action = { type: 'notify', route: [{ integration }] }
  await c.call('POST', '/rules', { name: 'all', eventType: '*', action })
  const key = { 'idempotency-key': 'once' }
  const body = { to: 'ops', subject: '{{ data.to }}', text: '<b>{{ 1 | plus: 1 }}</b>' }
  const sent = await c.call('POST', `/integrations/${integration}/send-test`, body, key)
  const again = await c.call('POST', `/integrations/${integration}/send-test`, body, key)
  expect([sent.status, sent.body]).toEqual([
    202,
    { deliveryId: expect.stringMatching(/^dlv_/), event: expect.stringMatching(/^evt_/) },
  ])
  expect(again.body).toEqual(sent.body)
  expect(c.woken).toHaveLength(1)
  await using _worker = startWorker(c)
  const [request] = await peer.received(1)
  await eventually(async () =>
    expect(await settled(c)).toEqual([{ state: 'sent', outcome: 'accepted', reason: null }]),
  )
  const secret = String((bodyOf(made)['generatedSecrets'] as Json)['signingSecret'])
  const payload = new Webhook(secret).verify(request?.body ?? '', request?.headers ?? {}) as Json
  expect(payload).toMatchObject({
    type: 'carillon.test',
    // What was typed in is text, not a template.
    data: { to: 'ops', subject: '{{ data.to }}', text: '<b>{{ 1 | plus: 1 }}</b>' },
  })
  expect(request?.headers['webhook-id']).toBe(bodyOf(sent)['deliveryId'])
  expect(peer.requests).toHaveLength(1)
  const { rows } = await c.db.owner.query('SELECT created::int, sent::int FROM delivery_counters')
  expect(rows).toEqual([{ created: 1, sent: 1 }])
})

test('a test message is in the words of the tenant, and its address is checked at once', async () => {
  await using c = await configApi()
  await c.db.owner.query(`UPDATE tenants SET language = 'it'`)
  await using bot = await startHttpSink(() => ({
    headers: { 'content-type': 'application/json' },
    body: '{"ok":true,"result":{"message_id":7}}',
  }))
  const made = await c.call('POST', '/integrations', {
    connector: 'telegram',
    name: 'Bot',
    settings: { baseUrl: bot.url },
    secrets: { botToken: '1:abc' },
  })
  const path = `/integrations/${String(bodyOf(made)['id'])}/send-test`
  const refused = await c.call('POST', path, { to: 'not a chat' })
  expect([refused.status, bodyOf(refused)['errors']]).toEqual([
    400,
    [{ pointer: '/to', detail: expect.stringContaining('Telegram chat') }],
  ])
  expect((await c.call('POST', path, { to: '42' })).status).toBe(202)
  await using _worker = startWorker(c)
  const [request] = await bot.received(1)
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    chat_id: 42,
    text: `Questo è un messaggio di prova dell'integrazione "Bot".`,
  })
})

test('two messages to one chat both arrive, a second apart, as the limit of the connector says', async () => {
  await using c = await configApi()
  const times: number[] = []
  await using bot = await startHttpSink(() => {
    times.push(performance.now())
    return {
      headers: { 'content-type': 'application/json' },
      body: '{"ok":true,"result":{"message_id":7}}',
    }
  })
  const made = await c.call('POST', '/integrations', {
    connector: 'telegram',
    name: 'Bot',
    settings: { baseUrl: bot.url },
    secrets: { botToken: '1:abc' },
  })
  const path = `/integrations/${String(bodyOf(made)['id'])}/send-test`
  await c.call('POST', path, { to: '42', text: 'one' })
  await c.call('POST', path, { to: '42', text: 'two' })
  await using _worker = startWorker(c)
  await bot.received(2)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(900)
})

test('a test through an open breaker ends at once as skipped and says why', async () => {
  await using c = await configApi()
  await using peer = await startHttpSink()
  const made = await c.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'hook',
    settings: { url: peer.url },
  })
  await openBreaker(c)
  await c.call('POST', `/integrations/${String(bodyOf(made)['id'])}/send-test`, { to: 'x' })
  await using _worker = startWorker(c)
  await eventually(async () =>
    expect(await settled(c)).toEqual([
      { state: 'skipped', outcome: null, reason: expect.stringContaining('breaker') },
    ]),
  )
  expect(peer.requests).toEqual([])
})

const openBreaker = async (c: ConfigApi): Promise<void> => {
  await c.db.owner.query(
    `UPDATE integration_states SET breaker_state = 'open', failures = 5, open_until = now() + interval '1 hour',
            open_reason = 'connection refused', last_error = 'connection refused', last_error_at = now()`,
  )
}

test('the health shows why the breaker is open; closing it makes what waited due now', async () => {
  await using c = await configApi()
  await using peer = await startHttpSink()
  const made = await c.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'hook',
    settings: { url: peer.url },
  })
  const path = `/integrations/${String(bodyOf(made)['id'])}`
  await c.call('POST', `${path}/send-test`, { to: 'x' })
  await openBreaker(c)
  await c.db.owner.query(
    `UPDATE delivery_queue SET when_open = 'hold', reason = 'breaker_open', due_at = now() + interval '1 hour', send_until = now() + interval '2 hours'`,
  )
  const shown = bodyOf(await c.call('GET', path))['health']
  expect(shown).toEqual({
    breaker: {
      state: 'open',
      failures: 5,
      openUntil: expect.stringMatching(/Z$/),
      reason: 'connection refused',
    },
    lastError: 'connection refused',
    lastErrorAt: expect.stringMatching(/Z$/),
    pausedUntil: null,
  })
  await using _worker = startWorker(c)
  const closed = await c.call('POST', `${path}/circuit/close`)
  expect([closed.status, closed.body]).toEqual([
    200,
    {
      breaker: { state: 'closed', failures: 0, openUntil: null, reason: null },
      released: 1,
    },
  ])
  expect(c.woken.at(-1)).toMatchObject({ tenantId: c.tenantId, priority: 0 })
  await peer.received(1)
  await eventually(async () => expect(await settled(c)).toMatchObject([{ state: 'sent' }]))
})

test('closing a closed breaker changes nothing', async () => {
  await using c = await configApi()
  const made = await c.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'hook',
    settings: { url: 'https://example.org' },
  })
  const closed = await c.call('POST', `/integrations/${String(bodyOf(made)['id'])}/circuit/close`)
  expect(closed.body).toMatchObject({ breaker: { state: 'closed' }, released: 0 })
  expect(c.woken).toEqual([])
})
