import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectors } from '@carillon/connectors/registry.gen'
import { asId, printId } from '@carillon/domain/ids'
import { defaultSendForMs, type Plan } from '@carillon/domain/plan'
import { ruleRetry, webhookRetry } from '@carillon/domain/retry'
import { createTemplateRenderer } from '../platform/template.ts'
import { makePlan, type PlanSources } from './make-plan.ts'
import { longestWaitMs, readRetry, showWaits } from './read-retry.ts'
import { canonicalJson } from './save-plan.ts'
import type { SendAction } from './schema.ts'

const idOf = (n: number) => asId('integration', `0199a5c2-7b1e-7def-8123-00000000000${n}`)
const [hookId, botId, mailId, apiId] = [idOf(1), idOf(2), idOf(3), idOf(4)]
const int = (id: ReturnType<typeof idOf>): string => printId('integration', id)

const sources: PlanSources = {
  connectors,
  checkTemplate: createTemplateRenderer().check,
  integrations: [
    { id: hookId, connector: 'webhook', channel: 'webhook', name: 'hook', is_default: true },
    { id: botId, connector: 'telegram', channel: 'telegram', name: 'bot', is_default: true },
    { id: mailId, connector: 'smtp', channel: 'email', name: 'mail', is_default: false },
    { id: apiId, connector: 'http', channel: 'http', name: 'erp', is_default: true },
  ],
}

const planOf = (action: SendAction): Plan => {
  const result = makePlan(action, sources)
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.plan
}
const errorsOf = (action: SendAction): unknown => {
  const result = makePlan(action, sources)
  return result.ok ? [] : result.errors
}
const notify = (
  more: object,
  route: SendAction & { type: 'notify' } extends { route: infer R } ? R : never = [
    { integration: int(botId), to: '42' },
  ],
): SendAction => ({
  type: 'notify',
  route,
  ...more,
})

describe('what is not said', () => {
  test('one step: three tries, waiting for its breaker, given up after three days', () => {
    expect(planOf(notify({}))).toEqual({
      steps: [{ integrationId: botId, to: '42' }],
      retry: ruleRetry,
      fallback: 'at_once',
      whenOpen: 'hold',
      sendForMs: defaultSendForMs,
      priority: 0,
    })
  })

  test('several steps pass an open breaker by', () => {
    const route = [
      { channel: 'telegram', to: '42' },
      { integration: int(mailId), to: 'a@example.org' },
    ]
    expect(planOf(notify({}, route))).toMatchObject({ retry: ruleRetry, whenOpen: 'fallback' })
  })

  test('webhooks alone follow the Standard Webhooks schedule, with time for its last try', () => {
    const plan = planOf(
      notify({}, [{ channel: 'webhook' }, { integration: int(hookId), to: 'ops' }]),
    )
    expect(plan.retry).toEqual(webhookRetry)
    expect(plan.sendForMs).toBeGreaterThan(longestWaitMs(webhookRetry))
    const mixed = planOf(notify({}, [{ channel: 'webhook' }, { channel: 'telegram', to: '42' }]))
    expect(mixed).toMatchObject({ retry: ruleRetry, sendForMs: defaultSendForMs })
  })
})

test('channels become the default integration, addresses what the connector writes, templates stay', () => {
  const route = [
    { channel: 'telegram', to: ' -1001234 ' },
    { integration: int(mailId), to: '{{ data.email }}' },
    { channel: 'webhook' },
  ]
  expect(planOf(notify({}, route)).steps).toEqual([
    { integrationId: botId, to: '-1001234' },
    { integrationId: mailId, to: '{{ data.email }}' },
    { integrationId: hookId, to: 'endpoint' },
  ])
})

test('all that is said is in the plan', () => {
  const content = { subject: '{{ event.type }}', text: 'x', html: '<p>{{ data.x }}</p>' }
  const said = {
    content,
    retry: { every: '6m', max: 10 },
    sendUntil: '2h',
    fallback: 'after_retries',
    whenOpen: 'skip',
    priority: 'bulk',
    orderingKey: '{{ data.id }}',
  } as const
  expect(planOf(notify(said))).toMatchObject({
    content,
    retry: { kind: 'every', everyMs: 360_000, max: 10 },
    sendForMs: 7_200_000,
    fallback: 'after_retries',
    whenOpen: 'skip',
    priority: 1,
    orderingKey: '{{ data.id }}',
  })
})

test('a wait for receipts is in the plan, and makes its life longer where it must', () => {
  const route = [
    { integration: int(mailId), to: 'a@example.org' },
    { channel: 'telegram', to: '42' },
  ]
  expect(planOf(notify({ fallback: { noReceiptWithin: '24h' } }, route))).toMatchObject({
    fallback: 'at_once',
    receiptWithinMs: 86_400_000,
    sendForMs: defaultSendForMs,
  })
  const long = planOf(notify({ fallback: { noReceiptWithin: '5d' } }, route))
  expect(long.sendForMs).toBeGreaterThan(5 * 86_400_000 + longestWaitMs(ruleRetry))
})

test('a call is one step to an http or webhook integration', () => {
  expect(planOf({ type: 'call', integration: int(apiId), to: 'order' })).toMatchObject({
    steps: [{ integrationId: apiId, to: 'order' }],
    retry: ruleRetry,
    whenOpen: 'hold',
  })
  expect(planOf({ type: 'call', integration: int(hookId) }).retry).toEqual(webhookRetry)
  expect(errorsOf({ type: 'call', integration: int(botId), to: '42' })).toEqual([
    { pointer: '/action/integration', detail: expect.stringContaining('Use a notify action') },
  ])
})

test('an archive is a step to an archive integration, a delivery for each document, tried as long as a webhook', () => {
  const archiveId = idOf(9)
  const keeper = {
    id: archiveId,
    connector: 'archive',
    channel: 'archive',
    name: 'contracts',
    is_default: true,
  }
  const known = { ...sources, integrations: [...sources.integrations, keeper] }
  expect(makePlan({ type: 'archive', integration: int(archiveId) }, known)).toMatchObject({
    ok: true,
    plan: {
      steps: [{ integrationId: archiveId, to: '{{ data.documents[0].id }}' }],
      forEach: 'documents',
      retry: webhookRetry,
    },
  })
  expect(errorsOf({ type: 'archive', integration: int(apiId) })).toEqual([
    { pointer: '/action/integration', detail: expect.stringContaining('archive integration') },
  ])
})

const mailThenBot = [
  { integration: int(mailId), to: 'a@example.org' },
  { integration: int(botId), to: '42' },
]

const missing = printId('integration', asId('integration', '0199a5c2-7b1e-7def-8123-0000000000ff'))

test.each([
  [
    notify({}, [{ integration: missing, to: '42' }]),
    '/action/route/0/integration',
    'There is no integration',
  ],
  [notify({}, [{ integration: 'int_x', to: '42' }]), '/action/route/0/integration', '"int_x"'],
  [
    notify({}, [{ channel: 'email', to: 'a@example.org' }]),
    '/action/route/0/channel',
    'no default integration',
  ],
  [
    notify({}, [{ channel: 'telegrm', to: '1' }]),
    '/action/route/0/channel',
    'did you mean "telegram"?',
  ],
  [notify({}, [{ channel: '', to: '1' }]), '/action/route/0/channel', 'There is no channel'],
  [notify({}, [{ to: '42' }]), '/action/route/0', 'either an integration'],
  [
    notify({}, [{ integration: int(botId), channel: 'telegram', to: '42' }]),
    '/action/route/0',
    'not both',
  ],
  [
    notify({}, [{ channel: 'webhook' }, { integration: int(botId), to: 'x y' }]),
    '/action/route/1/to',
    'Telegram chat',
  ],
  [notify({}, [{ integration: int(botId) }]), '/action/route/0/to', 'Telegram chat'],
  [notify({}, [{ integration: int(botId), to: '{{ data.chat' }]), '/action/route/0/to', 'template'],
  [notify({ content: { text: '{% include "x" %}' } }), '/action/content/text', 'template'],
  [notify({ content: { html: '{{ x | nofilter }}' } }), '/action/content/html', 'nofilter'],
  [notify({ orderingKey: '{{' }), '/action/orderingKey', 'template'],
  [notify({ sendUntil: '0s' }), '/action/sendUntil', 'too short'],
  [notify({ sendUntil: '10ms' }), '/action/sendUntil', 'from 1s to 30d'],
  [notify({ sendUntil: '31d' }), '/action/sendUntil', 'from 1s to 30d'],
  [
    notify({ fallback: { noReceiptWithin: '1h' } }, [
      { integration: int(mailId), to: 'a@example.org' },
    ]),
    '/action/fallback/noReceiptWithin',
    'only one step',
  ],
  [
    notify({ fallback: { noReceiptWithin: 'soon' } }, mailThenBot),
    '/action/fallback/noReceiptWithin',
    '"soon"',
  ],
  [
    notify({ fallback: { noReceiptWithin: '10ms' } }, mailThenBot),
    '/action/fallback/noReceiptWithin',
    'at least 1s',
  ],
  [
    notify({ fallback: { noReceiptWithin: '2h' }, sendUntil: '2h' }, mailThenBot),
    '/action/fallback/noReceiptWithin',
    'shorter than sendUntil (2h)',
  ],
  [
    notify({ fallback: { noReceiptWithin: '2h' } }, mailThenBot.toReversed()),
    '/action/fallback/noReceiptWithin',
    '"bot" (telegram) never tells',
  ],
  [notify({ retry: {} }), '/action/retry', 'Write one of'],
  [notify({ retry: { every: '5m' } }), '/action/retry', 'Write one of'],
  [notify({ retry: { max: 5 } }), '/action/retry', 'Write one of'],
  [notify({ retry: { delays: ['5m'], every: '5m', max: 2 } }), '/action/retry', 'Write one of'],
  [notify({ retry: { delays: ['5m', '9ms'] } }), '/action/retry/delays/1', 'at least 10ms'],
  [notify({ retry: { every: '0s', max: 2 } }), '/action/retry/every', 'too short'],
  [
    notify({ retry: { exponential: { first: '1h', cap: '1m', max: 3 } } }),
    '/action/retry/exponential/cap',
    'at least as long',
  ],
] as readonly (readonly [SendAction, string, string])[])(
  '%j is refused at %s',
  (action, pointer, detail) => {
    expect(errorsOf(action)).toEqual([{ pointer, detail: expect.stringContaining(detail) }])
  },
)

test('everything that is wrong comes back at once', () => {
  const action = notify({ sendUntil: 'x', retry: {} }, [
    { channel: 'email', to: 'x' },
    { integration: int(botId), to: '' },
  ])
  const pointers = (errorsOf(action) as { pointer: string }[]).map(({ pointer }) => pointer)
  expect(pointers.sort()).toEqual([
    '/action/retry',
    '/action/route/0/channel',
    '/action/route/1/to',
    '/action/sendUntil',
  ])
})

test('the waits of any policy are shown as they are read', () => {
  const wait = fc.integer({ min: 1, max: 100 }).map((minutes) => `${minutes}m`)
  fc.assert(
    fc.property(fc.array(wait, { maxLength: 20 }), (delays) => {
      const read = readRetry({ delays }, '')
      if (!read.ok) throw new Error('refused')
      const again = readRetry({ delays: showWaits(read.policy) }, '')
      expect(again).toEqual(read)
    }),
  )
})

test('the same content has one canonical text, whatever the order of its members', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, item]) => [key, shuffled(item)]),
    )
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
      // -0 has no text of its own in JSON.
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
