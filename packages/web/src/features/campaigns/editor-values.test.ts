import { expect, test } from 'vitest'
import { bodyOf, emptyValues, forecastOf, valuesOf } from './editor-values.ts'
import type { Campaign } from './queries.ts'

const nowMs = Date.parse('2026-11-22T10:15:00Z')

const campaign = {
  id: 'cmp_1',
  name: 'May',
  state: 'scheduled',
  content: {
    subject: 'Hi',
    text: 'Hello',
    mjml: '<mjml/>',
    html: '<p/>',
    channels: { sms: { text: 'Short' }, email: { text: 'Long', html: '<b/>' } },
  },
  filter: { tags: ['vip'], attributes: { orders: { gt: 3 } } },
  startsAt: '2026-11-23T10:00:00Z',
  endsAt: '2026-11-24T10:00:00Z',
  dailyWindow: { from: '09:00', to: '18:00', weekdays: [1, 2], holidays: ['2026-12-25'] },
  route: [{ channel: 'email' }, { integration: 'int_1' }],
  retry: { every: '6m', max: 3 },
  rate: { n: 10, per: '1m' },
} as unknown as Campaign

test('a campaign that is opened and saved unchanged is the same, with its mjml and not what was made of it', () => {
  const { html: _made, ...content } = campaign.content
  const { name, startsAt, endsAt, filter, dailyWindow, route, retry, rate } = campaign
  expect(bodyOf(valuesOf(campaign, { nowMs, isCopy: false }))).toEqual({
    name,
    content,
    startsAt,
    endsAt,
    filter,
    dailyWindow,
    route,
    retry,
    rate,
  })
})

test('a copy starts anew: at once, and for a day', () => {
  const body = bodyOf(valuesOf(campaign, { nowMs, isCopy: true }))
  expect(body.startsAt).toBeUndefined()
  expect(body.endsAt).toBe('2026-11-23T11:00:00.000Z')
})

test('what is left empty is left out', () => {
  const body = bodyOf({ ...emptyValues(nowMs), hasHours: false })
  expect(body).toMatchObject({
    filter: {},
    dailyWindow: null,
    route: null,
    retry: null,
    rate: null,
  })
  expect(Object.keys(body.content)).toEqual(['text'])
})

test('days without hours are whole days', () => {
  const { dailyWindow } = bodyOf({ ...emptyValues(nowMs), hasHours: false, weekdays: ['6', '1'] })
  expect(dailyWindow).toEqual({ from: '00:00', to: '24:00', weekdays: [1, 6] })
})

test('no forecast is asked for with JSON that is not whole', () => {
  const values = emptyValues(nowMs)
  const filter = { ...values.filter, attributes: '{"city":' }
  expect(forecastOf({ ...values, filter })).toBeUndefined()
})
