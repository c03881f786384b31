/** The main path as a new user walks it: the real program, its own Postgres, a verifying webhook receiver, an SMTP server. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'

const shared = join(dirname(fileURLToPath(import.meta.url)), '../../../shared')
const pecSample = join(shared, 'samples/pec/real/posta-certificata-xdcr.eml')

type Created = {
  readonly id: string
  readonly generatedSecrets?: { readonly signingSecret?: string }
}
type Delivery = {
  readonly id: string
  readonly state: string
  readonly attemptCount: number
  readonly possibleDuplicate: boolean
  readonly pendingReason: string | null
  readonly attempts: readonly {
    readonly outcome: string
    readonly httpStatus: number | null
    readonly number: number
  }[]
}

const created = async (carillon: Carillon, path: string, body: unknown): Promise<Created> => {
  const answer = await carillon.call('POST', path, body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body as Created
}

const deliveries = async (carillon: Carillon, filter = ''): Promise<readonly Delivery[]> => {
  const answer = await carillon.call('GET', `/deliveries?limit=200${filter}`)
  expect(answer).toMatchObject({ status: 200 })
  return (answer.body as { readonly items: readonly Delivery[] }).items
}

const detail = async (carillon: Carillon, id: string): Promise<Delivery> =>
  (await carillon.call('GET', `/deliveries/${id}`)).body as Delivery

const webhook = async (
  carillon: Carillon,
  url: string,
  more: Record<string, unknown> = {},
): Promise<Created> =>
  await created(carillon, '/integrations', {
    connector: 'webhook',
    name: `to ${url}`,
    settings: { url },
    secrets: {},
    ...more,
  })

const notify = (integration: string, more: Record<string, unknown> = {}) => ({
  type: 'notify',
  route: [{ integration, to: 'endpoint' }],
  retry: { delays: ['100ms', '100ms', '100ms'] },
  ...more,
})

const event = (id: string, type = 'order.paid', data: unknown = { total: 12.5 }) => ({
  id,
  source: 'shop',
  type,
  data,
})

describe('the main path', () => {
  test('an event becomes a webhook that the public library verifies, and the timeline shows each attempt', async () => {
    await using sink = await startHttpSink()
    await using carillon = await startCarillon()
    sink.answer('/hook', { status: 500 }, { status: 500 }, { status: 200 })
    const integration = await webhook(carillon, `${sink.url}/hook`)
    await created(carillon, '/rules', {
      name: 'orders',
      eventType: 'order.*',
      filter: { 'data.total': { gt: 10 } },
      action: notify(integration.id),
    })
    const accepted = await carillon.call('POST', '/events', event('1'))
    expect(accepted).toMatchObject({ status: 202, body: { accepted: 1, duplicates: 0 } })
    expect((await carillon.call('POST', '/events', event('1'))).body).toMatchObject({
      accepted: 0,
      duplicates: 1,
    })
    const requests = await sink.received(3)
    const delivery = await eventually(async () => {
      const [one] = await deliveries(carillon)
      expect(one).toMatchObject({ state: 'sent', attemptCount: 3 })
      return await detail(carillon, one?.id ?? '')
    })
    expect(delivery.attempts.map(({ outcome, httpStatus }) => [outcome, httpStatus])).toEqual([
      ['retry', 500],
      ['retry', 500],
      ['accepted', 200],
    ])
    const verifier = new Webhook(integration.generatedSecrets?.signingSecret ?? '')
    for (const request of requests) {
      expect(verifier.verify(request.body, request.headers)).toMatchObject({
        type: 'order.paid',
        data: { total: 12.5 },
      })
      expect(request.headers['webhook-id']).toBe(delivery.id)
    }
    expect(sink.requests.length).toBe(3)
    expect(await carillon.stop()).toBe(0)
  })

  test.skipIf(!existsSync(pecSample))(
    'a certified mail is ingested on the command line and told by webhook and by e-mail, once each (needs ../shared)',
    async () => {
      await using sink = await startHttpSink()
      await using smtp = await startSmtpSink()
      await using carillon = await startCarillon()
      const hook = await webhook(carillon, `${sink.url}/pec`)
      const mail = await created(carillon, '/integrations', {
        connector: 'smtp',
        name: 'office relay',
        settings: {
          host: '127.0.0.1',
          port: smtp.port,
          security: 'none',
          from: { name: 'Carillon', address: 'carillon@example.org' },
        },
        secrets: {},
      })
      const rule = {
        eventType: 'mail.received',
        filter: { pec_type: ['posta_certificata', 'avvenuta_consegna'] },
      }
      await created(carillon, '/rules', { ...rule, name: 'hook', action: notify(hook.id) })
      await created(carillon, '/rules', {
        ...rule,
        name: 'mail',
        action: { type: 'notify', route: [{ integration: mail.id, to: 'ops@example.org' }] },
      })
      const ran = await carillon.cli(['ingest', pecSample])
      expect(ran).toMatchObject({ code: 0, err: '' })
      expect((await carillon.cli(['ingest', pecSample])).out).toContain('duplicate')
      await eventually(async () => {
        const states = (await deliveries(carillon)).map(({ state }) => state)
        expect(states).toEqual(['sent', 'sent'])
      }, 20_000)
      expect(sink.requests.map((request): unknown => JSON.parse(request.body))).toMatchObject([
        { type: 'mail.received', data: { pec_type: 'posta_certificata' } },
      ])
      expect(smtp.mails.length).toBe(1)
    },
  )

  test('a dead receiver opens its breaker while another integration goes on', async () => {
    await using sink = await startHttpSink()
    await using carillon = await startCarillon()
    const dead = await webhook(carillon, 'http://127.0.0.1:9/never')
    const good = await webhook(carillon, `${sink.url}/good`)
    await created(carillon, '/rules', {
      name: 'd',
      eventType: 'dead',
      filter: {},
      action: notify(dead.id),
    })
    await created(carillon, '/rules', {
      name: 'g',
      eventType: 'good',
      filter: {},
      action: notify(good.id),
    })
    const events = Array.from({ length: 20 }, (_, n) => [
      event(`d${n}`, 'dead'),
      event(`g${n}`, 'good'),
    ]).flat()
    expect((await carillon.call('POST', '/events', events)).status).toBe(202)
    await sink.received(20)
    await eventually(async () => {
      const shown = await carillon.call('GET', `/integrations/${dead.id}`)
      expect(shown.body).toMatchObject({ health: { breaker: { state: 'open' } } })
      expect(await deliveries(carillon, `&state=sent&integration=${good.id}`)).toHaveLength(20)
    })
    const waiting = await deliveries(carillon, `&integration=${dead.id}`)
    expect(waiting.map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => 'pending'))
    expect(waiting.every(({ pendingReason }) => pendingReason === 'breaker_open')).toBe(true)
    const events2 = await carillon.call('GET', '/events?type=carillon.integration.*')
    expect((events2.body as { items: unknown[] }).items).toHaveLength(1)
  })

  test('kill -9 in the middle of 5,000 deliveries: after the restart every one is sent, and repeated ones are marked', async () => {
    await using sink = await startHttpSink()
    await using carillon = await startCarillon()
    const integration = await webhook(carillon, `${sink.url}/many`)
    await created(carillon, '/rules', {
      name: 'm',
      eventType: 'many',
      filter: {},
      action: notify(integration.id),
    })
    for (let batch = 0; batch < 5; batch += 1) {
      const events = Array.from({ length: 1_000 }, (_, n) => event(`${batch}-${n}`, 'many'))
      const answer = await carillon.call('POST', '/events', events)
      expect(answer).toMatchObject({ status: 202, body: { accepted: 1_000 } })
    }
    await sink.received(500)
    await carillon.kill()
    const before = sink.requests.length
    expect(before).toBeLessThan(5_000)
    await carillon.start()
    await eventually(async () => expect(new Set(sink.requests.map(idOf)).size).toBe(5_000), 60_000)
    const seen = Map.groupBy(sink.requests, idOf)
    const repeated = [...seen].filter(([, requests]) => requests.length > 1).map(([id]) => id)
    // At most what one process has in flight.
    expect(repeated.length).toBeLessThanOrEqual(256)
    for (const id of repeated)
      expect(await eventually(async () => await sentDelivery(carillon, id ?? ''))).toMatchObject({
        possibleDuplicate: true,
      })
    await eventually(async () =>
      expect(await deliveries(carillon, '&state=pending')).toHaveLength(0),
    )
    expect(await deliveries(carillon, '&state=sending')).toHaveLength(0)
    expect(await countStates(carillon)).toEqual({ sent: 5_000 })
  })
})

const idOf = (request: {
  readonly headers: Readonly<Record<string, string>>
}): string | undefined => request.headers['webhook-id']

const sentDelivery = async (carillon: Carillon, id: string): Promise<Delivery> => {
  const delivery = await detail(carillon, id)
  expect(delivery.state).toBe('sent')
  return delivery
}

/** All states over all pages: the ledger, counted from outside. */
const countStates = async (carillon: Carillon): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  let cursor = ''
  for (;;) {
    const answer = await carillon.call('GET', `/deliveries?limit=200${cursor}`)
    const page = answer.body as {
      readonly items: readonly Delivery[]
      readonly nextCursor: string | null
    }
    for (const { state } of page.items) counts[state] = (counts[state] ?? 0) + 1
    if (page.nextCursor === null) return counts
    cursor = `&cursor=${page.nextCursor}`
  }
}
