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
  const publish: RuleBody = { ...rule, action: { type: 'publish', subscriptionId: 'News' } }
  const other = readDraft(publish)
  expect(other === undefined ? undefined : writeDraft(other)).toEqual(publish)
})

test('what the form has no field for keeps the rule out of it', () => {
  const { action } = rule
  const others: readonly RuleBody[] = [
    { ...rule, filter: { any: [{ a: 1 }] } },
    { ...rule, action: { ...action, type: 'notify', route: [{ channel: 'email' }] } },
    { ...rule, action: { type: 'notify', route: [{ integration: 'int_1' }], priority: 'bulk' } },
    {
      ...rule,
      action: { type: 'notify', route: [{ integration: 'int_1' }], retry: { every: '6m', max: 3 } },
    },
    { ...rule, action: { type: 'call', integration: 'int_1' } },
  ]
  expect(others.map((one) => readDraft(one))).toEqual(others.map(() => undefined))
})
