import { printId, asId } from '@carillon/domain/ids'
import { expect, test } from 'vitest'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { recordingIo } from '@carillon/testkit/recording-io'
import type { DeliveryDetail, DeliveryView } from '../delivery/schema.ts'
import { deliveriesVerb } from './deliveries.ts'
import { deliveryVerb } from './delivery.ts'
import { resendVerb } from './resend.ts'

const id = printId('delivery', asId('delivery', '0199a5c2-7b1e-7def-8123-456789abcdef'))

const delivery = (values: Partial<DeliveryView> = {}): DeliveryView => ({
  id,
  state: 'pending',
  pendingReason: 'retry',
  channel: 'email',
  integration: 'int_1',
  to: 'anna@example.org',
  step: 0,
  attemptCount: 1,
  possibleDuplicate: false,
  createdAt: '2026-11-22T10:00:00.123Z',
  dueAt: '2026-11-22T10:05:00.000Z',
  sendUntil: '2026-11-23T10:00:00.000Z',
  sentAt: null,
  lastError: '450 try\u001b[31m later',
  event: 'evt_1',
  rule: 'rul_1',
  subscription: null,
  userId: null,
  fanOut: null,
  campaign: null,
  resendOf: null,
  ...values,
})

const detail: DeliveryDetail = {
  ...delivery(),
  route: [{ to: 'anna@example.org' }, { to: '' }],
  attempts: [
    {
      number: 1,
      step: 0,
      integration: 'int_1',
      startedAt: '2026-11-22T10:00:01.000Z',
      durationMs: 42,
      outcome: 'retry',
      reason: `450 ${'long '.repeat(40)}end`,
      httpStatus: null,
      providerCode: '450',
      providerMessage: null,
      providerIds: [],
      possibleDuplicate: false,
    },
  ],
  timeline: [
    {
      turn: 1,
      at: '2026-11-22T10:00:01.042Z',
      state: 'pending',
      step: 0,
      integration: 'int_1',
      outcome: 'retry',
      reason: null,
      nextDueAt: '2026-11-22T10:05:00.000Z',
    },
  ],
  receipts: [],
}

const ioFor = (url: string) => recordingIo({ CARILLON_URL: url, CARILLON_API_KEY: 'key' })

test('deliveries are a table, a line each, with nothing in it that a terminal obeys', async () => {
  const items = [
    delivery(),
    delivery({ state: 'sent', pendingReason: null, lastError: null, to: 'bo@example.org' }),
  ]
  await using api = await startHttpSink(() => ({
    body: JSON.stringify({ items, nextCursor: null }),
  }))
  const io = ioFor(api.url)
  expect(await deliveriesVerb.run(['--state', 'pending', '--event', 'evt_1'], io)).toBe(0)
  expect(io.outLines).toEqual([
    'DELIVERY                        STATE    CHANNEL  TO                TRIES  CREATED               WHY',
    `${id}  pending  email    anna@example.org  1      2026-11-22 10:00:00Z  retry: 450 try [31m later`,
    `${id}  sent     email    bo@example.org    1      2026-11-22 10:00:00Z`,
  ])
  expect(api.requests[0]?.path).toBe('/api/v1/deliveries?limit=20&state=pending&event=evt_1')
})

test('a limit over a page follows the cursor and stops at the limit', async () => {
  const page = (count: number, nextCursor: string | null) => ({
    body: JSON.stringify({ items: Array.from({ length: count }, () => delivery()), nextCursor }),
  })
  await using api = await startHttpSink()
  api.answer('/api/v1/deliveries', page(200, 'c1'), page(50, 'c2'))
  const io = ioFor(api.url)
  expect(await deliveriesVerb.run(['--limit', '250', '--json'], io)).toBe(0)
  expect(io.outLines).toHaveLength(250)
  expect(api.requests.map(({ path }) => path.split('?')[1])).toEqual([
    'limit=200',
    'limit=50&cursor=c1',
  ])
})

test.each([
  [deliveriesVerb, ['--state', 'lost']],
  [deliveriesVerb, ['--limit', '0']],
  [deliveriesVerb, [id]],
  [deliveryVerb, []],
  [deliveryVerb, ['evt_1']],
  [deliveryVerb, ['../tenants']],
  [resendVerb, [id, id]],
  [resendVerb, ['--all']],
])('used wrongly, $name says how it is used', async (verb, args) => {
  const io = ioFor('http://127.0.0.1:9')
  expect(await verb.run(args, io)).toBe(2)
  expect(io.errLines.at(-1)).toMatch(new RegExp(`^Usage: carillon ${verb.name} `))
})

test('one delivery is shown with its attempts and its timeline', async () => {
  await using api = await startHttpSink(() => ({ body: JSON.stringify(detail) }))
  const io = ioFor(api.url)
  expect(await deliveryVerb.run([id], io)).toBe(0)
  expect(api.requests[0]?.path).toBe(`/api/v1/deliveries/${id}`)
  const text = io.outLines.join('\n')
  expect(text).toContain('state        pending (retry)')
  expect(text).toContain('route        0: anna@example.org, 1: (no address)')
  expect(text).toContain('  1   0     2026-11-22 10:00:01Z  42 ms  retry    -     450 long long')
  expect(text).toContain(
    '  2026-11-22 10:00:01Z  pending  0     int_1        retry    2026-11-22 10:05:00Z',
  )
  expect(text).toContain('long end; 450')
  expect(text).not.toContain('Receipts')
})

test('a delivery that is not there is said, with exit code 1', async () => {
  await using api = await startHttpSink(() => ({
    status: 404,
    body: JSON.stringify({
      code: 'not_found',
      detail: 'There is no such delivery.',
      remedy: 'Check.',
    }),
  }))
  const io = ioFor(api.url)
  expect(await deliveryVerb.run([id], io)).toBe(1)
  expect(io.errLines).toEqual(['carillon: There is no such delivery. Check.'])
})

test('a resend carries one idempotency key through all its attempts and prints the new id', async () => {
  await using api = await startHttpSink()
  api.answer(
    `/api/v1/deliveries/${id}/resend`,
    { status: 503, headers: { 'retry-after': '0' }, body: '' },
    { status: 201, body: JSON.stringify({ id: 'dlv_new', resendOf: id }) },
  )
  const io = ioFor(api.url)
  expect(await resendVerb.run([id], io)).toBe(0)
  expect(io.outLines[0]).toContain('dlv_new')
  const keys = new Set(api.requests.map(({ headers }) => headers['idempotency-key']))
  expect([api.requests.length, keys.size, [...keys][0]]).toEqual([
    2,
    1,
    expect.stringMatching(/^req_/),
  ])
})
