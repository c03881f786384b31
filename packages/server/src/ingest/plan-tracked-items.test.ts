import { expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createTemplateRenderer } from '../platform/template.ts'
import type { TrackedBy } from '../rules/rule-set.ts'
import { planTrackedItems } from './plan-tracked-items.ts'

type TrackAction = TrackedBy['action']

const given = { newId: createSystemIdGenerator(), renderer: createTemplateRenderer() }
const action: TrackAction = {
  type: 'track',
  integration: 'int_x',
  remoteId: '{{ data.tx }}',
  reference: '{{ data.quote }}',
}

const itemOf = (data: unknown, more: Partial<TrackAction> = {}) => {
  const view = { id: '1', source: 's', type: 't', time: '2026-11-22T10:00:00.000Z', data }
  const event = { tenantId: 'x', view, time: instant(0), dataJson: JSON.stringify(data) }
  const target = { kind: 'track', tracker: 'i', action: { ...action, ...more } } as const
  const rule = { id: 'r', name: 'r', eventType: 't', filter: { test: () => true }, target }
  const sends = { ...rule, target: { kind: 'publish', subscription: 's' } }
  return planTrackedItems(event, [sends as never, rule as never], given)
}

test('the templates say what is followed', () => {
  expect(itemOf({ tx: ' tx_1 ', quote: 'DE12' })).toMatchObject([
    {
      integrationId: 'i',
      ruleId: 'r',
      remoteId: 'tx_1',
      isFollowed: true,
      reference: 'DE12',
      metadata: {},
      problem: undefined,
    },
  ])
})

test('metadata are the data of the event, or templates of their own', () => {
  const data = { tx: 'tx_1', customer: { id: 7 } }
  expect(itemOf(data, { metadata: true })[0]?.metadata).toEqual(data)
  expect(itemOf(data, { metadata: false })[0]?.metadata).toEqual({})
  const metadata = { customer: 'C{{ data.customer.id }}', by: '{{ event.source }}' }
  expect(itemOf(data, { metadata })[0]?.metadata).toEqual({ customer: 'C7', by: 's' })
})

test('an event whose data are no object has them under a name', () => {
  const fixed = { remoteId: 'tx_{{ data }}', metadata: true } as const
  expect(itemOf(7, fixed)[0]).toMatchObject({ remoteId: 'tx_7', metadata: { data: 7 } })
  expect(itemOf(null, { ...fixed, remoteId: 'tx_0' })[0]).toMatchObject({ metadata: {} })
})

test.each([
  [{}, 'empty'],
  [{ tx: '  ' }, 'empty'],
  [{ tx: 'a b' }, 'letters, digits'],
  [{ tx: '../tx_1' }, 'letters, digits'],
  [{ tx: 'x'.repeat(201) }, 'at most 200'],
  [{ tx: 'tx\u0000' }, 'letters, digits'],
])('a remote id that is none (%j) is not followed, and says why', (data, words) => {
  const [item] = itemOf(data)
  expect(item).toMatchObject({ isFollowed: false, problem: expect.stringContaining(words) })
  expect(item?.remoteId).not.toContain('\u0000')
})

test('a template that fails is no remote id, with its reason', () => {
  const remoteId = '{% for a in (1..9999999) %}{% for b in (1..9999999) %}x{% endfor %}{% endfor %}'
  expect(itemOf({}, { remoteId })[0]).toMatchObject({
    isFollowed: false,
    problem: expect.stringContaining('template of remoteId failed'),
  })
})

test('a reference or metadata that do not fit are left out, and it is followed all the same', () => {
  const data = { tx: 'tx_1', quote: 'q'.repeat(201), big: 'x'.repeat(17_000) }
  expect(itemOf(data, { metadata: true })[0]).toMatchObject({
    isFollowed: true,
    reference: undefined,
    metadata: {},
    problem: expect.stringMatching(/reference was left out.*metadata was left out.*16 KB/),
  })
})

test.each(['\u0000', '\ud800'])('metadata that a database refuses (%j) are left out', (text) => {
  expect(itemOf({ tx: 'tx_1', text }, { metadata: true })[0]).toMatchObject({
    isFollowed: true,
    metadata: {},
    problem: expect.stringContaining('half characters'),
  })
})
