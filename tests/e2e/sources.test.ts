/** Sources as they run for real: polled by two processes, killed in the middle, stopped, refused; hooks of every scheme. */
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { startFleet } from '@carillon/testkit/carillon-fleet'
import { startCountingApi, type CountingApi } from '@carillon/testkit/counting-api'
import { eventually } from '@carillon/testkit/eventually'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'

const token = 'token-of-the-counting-api'

const created = async (carillon: Carillon, body: object): Promise<Record<string, unknown>> => {
  const answer = await carillon.call('POST', '/integrations', body)
  expect(answer).toMatchObject({ status: 201 })
  return answer.body as Record<string, unknown>
}

/** An integration that reads the API's items, a second after the other. */
const poll = async (carillon: Carillon, api: CountingApi, secret = token): Promise<string> => {
  const { id } = await created(carillon, {
    connector: 'http-poll',
    name: 'counting',
    settings: {
      url: `${api.url}/items`,
      every: '1s',
      map: { type: 'item.{{ item.kind }}', id: '$.n', source: 'counting' },
      since: { param: 'after', path: '$.n' },
    },
    secrets: { token: secret },
  })
  return String(id)
}

const sourceOf = async (carillon: Carillon, id: string): Promise<Record<string, unknown>> =>
  (await carillon.call('GET', `/integrations/${id}/source`)).body as Record<string, unknown>

const itemsOf = async (
  carillon: Carillon,
  path: string,
): Promise<readonly Record<string, unknown>[]> =>
  ((await carillon.call('GET', path)).body as { items: readonly Record<string, unknown>[] }).items

describe('a polled API', () => {
  test('read by two processes, one of which is killed again and again, gives each item once and never sees two of us', async () => {
    await using api = await startCountingApi({ token })
    await using fleet = await startFleet({ leaseSeconds: 5 })
    const one = await fleet.start()
    const other = await fleet.start()
    await poll(other, api)
    const count = async (): Promise<number> => {
      const { rows } = await fleet.db.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM events WHERE source = 'counting'`,
      )
      return rows[0]?.n ?? 0
    }
    for (const round of [1, 2, 3]) {
      const before = (round - 1) * 300
      api.grow(round * 300)
      await eventually(async () => expect(await count()).toBeGreaterThan(before), 30_000)
      // Whoever has the source is in the middle of it.
      await one.kill()
      await one.start()
      await eventually(async () => expect(await count()).toBe(round * 300), 30_000)
    }
    const { rows } = await fleet.db.query<{ n: number; ids: number; at: unknown }>(
      `SELECT count(*)::int AS n, count(DISTINCT source_id)::int AS ids FROM events WHERE source = 'counting'`,
    )
    expect(rows).toEqual([{ n: 900, ids: 900 }])
    expect(api.most()).toBe(1)
  })

  test('is let go within a second of a stop, stores nothing after it, and goes on where it was', async () => {
    await using api = await startCountingApi({ token })
    await using carillon = await startCarillon()
    api.grow(5)
    const id = await poll(carillon, api)
    await eventually(async () => expect(await itemsOf(carillon, '/events')).toHaveLength(5), 30_000)
    api.grow(7)
    api.hold()
    await eventually(() => expect(api.underWay()).toBe(1))
    const answer = await carillon.call('POST', `/integrations/${id}/source/stop`)
    const stoppedAt = performance.now()
    expect(answer).toMatchObject({ status: 200, body: { state: 'stopped', stoppedByHand: true } })
    await eventually(() => expect(api.underWay()).toBe(0))
    expect(performance.now() - stoppedAt).toBeLessThan(1_000)
    api.open()
    expect(await carillon.call('POST', `/integrations/${id}/run`)).toMatchObject({ status: 409 })
    expect(await itemsOf(carillon, '/events')).toHaveLength(5)

    expect(await carillon.call('POST', `/integrations/${id}/source/start`)).toMatchObject({
      status: 200,
    })
    await eventually(async () => expect(await itemsOf(carillon, '/events')).toHaveLength(7))
    const runs = await itemsOf(carillon, `/integrations/${id}/runs`)
    expect(runs.map(({ outcome }) => outcome)).toContain('stopped')
    expect(runs.map(({ duplicates }) => duplicates)).not.toContain(5)
  })

  test('that refuses our token stops for good, tells so, and begins again when the token is mended', async () => {
    await using api = await startCountingApi({ token })
    await using carillon = await startCarillon()
    api.grow(3)
    const id = await poll(carillon, api, 'a-wrong-token-of-ours')
    await eventually(async () =>
      expect(await sourceOf(carillon, id)).toMatchObject({ state: 'stopped', nextRunAt: null }),
    )
    const asked = api.requests()
    expect(await itemsOf(carillon, '/events?type=carillon.source.stopped')).toMatchObject([
      { data: { integration: id, reason: expect.stringContaining('401') as unknown } },
    ])
    await carillon.call('PATCH', `/integrations/${id}`, { secrets: { token } })
    await eventually(async () =>
      expect(await itemsOf(carillon, '/events?type=item.*')).toHaveLength(3),
    )
    expect(api.requests()).toBeGreaterThan(asked)
    expect(await itemsOf(carillon, '/events?type=carillon.source.recovered')).toHaveLength(1)
    // A server that fails is tried on, with growing waits, and asked at once by whoever does not want to wait.
    api.answer(500)
    await eventually(async () =>
      expect(await sourceOf(carillon, id)).toMatchObject({ state: 'backing_off' }),
    )
    api.answer(200)
    api.grow(4)
    await carillon.call('POST', `/integrations/${id}/run`)
    await eventually(async () =>
      expect(await itemsOf(carillon, '/events?type=item.*')).toHaveLength(4),
    )
    const runs = await itemsOf(carillon, `/integrations/${id}/runs?limit=200`)
    expect(runs.some(({ byHand }) => byHand !== null)).toBe(true)
  })
})

describe('an inbound hook', () => {
  const body = JSON.stringify({ id: 'e1', kind: 'paid', zone: 'Zoë ☃' })
  const map = { type: 'shop.{{ item.kind }}', id: '$.id' }
  const secret = `whsec_${Buffer.from('0123456789abcdef01234567').toString('base64')}`
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })

  const jws = (): string => {
    const header = Buffer.from('{"alg":"PS256"}').toString('base64url')
    const payload = Buffer.from(body).toString('base64url')
    const key = { key: pair.privateKey, padding: 6, saltLength: 32 }
    const signature = sign('sha256', Buffer.from(`${header}.${payload}`), key)
    return `${header}..${signature.toString('base64url')}`
  }
  const standard = (): Record<string, string> => {
    const [id, at] = [`msg_${randomUUID()}`, new Date()]
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    }
  }
  const hmac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex')
  const seconds = (): string => String(Math.floor(new Date().getTime() / 1_000))
  const slack = (): Record<string, string> => {
    const at = seconds()
    return { 'x-sig': `v0=${hmac(`v0:${at}:${body}`)}`, 'x-time': at }
  }

  const schemes: readonly (readonly [
    string,
    object,
    () => { readonly headers?: Record<string, string>; readonly query?: string },
  ])[] = [
    ['Standard Webhooks', { scheme: 'standard-webhooks' }, () => ({ headers: standard() })],
    [
      'HMAC over the body',
      { scheme: 'hmac', header: 'X-Hub-Signature-256', prefix: 'sha256=' },
      () => ({ headers: { 'x-hub-signature-256': `sha256=${hmac(body)}` } }),
    ],
    [
      'HMAC over time and body',
      {
        scheme: 'hmac',
        header: 'X-Sig',
        prefix: 'v0=',
        signed: 'v0:{timestamp}:{body}',
        timestampHeader: 'X-Time',
      },
      () => ({ headers: slack() }),
    ],
    [
      'a detached JWS',
      {
        scheme: 'jws',
        header: 'X-JWS-Signature',
        algorithms: ['PS256'],
        publicKey: String(pair.publicKey.export({ format: 'pem', type: 'spki' })),
      },
      () => ({ headers: { 'x-jws-signature': jws() } }),
    ],
    [
      'a token in the query',
      { scheme: 'token', in: 'query', name: 'token' },
      () => ({ query: `?token=${encodeURIComponent(secret)}` }),
    ],
    [
      'basic authentication',
      { scheme: 'basic', user: 'shop' },
      () => ({
        headers: { authorization: `Basic ${Buffer.from(`shop:${secret}`).toString('base64')}` },
      }),
    ],
  ]

  test('takes calls of each scheme, once however often they come, and keeps them over a kill', async () => {
    await using carillon = await startCarillon()
    for (const [name, auth, prove] of schemes) {
      const settings = { auth, map: { ...map, source: name } }
      const { id, hookUrl } = await created(carillon, {
        connector: 'inbound',
        name,
        settings,
        secrets: { secret },
      })
      expect(hookUrl).toBe(`/hooks/${String(id)}`)
      const call = async (more: { readonly body?: string; readonly proof?: boolean }) => {
        const { headers = {}, query = '' } = more.proof === false ? {} : prove()
        const response = await fetch(`${carillon.url()}${String(hookUrl)}${query}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: more.body ?? body,
        })
        return response.status
      }
      const expected = { name, proven: 202, again: 202, unproven: 401 }
      const [proven, again, unproven] = [
        await call({}),
        await call({}),
        await call({ proof: false }),
      ]
      expect({ name, proven, again, unproven }).toEqual(expected)
    }
    await carillon.kill()
    await carillon.start()
    const events = await itemsOf(carillon, '/events?type=shop.paid')
    expect(events.map(({ source }) => String(source)).toSorted()).toEqual(
      schemes.map(([name]) => name).toSorted(),
    )
    expect(events[0]).toMatchObject({ sourceId: 'e1', data: { zone: 'Zoë ☃' } })
  })
})
