import { describe, expect, test } from 'vitest'
import { receiptAt, receiptDelivery, receiptId, receiptReason } from './receipt-fields.ts'

describe('the reason', () => {
  test('is made of the parts that say something', () => {
    expect(receiptReason('failed', undefined, ' ', '550 no')).toEqual({ reason: 'failed: 550 no' })
    expect(receiptReason('', undefined)).toEqual({})
  })

  test('is storable and at most 500 characters long', () => {
    expect(receiptReason('a\0b\u{D800}')).toEqual({ reason: 'a\u{FFFD}b\u{FFFD}' })
    const { reason = '' } = receiptReason(`${'x'.repeat(499)}😀`)
    expect(reason).toHaveLength(500)
    expect(reason.isWellFormed()).toBe(true)
  })
})

test.each([
  [Date.UTC(2026, 10, 22), { at: Date.UTC(2026, 10, 22) }],
  // Seconds in the place of milliseconds, and what no database takes.
  [1_795_341_600, {}],
  [Number.NaN, {}],
  [Number.POSITIVE_INFINITY, {}],
  [8.64e15, {}],
])('the time %d is %j', (epochMs, expected) => {
  expect(receiptAt(epochMs)).toEqual(expected)
})

test.each([
  ['wamid.HBgM=', 'wamid.HBgM='],
  ['<c1@example.org>', '<c1@example.org>'],
  ['', undefined],
  [undefined, undefined],
  ['a\0b', undefined],
  ['a\nb', undefined],
  ['\u{D800}', undefined],
  ['x'.repeat(513), undefined],
])('the id %j is %j', (id, expected) => {
  expect(receiptId(id)).toBe(expected)
})

test.each([
  ['dlv_01k6wq3z5h7n9b2d4f6g8j0m1p', { deliveryId: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p' }],
  ['evt_01k6wq3z5h7n9b2d4f6g8j0m1p', {}],
  ['another system’s reference', {}],
  [undefined, {}],
])('the echo %j names %j', (echo, expected) => {
  expect(receiptDelivery(echo)).toEqual(expected)
})
