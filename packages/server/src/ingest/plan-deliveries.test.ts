import { expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import type { Plan } from '@carillon/domain/plan'
import { ruleRetry } from '@carillon/domain/retry'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import { planDeliveries } from './plan-deliveries.ts'

const plan: Plan = {
  steps: [{ integrationId: 'archive', to: '{{ data.documents[0].id }}' }],
  retry: ruleRetry,
  fallback: 'at_once',
  whenOpen: 'hold',
  sendForMs: 60_000,
  priority: 0,
  orderingKey: '{{ data.item }}',
}
const given = { newId: createSystemIdGenerator(), renderer: createTemplateRenderer() }

const deliveriesOf = (data: unknown, more: Partial<Plan> = {}) => {
  const view = { id: '1', source: 's', type: 't', time: '2026-11-22T10:00:00.000Z', data }
  const event = { tenantId: 'x', view, time: instant(0), dataJson: JSON.stringify(data) }
  const target = { kind: 'plan', planId: 'p', plan: { ...plan, ...more } } as const
  const filter = { test: () => true }
  const rule = { id: 'r', name: 'r', eventType: 't', filter, target }
  return planDeliveries(event, [rule as never], given)
}
const documents = [{ id: 'doc_1' }, { id: 'doc_2', name: 'x' }, { id: 'doc_1' }]

test('without forEach a rule makes one delivery', () => {
  const made = deliveriesOf({ item: 'trk_1', documents })
  expect(made.map(({ addresses }) => addresses)).toEqual([['doc_1']])
})

test('with forEach each document gets a delivery, and one that is named twice only one', () => {
  const made = deliveriesOf({ item: 'trk_1', documents }, { forEach: 'documents' })
  expect(
    made.map(({ addresses, recipient, orderingKey }) => [addresses, recipient, orderingKey]),
  ).toEqual([
    [['doc_1'], 'doc_1', 'trk_1'],
    [['doc_2'], 'doc_2', 'trk_1'],
  ])
  expect(new Set(made.map(({ id }) => id)).size).toBe(2)
})

test.each([{}, { documents: [] }, { documents: 'x' }, { documents: [null] }, 7, null])(
  'an event without documents (%j) makes one delivery without an address, which says so in its timeline',
  (data) => {
    expect(deliveriesOf(data, { forEach: 'documents' }).map(({ addresses }) => addresses)).toEqual([
      [''],
    ])
  },
)

test('no event makes more deliveries than a hundred', () => {
  const many = Array.from({ length: 500 }, (_, n) => ({ id: `doc_${n}` }))
  expect(deliveriesOf({ documents: many }, { forEach: 'documents' })).toHaveLength(100)
})
