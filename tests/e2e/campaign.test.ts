/** Campaigns by a real process: one delivery a contact, the next way when one fails, held and ended within a second, and sums that are right. */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink, type HttpSink } from '@carillon/testkit/http-sink'
import { expect, test } from 'vitest'

const hour = 3_600_000
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()

const post = async (
  api: Carillon,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> => {
  const { status, body: answer } = await api.call('POST', path, body)
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
  return answer as Record<string, unknown>
}

type Statistics = {
  readonly audience: number
  readonly byState: Readonly<Record<string, number>>
  readonly byChannel: Readonly<Record<string, number>>
  readonly attempts: number
  readonly finishedAt: string | null
  readonly isExpanded: boolean
}
const statistics = async (api: Carillon, id: unknown): Promise<Statistics> => {
  const { status, body } = await api.call('GET', `/campaigns/${String(id)}/statistics`)
  expect(status).toBe(200)
  const found = body as Statistics
  const sum = Object.values(found.byState).reduce((all, count) => all + count, 0)
  expect(sum, JSON.stringify(found)).toBe(found.audience)
  return found
}
const finished = async (api: Carillon, id: unknown): Promise<Statistics> =>
  await eventually(async () => {
    const found = await statistics(api, id)
    if (found.finishedAt === null) throw new Error(JSON.stringify(found))
    return found
  }, 30_000)

/** What the rows say, in the words of the statistics. */
const rows = async ({ db }: Fleet, campaign?: string) => {
  const found = await db.query<{ state: string; n: number }>(
    `SELECT coalesce(q.state, s.state) AS state, count(*)::int AS n FROM deliveries d
       JOIN campaigns c ON c.id = d.campaign
       LEFT JOIN delivery_queue q ON q.delivery_id = d.id
       LEFT JOIN settlements s ON s.delivery_id = d.id AND s.state <> 'pending'
      WHERE $1::text IS NULL OR c.name = $1 GROUP BY 1`,
    [campaign ?? null],
  )
  return Object.fromEntries(found.rows.map(({ state, n }) => [state, n]))
}
const nonZero = (byState: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(byState).filter(([, count]) => count > 0))

const sms = async (api: Carillon, sink: HttpSink): Promise<void> => {
  const settings = { url: `${sink.url}/sms` }
  await post(api, '/integrations', {
    connector: 'http-sms',
    name: 'sms',
    settings,
    secrets: { token: 't' },
  })
}
const bot = async (api: Carillon, sink: HttpSink): Promise<void> => {
  const settings = { baseUrl: sink.url }
  const secrets = { botToken: '1:abcdefghijklmnopqrstuvwxyzabcdefghij' }
  await post(api, '/integrations', { connector: 'telegram', name: 'bot', settings, secrets })
}

/** Contacts with a phone number, straight into the table: what is tested is the campaign. */
const fill = async ({ db }: Fleet, count: number): Promise<void> => {
  await db.query(
    `INSERT INTO contacts (tenant_id, id, phone) SELECT t.tenant_id, carillon_uuid_at(1700000000000, n), '+7900' || lpad(n::text, 7, '0')
       FROM tenants t, generate_series(1, $1::int) n WHERE t.slug = 'default'`,
    [count],
  )
}

test('one within its interval starts at once, takes the next way when one fails, and its words know the contact', async () => {
  await using sink = await startHttpSink((request) =>
    request.path.startsWith('/sms')
      ? { status: 200, body: '{"code":0,"message":"OK"}' }
      : {
          status: 403,
          body: '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}',
        },
  )
  await using fleet = await startFleet()
  const api = await fleet.start()
  await sms(api, sink)
  await bot(api, sink)
  await post(api, '/contacts', {
    phone: '79001234567',
    telegramId: '@anna',
    tags: ['vip'],
    attributes: { name: 'Anna' },
  })
  await post(api, '/contacts', { phone: '79001234568', tags: ['vip'], timezone: 'Europe/Rome' })
  await post(api, '/contacts', { email: 'nobody@example.org', tags: ['vip'] })
  await post(api, '/contacts', { phone: '79001234569', tags: ['other'] })
  const made = await post(api, '/campaigns', {
    name: 'May',
    content: { text: 'Hello {{ contact.attributes.name | default: "you" }}' },
    endsAt: inMs(hour),
    filter: { tags: ['vip'] },
    route: [{ channel: 'telegram' }, { channel: 'sms' }],
  })
  expect(made).toMatchObject({ state: 'running', startedAt: expect.any(String) })
  const end = await finished(api, made['id'])
  expect(end).toMatchObject({ audience: 3, byChannel: { sms: 2 } })
  expect(nonZero(end.byState)).toEqual({ sent: 2, skipped: 1 })
  expect(nonZero(end.byState)).toEqual(await rows(fleet))
  const texts = sink.requests
    .filter(({ path }) => path.startsWith('/sms'))
    .map(({ body }) => /"text":"([^"]*)"/.exec(body)?.[1])
  expect(new Set(texts)).toEqual(new Set(['Hello Anna', 'Hello you']))
  const list = await api.call('GET', `/campaigns/${String(made['id'])}/recipients`)
  expect(list.body).toMatchObject({
    items: [{ channel: 'sms' }, { channel: 'sms' }, { state: 'skipped' }],
  })
})

const accepts = () => ({ status: 200, body: '{"code":0,"message":"OK"}' })
const text = { text: 'Hello' }

test(
  'a worker is killed three times while it expands and sends: one delivery a contact, and the sums are those of the rows',
  { timeout: 240_000 },
  async () => {
    await using sink = await startHttpSink(accepts)
    await using fleet = await startFleet({ leaseSeconds: 3 })
    const api = await fleet.start({ roles: 'api,scheduler' })
    await sms(api, sink)
    await fill(fleet, 12_000)
    const { id } = await post(api, '/campaigns', { name: 'all', content: text, endsAt: inMs(hour) })
    let worker = await fleet.start({ roles: 'worker' })
    for (const threshold of [1, 2_000, 6_000]) {
      await eventually(async () => {
        if (sink.requests.length < threshold) throw new Error(`${sink.requests.length} were sent`)
      }, 60_000)
      await worker.kill()
      await statistics(api, id)
      worker = await fleet.start({ roles: 'worker' })
    }
    const end = await finished(api, id)
    expect(nonZero(end.byState)).toEqual(await rows(fleet))
    expect(end).toMatchObject({ audience: 12_000, byState: { sent: 12_000 } })
    const { rows: found } = await fleet.db.query(
      'SELECT count(*)::int AS made, count(DISTINCT contact)::int AS contacts FROM deliveries',
    )
    expect(found).toEqual([{ made: 12_000, contacts: 12_000 }])
  },
)

/** Resolves when this moment has passed: what must not happen until then is looked at afterwards. */
const past = async (at: number): Promise<void> => {
  await eventually(async () => {
    if (Date.now() < at) throw new Error('not yet')
  }, 30_000)
}

test(
  'paused, resumed and canceled: within a second nothing begins any more, and what waited has an end',
  { timeout: 120_000 },
  async () => {
    await using sink = await startHttpSink(accepts)
    await using fleet = await startFleet()
    const api = await fleet.start()
    await sms(api, sink)
    await fill(fleet, 6_000)
    const { id } = await post(api, '/campaigns', {
      name: 'slow',
      content: text,
      endsAt: inMs(hour),
      rate: { n: 100, per: '1s' },
    })
    await sink.received(20)
    expect(await post(api, `/campaigns/${String(id)}/pause`)).toMatchObject({ state: 'paused' })
    const pausedAt = Date.now()
    await past(pausedAt + 1_000)
    const sent = sink.requests.length
    await past(pausedAt + 4_000)
    expect(sink.requests.length).toBe(sent)
    expect((await statistics(api, id)).byState).toMatchObject({ sent, pending: 6_000 - sent })
    await post(api, `/campaigns/${String(id)}/resume`)
    await sink.received(sent + 100)
    await post(api, `/campaigns/${String(id)}/cancel`)
    const end = await finished(api, id)
    expect(nonZero(end.byState)).toEqual(await rows(fleet))
    expect(end.byState['canceled']).toBe(6_000 - (end.byState['sent'] ?? 0))
    expect(sink.requests.length).toBe(end.byState['sent'])
  },
)

test(
  'nothing is sent after the end, also when the end came nearer',
  { timeout: 120_000 },
  async () => {
    const times: number[] = []
    await using sink = await startHttpSink(() => {
      times.push(Date.now())
      return accepts()
    })
    await using fleet = await startFleet()
    const api = await fleet.start()
    await sms(api, sink)
    await fill(fleet, 6_000)
    const { id } = await post(api, '/campaigns', {
      name: 'short',
      content: text,
      endsAt: inMs(hour),
      rate: { n: 100, per: '1s' },
    })
    await sink.received(20)
    const endsAt = Date.now() + 4_000
    const patched = await api.call('PATCH', `/campaigns/${String(id)}`, {
      endsAt: new Date(endsAt).toISOString(),
    })
    expect(patched.status).toBe(200)
    const end = await finished(api, id)
    expect(Math.max(...times)).toBeLessThan(endsAt)
    expect(nonZero(end.byState)).toEqual(await rows(fleet))
    expect(end.byState['expired']).toBe(6_000 - times.length)
    expect(Date.parse(end.finishedAt ?? '')).toBeGreaterThanOrEqual(endsAt)
    const late = await api.call('POST', '/campaigns', {
      name: 'late',
      content: text,
      startsAt: inMs(-2 * hour),
      endsAt: inMs(-hour),
    })
    expect(late).toMatchObject({ status: 400, body: { errors: [{ pointer: '/endsAt' }] } })
  },
)

test(
  'one in the future begins by itself, also after a restart; the failed ones of it go again, and only they',
  { timeout: 120_000 },
  async () => {
    let broken = true
    await using sink = await startHttpSink((request) =>
      broken && request.body.includes('79000000002')
        ? { status: 200, body: '{"code":7,"message":"no"}' }
        : accepts(),
    )
    await using fleet = await startFleet()
    const first = await fleet.start()
    await sms(first, sink)
    await fill(fleet, 3)
    const { id, state } = await post(first, '/campaigns', {
      name: 'later',
      content: text,
      startsAt: inMs(3_000),
      endsAt: inMs(hour),
      retry: { delays: [] },
    })
    expect(state).toBe('scheduled')
    await first.kill()
    const api = await fleet.start()
    const end = await finished(api, id)
    expect(nonZero(end.byState)).toEqual({ sent: 2, failed: 1 })
    broken = false
    const again = await post(api, `/campaigns/${String(id)}/resend-failed`)
    expect(again).toMatchObject({ resendOf: id, state: 'running' })
    expect(nonZero((await finished(api, again['id'])).byState)).toEqual({ sent: 1 })
    expect(sink.requests.at(-1)?.body).toContain('79000000002')
    expect(nonZero((await statistics(api, id)).byState)).toEqual({ sent: 2, failed: 1 })
    expect((await api.call('GET', '/campaigns/statistics')).body).toMatchObject({
      audience: 4,
      campaigns: 2,
      byState: { sent: 3, failed: 1 },
    })
  },
)

/** "13:00" of an hour from now, in UTC. */
const clock = (hours: number): string =>
  `${new Date(Date.now() + hours * hour).toISOString().slice(11, 13)}:00`

test(
  'each contact in the hours of its own zone; without hours all that waits goes at once',
  { timeout: 120_000 },
  async () => {
    await using sink = await startHttpSink(accepts)
    await using fleet = await startFleet()
    const api = await fleet.start()
    await sms(api, sink)
    await post(api, '/contacts', { phone: '79000000001' })
    await post(api, '/contacts', { phone: '79000000002', timezone: 'Asia/Tokyo' })
    const { id } = await post(api, '/campaigns', {
      name: 'hours',
      content: text,
      endsAt: inMs(48 * hour),
      dailyWindow: { from: clock(0), to: clock(3) },
    })
    await sink.received(1)
    expect(sink.requests[0]?.body).toContain('79000000001')
    const waiting = await eventually(async () => {
      const { byState } = await statistics(api, id)
      expect(byState).toMatchObject({ sent: 1, pending: 1 })
      return await fleet.db.query<{ hour: string }>(
        `SELECT to_char(due_at AT TIME ZONE 'Asia/Tokyo', 'HH24:MI') AS hour FROM delivery_queue`,
      )
    })
    expect(waiting.rows).toEqual([{ hour: clock(0) }])
    await api.call('PATCH', `/campaigns/${String(id)}`, { dailyWindow: null })
    expect(nonZero((await finished(api, id)).byState)).toEqual({ sent: 2 })
  },
)

test(
  'the service is gone when it ends: nothing is sent after that, and whoever got nothing has a delivery that is expired',
  { timeout: 120_000 },
  async () => {
    const times: number[] = []
    await using sink = await startHttpSink(() => {
      times.push(Date.now())
      return accepts()
    })
    await using fleet = await startFleet({ leaseSeconds: 3 })
    const first = await fleet.start()
    await sms(first, sink)
    await fill(fleet, 2_000)
    const endsAt = Date.now() + 8_000
    const interval = { content: text, endsAt: new Date(endsAt).toISOString() }
    const begun = await post(first, '/campaigns', {
      ...interval,
      name: 'begun',
      rate: { n: 50, per: '1s' },
    })
    const unbegun = await post(first, '/campaigns', {
      ...interval,
      name: 'unbegun',
      startsAt: new Date(endsAt - 1_000).toISOString(),
    })
    await sink.received(20)
    await first.kill()
    await past(endsAt + 500)
    const second = await fleet.start()
    const [half, none] = [
      await finished(second, begun['id']),
      await finished(second, unbegun['id']),
    ]
    expect(Math.max(...times)).toBeLessThan(endsAt)
    expect(nonZero(none.byState)).toEqual({ expired: 2_000 })
    expect(nonZero(half.byState)).toEqual(await rows(fleet, 'begun'))
    // What was in flight at the kill ends as expired too, or as failed: nobody knows whether it arrived.
    expect(half.byState['sent']).toBeLessThanOrEqual(times.length)
    expect(half).toMatchObject({ audience: 2_000, byState: { pending: 0, sending: 0 } })
  },
)
