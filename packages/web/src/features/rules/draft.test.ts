/** Rules to the form and back: what the form can't hold is never lost by it. */
import { expect, test } from 'vitest'
import { readDraft, writeDraft } from './draft.ts'
import type { RuleBody } from './queries.ts'

const rule: RuleBody = {
  name: 'Orders',
  eventType: 'order.*',
  filter: { 'data.total': { gt: 10 } },
  action: {
    type: 'notify',
    route: [{ integration: 'int_1', to: '{{ data.mail }}' }, { integration: 'int_2' }],
    content: { subject: 'Order', text: 'Thank you' },
    retry: { delays: ['5m', '30m'] },
    sendUntil: '2h',
  },
  enabled: true,
}

test('a rule that the form can hold comes out of it as it went in', () => {
  const draft = readDraft(rule)
  expect(draft === undefined ? undefined : writeDraft(draft)).toEqual(rule)
})

const others: readonly RuleBody['action'][] = [
  { type: 'publish', subscriptionId: 'News' },
  { type: 'call', integration: 'int_1', to: 'https://example.org/{{ data.id }}', whenOpen: 'skip' },
  {
    type: 'archive',
    integration: 'int_1',
    retry: { delays: ['1h'] },
    orderingKey: '{{ data.id }}',
  },
  {
    type: 'membership',
    integration: 'int_1',
    list: 'members@example.org',
    change: 'rename',
    email: '{{ data.email }}',
    name: '{{ data.name }}',
    priority: 'bulk',
  },
  { type: 'track', integration: 'int_1', remoteId: '{{ data.id }}', metadata: true },
  {
    type: 'notify',
    route: [{ integration: 'int_1' }],
    fallback: 'after_retries',
    priority: 'bulk',
  },
  {
    type: 'notify',
    route: [{ integration: 'int_1' }, { integration: 'int_2' }],
    fallback: { noReceiptWithin: '12h' },
  },
]

test.each(others)('$type: all that it says has a field', (action) => {
  const draft = readDraft({ ...rule, action })
  expect(draft).toMatchObject({ kind: action.type })
  expect(draft === undefined ? undefined : writeDraft(draft)).toEqual({ ...rule, action })
})

test('what the form has no field for keeps the rule out of it', () => {
  const { action } = rule
  const rules: readonly RuleBody[] = [
    { ...rule, filter: { any: [{ a: 1 }] } },
    { ...rule, action: { ...action, type: 'notify', route: [{ channel: 'email' }] } },
    {
      ...rule,
      action: { type: 'notify', route: [{ integration: 'int_1' }], retry: { every: '6m', max: 3 } },
    },
    {
      ...rule,
      action: {
        type: 'track',
        integration: 'int_1',
        remoteId: 'x',
        metadata: { a: '{{ data.a }}' },
      },
    },
  ]
  expect(rules.map((one) => readDraft(one))).toEqual(rules.map(() => undefined))
})
